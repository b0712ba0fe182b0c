# SPDX-License-Identifier: Apache-2.0
"""``nova-assist run``: a cloud, the scenarios in it, the report.

Main function: :func:`run`. What a scenario does and how it is judged is not known here.
"""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
import shlex
import time
from collections.abc import Sequence
from pathlib import Path

from nova_assist.cli.choose import choose, render_list
from nova_assist.cli.display import Display
from nova_assist.cli.emitting import emit
from nova_assist.cli.errors import CloudFailedError, ExitCode
from nova_assist.cli.harness import Harness, Session, Wanted
from nova_assist.cli.output import print_report
from nova_assist.cli.recorder import Recorder
from nova_assist.cli.run_arguments import RunArguments
from nova_assist.cli.signals import deferred
from nova_assist.cli.target import program
from nova_assist.cli.working import working_folder
from nova_assist.cloud.errors import CloudError
from nova_assist.reports.folder import ReportFolder
from nova_assist.reports.model import Finding, RunReport, Verdict
from nova_assist.reports.wording import needs_attention

_LOCAL_SHARE = 'a local folder of the cloud'


def run(arguments: RunArguments, harness: Harness, display: Display) -> ExitCode:
    """Run the scenarios and report; or list them, if that was asked.

    :raises CliError: a scenario is unknown, or the cloud did not start or failed.
    :raises nova_assist.reports.errors.ReportError: the report can't be written.
    """
    infos = choose(harness, arguments.scenarios, slow=arguments.slow or arguments.list_only)
    if arguments.list_only:
        emit(render_list(infos, arguments.form))
        return ExitCode.PASSED
    folder = ReportFolder(arguments.report)
    attempt = _Attempt(arguments, harness, display, [info.name for info in infos])
    with folder.claimed():
        folder.prepare()
        with working_folder(arguments.keep, display.tell) as work:
            attempt.carry_out(work.path)
            with deferred():
                attempt.keep_logs(folder, work.path)
                display.close()
                attempt.raise_if_not_started()
                folder.write(attempt.report)
            print_report(attempt.report, arguments.form)
            display.tell(f'report: {folder.path / "report.html"}')
    return attempt.end()


class _Attempt:
    """One run: its report so far, and what it came to an early end with."""

    def __init__(
        self, arguments: RunArguments, harness: Harness, display: Display, names: Sequence[str]
    ) -> None:
        self._arguments = arguments
        self._harness = harness
        self._display = display
        self._names = names
        self._recorder = Recorder(names, display, self._repeat)
        self._started = False
        self._failure: BaseException | None = None
        self._copies: dict[str, str] = {}
        self.report = RunReport(
            driver=arguments.subject.driver,
            versions={},
            seed=arguments.seed,
            command=arguments.command,
            started=datetime.datetime.now(datetime.timezone.utc).isoformat(timespec='seconds'),
            share=arguments.subject.share or _LOCAL_SHARE,
            options=dict(arguments.subject.all_options),
        )

    def carry_out(self, work: Path) -> None:
        """Start the cloud and run the scenarios; a failure is kept, so that a report follows."""
        begun = time.monotonic()
        self._display.working('starting the cloud')
        try:
            with self._harness.open(work, self._arguments.target, self._arguments.keep) as session:
                self._started = True
                self.report.start_up_seconds = time.monotonic() - begun
                self._display.idle()
                self._judge(session)
                self._display.working('stopping the cloud')
        except (KeyboardInterrupt, Exception) as failure:
            self._failure = failure
        self.report.seconds = time.monotonic() - begun
        self.report.scenarios = self._recorder.results(self._why_stopped())

    def keep_logs(self, folder: ReportFolder, work: Path) -> None:
        """Copy the logs to the report, and name the copies where the logs were named."""
        self.report.logs = folder.keep_logs(work)
        for name, place in self.report.logs.items():
            self._copies[str(work / name)] = str(folder.path / place)
        for result in self.report.scenarios:
            result.reason = self._lasting(result.reason)
            for step in result.steps:
                step.findings = [self._lasting_finding(finding) for finding in step.findings]

    def raise_if_not_started(self) -> None:
        """Raise what kept the cloud from starting; an interruption is reported instead.

        :raises CloudFailedError: the cloud did not start.
        """
        if not self._started and not isinstance(self._failure, KeyboardInterrupt):
            self._raise_failure()

    def end(self) -> ExitCode:
        """Return the exit code that the report deserves.

        :raises CloudFailedError: the cloud failed on the way, and until then no scenario had.
        """
        if isinstance(self._failure, KeyboardInterrupt):
            self._display.tell('interrupted: the report holds what was found until then')
            return ExitCode.INTERRUPTED
        if isinstance(self._failure, CloudError) and self.report.totals()[Verdict.FAIL.value]:
            self._display.tell(self._lasting(str(self._failure)))
            return ExitCode.FAILED
        self._raise_failure()
        if any(needs_attention(result) for result in self.report.scenarios):
            return ExitCode.FAILED
        if not any(result.verdict is Verdict.PASS for result in self.report.scenarios):
            self._display.tell('none of the scenarios could be run: see the reasons')
            return ExitCode.COULD_NOT_RUN
        return ExitCode.PASSED

    def _judge(self, session: Session) -> None:
        self.report.versions = dict(session.versions())
        self.report.accounts = dict(session.accounts())
        self.report.cloud = dict(session.cloud())
        wanted = Wanted(self._names, self._arguments.seed, self._recorder, self._repeat)
        results = session.judge(wanted)
        # An interruption may come between two results: end the scenarios before the cloud.
        with contextlib.closing(results):
            for result in results:
                self._recorder.add(result)
        session.check()

    def _repeat(self, name: str) -> str:
        words = [program(), 'run', *self._arguments.subject.words()]
        words += ['--crash'] if self._arguments.crash else []
        if self._arguments.sample is not None:
            words += ['--sample', str(self._arguments.sample)]
        words += ['--scenario', name, '--seed', str(self._arguments.seed)]
        return shlex.join(words)

    def _why_stopped(self) -> str:
        if self._failure is None:
            return ''
        if isinstance(self._failure, KeyboardInterrupt):
            return 'the run was interrupted'
        return f'the run broke off: {type(self._failure).__name__}: {self._failure}'

    def _lasting(self, text: str) -> str:
        """Return a text with the logs' copies: the working folder is gone when it is read."""
        for log, copy in self._copies.items():
            text = text.replace(log, copy)
        return text

    def _lasting_finding(self, finding: Finding) -> Finding:
        fault, found = self._lasting(finding.fault), self._lasting(finding.found)
        return dataclasses.replace(finding, fault=fault, found=found)

    def _raise_failure(self) -> None:
        if isinstance(self._failure, CloudError):
            raise CloudFailedError(self._lasting(str(self._failure))) from self._failure
        if self._failure is not None:
            raise self._failure
