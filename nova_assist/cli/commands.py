# SPDX-License-Identifier: Apache-2.0
"""Carries out one command line: words in, exit code out.

Main function: :func:`carry_out`. Each command is left to the module that bears its name.
"""

from __future__ import annotations

import io
import shlex
import sys
import traceback
from collections.abc import Sequence

from nova_assist.accounts import AccountError
from nova_assist.bench.errors import BenchError
from nova_assist.ci.errors import CiError
from nova_assist.cli.arguments import Arguments, parse
from nova_assist.cli.bench_arguments import BenchArguments
from nova_assist.cli.ci_arguments import (
    LocalConfArguments,
    PageArguments,
    PlanArguments,
    SkipsArguments,
)
from nova_assist.cli.cluster_harness import ClusterHarness
from nova_assist.cli.conformance_arguments import ConformanceArguments
from nova_assist.cli.crash_harness import CrashHarness
from nova_assist.cli.errors import CliError, ExitCode
from nova_assist.cli.harness import EmbeddedHarness, Harness
from nova_assist.cli.pair_harness import PairHarness
from nova_assist.cli.remote_harness import RemoteHarness
from nova_assist.cli.run_arguments import CloudArguments, ReportArguments, RunArguments
from nova_assist.cli.share_arguments import ChainArguments, CheckArguments
from nova_assist.cli.target import program
from nova_assist.cloud.errors import CloudError
from nova_assist.conformance.errors import ConformanceError
from nova_assist.reports.errors import ReportError
from nova_assist.reports.visible import visible


def carry_out(words: Sequence[str], harness: Harness | None) -> int:
    """Carry out a command line and return the exit code.

    :param harness: where clouds and scenarios come from (default: this package).
    :raises KeyboardInterrupt: it was interrupted; nothing else is raised.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors='backslashreplace')
    try:
        arguments = parse(words, shlex.join([program(), *words]))
    except SystemExit as end:
        return int(end.code or 0)
    try:
        return _dispatch(arguments, harness or _harness(arguments))
    except (
        AccountError,
        BenchError,
        CiError,
        CliError,
        CloudError,
        ConformanceError,
        ReportError,
    ) as error:
        sys.stderr.write(f'nova-assist: {visible(str(error))}\n')
    except Exception:
        # A fault of this program, not of what was tested: 1 would say that a scenario failed.
        traceback.print_exc()
        sys.stderr.write('nova-assist: this is a fault of nova-assist itself; please report it\n')
    return ExitCode.COULD_NOT_RUN


def _harness(arguments: Arguments) -> Harness:
    if isinstance(arguments, RunArguments) and arguments.crash:
        return CrashHarness(arguments.sample)
    if isinstance(arguments, RunArguments) and arguments.remote:
        return RemoteHarness(arguments.remote)
    if isinstance(arguments, RunArguments) and arguments.target.clustered:
        return ClusterHarness()
    if isinstance(arguments, RunArguments) and arguments.target.twofold:
        return PairHarness()
    return EmbeddedHarness()


def _dispatch(arguments: Arguments, harness: Harness) -> ExitCode:
    # Each command imports what it needs: an operator's host has the driver, but not what the
    # harness needs besides, and nobody waits for Cinder's modules in vain.
    if isinstance(arguments, CheckArguments):
        from nova_assist.cli.check import check

        return check(arguments)
    if isinstance(arguments, ChainArguments):
        from nova_assist.cli.chain import chain

        return chain(arguments)
    if isinstance(arguments, ConformanceArguments):
        from nova_assist.cli.conformance import conformance

        return conformance(arguments)
    if isinstance(arguments, (PlanArguments, LocalConfArguments, SkipsArguments, PageArguments)):
        from nova_assist.cli.ci import ci

        return ci(arguments)
    if isinstance(arguments, ReportArguments):
        from nova_assist.cli.report import report

        return report(arguments)
    from nova_assist.cli.cloud import cloud
    from nova_assist.cli.display import display_on
    from nova_assist.cli.run import run

    with display_on(sys.stderr) as display:
        if isinstance(arguments, BenchArguments):
            from nova_assist.cli.bench import bench

            return bench(arguments, display)
        if isinstance(arguments, CloudArguments):
            return cloud(arguments, harness, display)
        return run(arguments, harness, display)
