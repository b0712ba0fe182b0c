# SPDX-License-Identifier: Apache-2.0
"""What has to hold for the configuration for Zuul: each rule returns what it found, a line each.

Main function: :func:`findings`.
"""

from __future__ import annotations

import collections
import re
from collections.abc import Iterator
from typing import Any

import jsonschema
import yaml

from tests.devstack import host
from tests.zuul.configuration import HERE, UPSTREAM, Configuration, as_list, load

_SCHEMA = jsonschema.Draft202012Validator(yaml.safe_load((HERE / 'schema.yaml').read_text()))

#: What Python's regular expressions have and those of Zuul, RE2, lack.
_NOT_IN_RE2 = re.compile(r'\(\?(=|!|<=|<!|>|\()|\\[1-9]|[*+?}]\+')

_MATCHERS = ('branches', 'failure-output', 'files', 'irrelevant-files')
_TESTS = ('tempest_test_regex', 'tempest_exclude_regex')


def findings(found: Configuration) -> list[str]:
    """Return all that is wrong; what does not fit the schema is looked at no further."""
    misfits = list(schema(found))
    if misfits:
        return misfits
    rules = (twice, names, loops, abstract, files, roles, settings, regexes)
    return [finding for rule in rules for finding in rule(found)]


def schema(found: Configuration) -> Iterator[str]:
    """Each definition is what Zuul takes."""
    for item in found.items:
        for error in _SCHEMA.iter_errors([item]):
            best = jsonschema.exceptions.best_match([error])
            kind, what = next(iter(item.items()))
            name = what.get('name', '') if isinstance(what, dict) else what
            yield f'{kind} {name}: {best.json_path}: {best.message}'


def twice(found: Configuration) -> Iterator[str]:
    """No name is defined twice; this project has no variants."""
    for kind in ('job', 'nodeset', 'project-template', 'semaphore', 'queue'):
        counted = collections.Counter(each['name'] for each in found.all(kind))
        for name, count in counted.items():
            if count > 1:
                yield f'{kind} {name} is defined {count} times'


def names(found: Configuration) -> Iterator[str]:
    """All that is named is defined here, or known from upstream."""
    nodesets = {each['name'] for each in found.all('nodeset')} | set(UPSTREAM['nodesets'])
    for job in found.jobs.values():
        where = f'job {job["name"]}'
        yield from _unknown(where, 'parent', job.get('parent'), {*found.jobs, *UPSTREAM['jobs']})
        yield from _unknown(where, 'nodeset', job.get('nodeset'), nodesets)
        yield from _unknown(where, 'dependency', job.get('dependencies'), set(found.jobs))
        yield from _unknown(
            where, 'project', job.get('required-projects'), set(UPSTREAM['projects'])
        )
    for name, _ in found.uses():
        yield from _unknown('project', 'job', name, set(found.jobs))


def loops(found: Configuration) -> Iterator[str]:
    """Each line of parents ends with a job from upstream."""
    for name in found.jobs:
        oldest = found.line(name)[0]
        if oldest.get('parent') in found.jobs:
            yield f'job {name} descends from itself, by {oldest["name"]}'


def abstract(found: Configuration) -> Iterator[str]:
    """A project runs no abstract job, and each other one is run somewhere."""
    used = {name for name, _ in found.uses()}
    for name, job in found.jobs.items():
        if job.get('abstract') and name in used:
            yield f'project: job {name} is abstract'
        if not job.get('abstract') and name not in used:
            yield f'job {name} is run by no pipeline'


def files(found: Configuration) -> Iterator[str]:
    """Each playbook that is named is there, and holds plays."""
    for name in found.playbooks():
        path = found.root / name
        if not path.is_file():
            yield f'playbook {name} is not there'
        elif not all('hosts' in play for play in load(path.read_text())):
            yield f'playbook {name} has something that is no play'


def roles(found: Configuration) -> Iterator[str]:
    """Each role that playbooks use is here, or known from upstream."""
    here = {path.name for path in (found.root / 'roles').glob('*') if (path / 'tasks').is_dir()}
    known = here | set(UPSTREAM['roles'])
    for path in sorted((found.root / 'playbooks').glob('*.yaml')):
        for name in _role_names(load(path.read_text())):
            yield from _unknown(f'playbook {path.name}', 'role', name, known)


def settings(found: Configuration) -> Iterator[str]:
    """Each setting for devstack is one of the plugin's, or devstack's own."""
    known = host.settings() | set(UPSTREAM['settings']) | set(UPSTREAM['set_by_parents'])
    for name, job in found.jobs.items():
        for variables in (job.get('vars', {}), *job.get('group-vars', {}).values()):
            for setting in variables.get('devstack_localrc', {}):
                # In lower case: the name of a backend.
                yield from _unknown(
                    f'job {name}', 'setting', re.sub('_[a-z]+$', '', setting), known
                )


def regexes(found: Configuration) -> Iterator[str]:
    """Each regular expression compiles, those for Zuul with what RE2 has."""
    changes = [(f'project, job {name}', change) for name, change in found.uses()]
    for where, job in [*((f'job {name}', job) for name, job in found.jobs.items()), *changes]:
        for key in _MATCHERS:
            for each in as_list(job.get(key)):
                text = each if isinstance(each, str) else each['regex']
                yield from _broken(f'{where}: {key}', text)
                if _NOT_IN_RE2.search(text):
                    yield f'{where}: {key}: {text} has what RE2 lacks'
        for key in _TESTS:
            yield from _broken(f'{where}: {key}', job.get('vars', {}).get(key, ''))


def _unknown(where: str, what: str, given: Any, known: set[str]) -> Iterator[str]:
    for each in as_list(given):
        name = each.get('name') if isinstance(each, dict) else each
        # A nodeset may be written out.
        if name is not None and name not in known:
            yield f'{where}: {what} {name} is known neither here nor from upstream'


def _broken(where: str, text: str) -> Iterator[str]:
    try:
        re.compile(text)
    except re.error as error:
        yield f'{where}: {text} does not compile: {error}'


def _role_names(content: Any) -> Iterator[str]:
    """Yield the roles of plays and tasks, those of a loop over names too."""
    if isinstance(content, list):
        for each in content:
            yield from _role_names(each)
    elif isinstance(content, dict):
        for each in content.get('roles', ()):
            yield each if isinstance(each, str) else each['role']
        included = content.get('ansible.builtin.include_role')
        if included:
            name = included['name']
            yield from content['loop'] if name == '{{ item }}' else [name]
        for key, value in content.items():
            if key != 'roles':
                yield from _role_names(value)
