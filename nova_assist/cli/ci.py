# SPDX-License-Identifier: Apache-2.0
"""``nova-assist ci``: helpers for a vendor's third-party CI.

Main function: :func:`ci`. What they do is left to :mod:`nova_assist.ci`, how it is told to
:mod:`nova_assist.cli.ci_text`.
"""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

from nova_assist.ci import local_conf, plan
from nova_assist.ci.page import INDEX, Page, make
from nova_assist.ci.skips import SkipList
from nova_assist.cli import ci_text
from nova_assist.cli.ci_arguments import (
    CiArguments,
    LocalConfArguments,
    PageArguments,
    PlanArguments,
    SkipsArguments,
)
from nova_assist.cli.emitting import emit
from nova_assist.cli.errors import ExitCode
from nova_assist.cli.terminal import width


def ci(arguments: CiArguments) -> ExitCode:
    """Do what a helper is for.

    :raises CiError: what it needs can't be read, or the page can't be written.
    :raises UnreadableError: a report of ``nova-assist run`` can't be read.
    """
    if isinstance(arguments, PageArguments):
        return _page(arguments)
    if isinstance(arguments, PlanArguments):
        emit(_plan(arguments))
    elif isinstance(arguments, SkipsArguments):
        emit(_skips(arguments))
    elif isinstance(arguments, LocalConfArguments):
        emit(local_conf.fill(arguments.driver, arguments.export, arguments.change))
    return ExitCode.PASSED


def _plan(arguments: PlanArguments) -> str:
    subject = plan.Subject(arguments.driver, arguments.export, arguments.logs, arguments.change)
    steps = plan.steps(subject)
    if arguments.form == 'json':
        return _json(
            {'account': plan.ACCOUNT, 'steps': [dataclasses.asdict(step) for step in steps]}
        )
    return ci_text.plan(steps, width())


def _skips(arguments: SkipsArguments) -> str:
    skips = SkipList.load(arguments.skips)
    if arguments.form == 'exclude-list':
        return skips.exclude_list()
    if arguments.form == 'json':
        return _json({'skips': [dataclasses.asdict(skip) for skip in skips.skips]})
    return ci_text.skips(skips, width())


def _page(arguments: PageArguments) -> ExitCode:
    skips = SkipList.load(arguments.skips)
    page = make(arguments.logs, arguments.output, skips, arguments.change)
    index = arguments.output / INDEX
    emit(_summary(page, index) if arguments.form == 'json' else ci_text.page(page, index, width()))
    return ExitCode.PASSED if page.verdict == 'PASSED' else ExitCode.FAILED


def _summary(page: Page, index: Path) -> str:
    return _json(
        {
            'verdict': page.verdict,
            'page': str(index),
            'driver': page.driver,
            'version': page.version,
            'ci_wiki_name': page.ci_wiki_name,
            'change': dataclasses.asdict(page.change) if page.change else None,
            'totals': page.totals,
            'missing': page.missing,
            'rules': [dataclasses.asdict(item) for item in page.items],
        }
    )


def _json(content: object) -> str:
    return json.dumps(content, indent=2) + '\n'
