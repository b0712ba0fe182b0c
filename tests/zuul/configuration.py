# SPDX-License-Identifier: Apache-2.0
"""The configuration for Zuul, read as Zuul does.

Main class: :class:`Configuration`. What has to hold for it is in :mod:`tests.zuul.rules`.
"""

from __future__ import annotations

import dataclasses
import functools
import pathlib
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

HERE = pathlib.Path(__file__).parent
ROOT = HERE.parents[1]
UPSTREAM = yaml.safe_load((HERE / 'upstream.yaml').read_text())

Item = dict[str, Any]


class _StrictLoader(yaml.SafeLoader):
    """Refuses a key that is there twice, of which YAML would drop one."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        twice = {key for key in keys if keys.count(key) > 1}
        if twice:
            raise yaml.constructor.ConstructorError(
                None, None, f'there twice: {sorted(twice)}', node.start_mark
            )
        return super().construct_mapping(node, deep)


def load(text: str) -> Any:
    """Read YAML.

    :raises yaml.YAMLError: it is none, or a key is there twice.
    """
    return yaml.load(text, _StrictLoader)  # its parent is the safe one


@dataclasses.dataclass(frozen=True)
class Configuration:
    """What is defined.

    :ivar items: each definition, a mapping with one key, which is its kind
    :ivar root: the folder below which playbooks and roles are.
    """

    items: list[Item]
    root: pathlib.Path = ROOT

    @classmethod
    def read(cls, root: pathlib.Path = ROOT) -> Configuration:
        """Read all files of ``.zuul.d``."""
        paths = sorted((root / '.zuul.d').rglob('*.yaml'))
        return cls([item for path in paths for item in load(path.read_text())], root)

    def all(self, kind: str) -> list[Item]:
        """Return the definitions of a kind."""
        return [item[kind] for item in self.items if kind in item]

    @functools.cached_property
    def jobs(self) -> dict[str, Item]:
        """The jobs by name."""
        return {job['name']: job for job in self.all('job')}

    def uses(self) -> Iterator[tuple[str, Item]]:
        """Yield each job that a project runs: its name, and what is changed about it."""
        for project in (*self.all('project'), *self.all('project-template')):
            for pipeline in project.values():
                for job in pipeline.get('jobs', ()) if isinstance(pipeline, dict) else ():
                    yield (job, {}) if isinstance(job, str) else next(iter(job.items()))

    def line(self, name: str) -> list[Item]:
        """Return a job and its ancestors here, the oldest first."""
        found: list[Item] = []
        while name in self.jobs and self.jobs[name] not in found:
            found.insert(0, self.jobs[name])
            name = found[0].get('parent', '')
        return found

    def variables(self, name: str, group: str | None = None) -> Item:
        """Return the variables of a job and its ancestors, or those for a group of hosts alone."""
        merged: Item = {}
        for job in self.line(name):
            given = job.get('group-vars', {}).get(group, {}) if group else job.get('vars', {})
            merged = _merged(merged, given)
        return merged

    def playbooks(self) -> set[str]:
        """Return the paths of all playbooks that jobs name."""
        named = [
            each
            for job in self.jobs.values()
            for key in ('pre-run', 'run', 'post-run')
            for each in as_list(job.get(key))
        ]
        return {each if isinstance(each, str) else each['name'] for each in named}


def as_list(value: Any) -> list[Any]:
    """Return a list, which Zuul takes for one value, too."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _merged(old: Mapping[str, Any], new: Mapping[str, Any]) -> Item:
    """Merge as Zuul does: mappings key by key, all else is replaced."""
    merged = {**old, **new}
    for key in old.keys() & new.keys():
        if isinstance(old[key], dict) and isinstance(new[key], dict):
            merged[key] = _merged(old[key], new[key])
    return merged
