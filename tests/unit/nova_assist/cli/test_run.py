# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
import shlex
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any
from unittest import mock

from nova_assist.accounts import AccountError
from nova_assist.cli.arguments import parse
from nova_assist.cli.run_arguments import RunArguments
from nova_assist.cloud.errors import CloudError, ServiceError
from nova_assist.reports.folder import ReportFolder
from nova_assist.reports.model import Verdict
from tests.unit.nova_assist.cli.fakes import FakeHarness, Outcome, call
from tests.unit.nova_assist.cli.scratch import ScratchCase

PASS, FAIL, UNKNOWN, NOT_RUN = Verdict


def ending(**verdicts: Verdict) -> FakeHarness:
    return FakeHarness(verdicts)


class RunCase(ScratchCase):
    def run_it(self, *words: str, harness: FakeHarness | None = None) -> Outcome:
        return call('run', '--report', str(self.report), *words, harness=harness)

    def written(self) -> dict[str, Any]:
        data: dict[str, Any] = json.loads((self.report / 'report.json').read_text())
        return data


class ExitCodeTest(RunCase):
    def test_all_passed_is_0(self) -> None:
        outcome = self.run_it()
        self.assertEqual(0, outcome.code)
        self.assertIn('2 passed, 0 failed', outcome.stdout)

    def test_one_failed_is_1(self) -> None:
        outcome = self.run_it(harness=ending(a=PASS, b=FAIL))
        self.assertEqual(1, outcome.code)
        self.assertIn('the record names a file that is gone', outcome.stdout)

    def test_one_unknown_is_1(self) -> None:
        self.assertEqual(1, self.run_it(harness=ending(a=PASS, b=UNKNOWN)).code)

    def test_one_not_run_beside_a_pass_is_0(self) -> None:
        outcome = self.run_it(harness=ending(a=PASS, b=NOT_RUN))
        self.assertEqual(0, outcome.code)
        self.assertIn('not run: because', outcome.stdout)

    def test_all_not_run_is_no_pass(self) -> None:
        outcome = self.run_it(harness=ending(a=NOT_RUN))
        self.assertEqual(2, outcome.code)
        self.assertIn('none of the scenarios could be run', outcome.stderr)

    def test_a_scenario_without_a_result_is_unknown(self) -> None:
        harness = FakeHarness(silent=frozenset({'beta-qcow2'}))
        outcome = self.run_it(harness=harness)
        self.assertEqual(1, outcome.code)
        self.assertIn('the suite ended without a result for it', outcome.stdout)


class ChoiceTest(RunCase):
    def test_the_list_names_and_describes_each_scenario(self) -> None:
        harness = FakeHarness()
        outcome = self.run_it('--list', harness=harness)
        self.assertEqual(
            'alpha-raw   does something\nbeta-qcow2  does something\n', outcome.stdout
        )
        self.assertEqual([], harness.opened)
        self.assertFalse(self.report.exists())

    def test_the_list_as_json(self) -> None:
        listed = json.loads(self.run_it('--list', '-f', 'json').stdout)
        self.assertEqual(
            {'name': 'alpha-raw', 'description': 'does something', 'slow': ''}, listed[0]
        )

    def test_slow_scenarios_run_only_if_asked_for_and_the_list_tells_why(self) -> None:
        harness = FakeHarness(slow=frozenset({'beta-qcow2'}))
        for words, expected in (
            ((), ['alpha-raw']),
            (('--slow',), ['alpha-raw', 'beta-qcow2']),
            (('--scenario', 'beta'), ['beta-qcow2']),
        ):
            with self.subTest(words):
                self.run_it(*words, harness=harness)
                names = [item['name'] for item in self.written()['scenarios']]
                self.assertEqual(expected, names)
        listed = self.run_it('--list', harness=harness).stdout.splitlines()
        self.assertEqual('alpha-raw   does something', listed[0])
        self.assertEqual('beta-qcow2  does something; only with --slow: it reads a lot', listed[1])

    def test_only_the_chosen_scenarios_run_once_each(self) -> None:
        self.run_it('--scenario', 'beta-qcow2', '--scenario', 'beta-qcow2')
        names = [item['name'] for item in self.written()['scenarios']]
        self.assertEqual(['beta-qcow2'], names)

    def test_a_name_may_stand_for_several_scenarios(self) -> None:
        harness = FakeHarness({'a-raw': PASS, 'b-raw': PASS, 'a-qcow2': PASS})
        outcome = self.run_it('--list', '--scenario', 'a', harness=harness)
        names = [line.split()[0] for line in outcome.stdout.splitlines()]
        self.assertEqual(['a-raw', 'a-qcow2'], names)

    def test_an_unknown_scenario_brings_similar_names(self) -> None:
        harness = FakeHarness()
        outcome = self.run_it('--scenario', 'alpha-rwa', harness=harness)
        self.assertEqual(2, outcome.code)
        self.assertEqual(1, outcome.stderr.count('\n'))
        self.assertIn("no scenario 'alpha-rwa'; did you mean alpha-raw", outcome.stderr)
        self.assertEqual([], harness.opened)


class ReportTest(RunCase):
    def test_json_on_stdout_is_the_report_and_progress_is_elsewhere(self) -> None:
        outcome = self.run_it('-f', 'json', harness=ending(a=FAIL))
        self.assertEqual(self.written(), json.loads(outcome.stdout))
        self.assertIn('[1/1] a  FAIL', outcome.stderr)

    def test_the_report_knows_what_was_run(self) -> None:
        harness = FakeHarness()
        self.run_it('--driver', 'a.b.C', '--seed', '7', harness=harness)
        report = self.written()
        self.assertEqual([7], harness.seeds)
        self.assertEqual('a.b.C', report['driver'])
        self.assertEqual(7, report['seed'])
        self.assertEqual({'cinder': '28.0.0'}, report['versions'])
        command = f'nova-assist run --report {self.report} --driver a.b.C --seed 7'
        self.assertEqual(command, report['command'])

    def test_the_line_that_repeats_a_failure_asks_for_the_same_again(self) -> None:
        words = ['--option', 'nfs_mount_options=vers=4.2,soft it', '--share', 'filer:/a']
        words += ['--driver', 'a.b.C', '--cinder-port', '8776', '--compute-port', '8774']
        words += ['--secure', '--account', 'outsider=daemon', '--account', 'cinder=stack']
        harness = ending(a=PASS, b=FAIL)
        self.run_it(*words, harness=harness)
        line = self.written()['scenarios'][1]['repeat']
        self.assertTrue(line.startswith('nova-assist run --driver a.b.C '), line)
        again = parse(shlex.split(line)[1:], line)
        assert isinstance(again, RunArguments)
        self.assertEqual(harness.opened[0][1], again.target)
        self.assertEqual(('b',), again.scenarios)
        self.assertEqual(harness.seeds, [again.seed])

    def test_secure_run_tells_its_accounts_and_options(self) -> None:
        self.run_it('--secure', '--option', 'nfs_mount_options=vers=3')
        report = self.written()
        self.assertEqual({'cinder': 'cinder (uid 64061)'}, report['accounts'])
        self.assertEqual(
            {
                'nas_secure_file_operations': 'true',
                'nas_secure_file_permissions': 'true',
                'nfs_mount_options': 'vers=3',
            },
            report['options'],
        )

    def test_account_that_can_not_be_used_is_one_line_and_no_report(self) -> None:
        def refuse(folder: Path) -> None:
            raise AccountError("this machine has no account 'qemu'")

        outcome = self.run_it('--secure', harness=FakeHarness(on_start=refuse))
        self.assertEqual(2, outcome.code)
        self.assertEqual("nova-assist: this machine has no account 'qemu'\n", outcome.stderr)
        self.assertFalse((self.report / 'report.json').exists())

    def test_without_a_seed_a_new_one_is_taken_and_told(self) -> None:
        harness = FakeHarness()
        self.run_it(harness=harness)
        self.run_it(harness=harness)
        self.assertEqual(harness.seeds[1], self.written()['seed'])
        self.assertNotEqual(*harness.seeds)

    def test_the_logs_are_kept_and_the_working_folder_is_not(self) -> None:
        self.run_it()
        place = self.written()['logs']['log/cinder.log']
        self.assertEqual('what Cinder says\n', (self.report / place).read_text())
        self.assertEqual([], list(self.working.iterdir()))

    def test_a_working_folder_to_be_kept_is_kept_and_named(self) -> None:
        outcome = self.run_it('--keep')
        (kept,) = self.working.iterdir()
        self.assertIn(f"kept the cloud's folder {kept}\n", outcome.stderr)


class InterruptionTest(RunCase):
    def test_each_signal_ends_the_run_in_order_with_a_report(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            with self.subTest(number):
                stopped: list[bool] = []
                harness = FakeHarness({'a': PASS, 'b': PASS, 'c': PASS})

                def on_step(
                    harness: FakeHarness = harness, number: signal.Signals = number
                ) -> None:
                    if harness.verdicts['a'] is PASS:
                        harness.verdicts = {**harness.verdicts, 'a': UNKNOWN}
                    else:
                        signal.raise_signal(number)

                harness.on_step = on_step
                harness.on_stop = lambda stopped=stopped: stopped.append(True)
                outcome = self.run_it(harness=harness)
                self.assertEqual(130, outcome.code)
                self.assertEqual([True], stopped)
                verdicts = [item['verdict'] for item in self.written()['scenarios']]
                self.assertEqual(['pass', 'unknown', 'not_run'], verdicts)
                cut = self.written()['scenarios'][1]
                steps = [(step['name'], step['verdict']) for step in cut['steps']]
                self.assertEqual([('first', 'pass'), ('second', 'unknown')], steps)
                self.assertIn('interrupted', cut['reason'])
                self.assertEqual([], list(self.working.iterdir()))

    def test_a_second_signal_does_not_cut_the_stop_short(self) -> None:
        stopped: list[bool] = []

        def on_stop() -> None:
            signal.raise_signal(signal.SIGINT)
            stopped.append(True)

        harness = FakeHarness(on_step=lambda: signal.raise_signal(signal.SIGINT), on_stop=on_stop)
        self.assertEqual(130, self.run_it(harness=harness).code)
        self.assertEqual([True], stopped)

    def test_an_interruption_before_the_cloud_is_up_is_reported_too(self) -> None:
        harness = FakeHarness(on_start=lambda _: signal.raise_signal(signal.SIGTERM))
        self.assertEqual(130, self.run_it(harness=harness).code)
        self.assertEqual(2, self.written()['totals']['not_run'])

    def test_an_interruption_while_the_folder_is_removed_finds_the_report_written(self) -> None:
        remove = shutil.rmtree

        def interrupted(path: Path) -> None:
            signal.raise_signal(signal.SIGINT)
            remove(path)

        with mock.patch('shutil.rmtree', interrupted):
            outcome = self.run_it()
        self.assertEqual(130, outcome.code)
        self.assertEqual(2, self.written()['totals']['pass'])
        self.assertIn('2 passed', outcome.stdout)
        self.assertEqual([], list(self.working.iterdir()))

    def test_an_interruption_while_the_report_is_written_waits_for_it(self) -> None:
        replace = Path.replace

        def interrupted(path: Path, target: Path) -> Path:
            signal.raise_signal(signal.SIGINT)
            return replace(path, target)

        patch = mock.patch.object(Path, 'replace', interrupted)
        self.addCleanup(patch.stop)

        def on_stop() -> None:
            patch.start()

        harness = FakeHarness(on_stop=on_stop)
        self.assertEqual(130, self.run_it(harness=harness).code)
        self.assertEqual(2, self.written()['totals']['pass'])
        self.assertTrue((self.report / 'report.html').exists())
        self.assertEqual([], list(self.working.iterdir()))

    def test_an_interruption_while_modules_are_loaded_is_an_ordinary_one(self) -> None:
        code = (
            'import signal, sys\n'
            'class Interrupt:\n'
            '    def find_spec(self, name, path=None, target=None):\n'
            '        if name == "rich":\n'
            '            signal.raise_signal(signal.SIGINT)\n'
            'sys.meta_path.insert(0, Interrupt())\n'
            'from nova_assist.cli.main import main\n'
            'sys.exit(main(["run"]))\n'
        )
        run = subprocess.run([sys.executable, '-c', code], capture_output=True, check=False)
        self.assertEqual((130, b''), (run.returncode, run.stderr))

    def test_the_signal_handlers_of_before_are_back_afterwards(self) -> None:
        before = signal.getsignal(signal.SIGTERM)
        self.run_it()
        self.assertEqual(before, signal.getsignal(signal.SIGTERM))


class FailureTest(RunCase):
    def test_a_cloud_that_does_not_start_leaves_its_log_and_no_report(self) -> None:
        self.run_it()

        def on_start(folder: Path) -> None:
            raise ServiceError('cinder', 'exit code 1', folder / 'log' / 'cinder.log', ['oops'])

        outcome = self.run_it(harness=FakeHarness(on_start=on_start))
        self.assertEqual(2, outcome.code)
        log = self.report / 'logs' / 'log-cinder.log'
        self.assertIn(f'nova-assist: cinder: exit code 1 (log: {log})\n  oops\n', outcome.stderr)
        self.assertEqual('what Cinder says\n', log.read_text())
        self.assertEqual(['logs'], [path.name for path in self.report.iterdir()])
        self.assertEqual([], list(self.working.iterdir()))

    def test_a_cloud_that_fails_on_the_way_still_has_a_report(self) -> None:
        def on_step() -> None:
            raise CloudError('compute is gone')

        outcome = self.run_it(harness=FakeHarness(on_step=on_step))
        self.assertEqual(2, outcome.code)
        self.assertIn('nova-assist: compute is gone\n', outcome.stderr)
        verdicts = [item['verdict'] for item in self.written()['scenarios']]
        self.assertEqual(['unknown', 'not_run'], verdicts)

    def test_a_service_that_ended_is_told_when_nothing_could_be_judged(self) -> None:
        harness = FakeHarness({'a': UNKNOWN, 'b': NOT_RUN})
        outcome = self.run_with_dead_cinder(harness)
        log = self.report / 'logs' / 'log-cinder.log'
        self.assertEqual(2, outcome.code)
        self.assertIn(f'nova-assist: cinder: ended by itself (log: {log})\n', outcome.stderr)
        verdicts = [item['verdict'] for item in self.written()['scenarios']]
        self.assertEqual(['unknown', 'not_run'], verdicts)

    def test_a_service_that_ended_is_no_pass_of_what_passed_before(self) -> None:
        self.assertEqual(2, self.run_with_dead_cinder(ending(a=PASS, b=NOT_RUN)).code)

    def test_a_service_that_ended_does_not_hide_a_failure(self) -> None:
        outcome = self.run_with_dead_cinder(ending(a=FAIL, b=NOT_RUN))
        self.assertEqual(1, outcome.code)
        self.assertIn('cinder: ended by itself', outcome.stderr)

    def run_with_dead_cinder(self, harness: FakeHarness) -> Outcome:
        def on_check() -> None:
            (folder, _) = harness.opened[0]
            raise ServiceError('cinder', 'ended by itself', folder / 'log' / 'cinder.log')

        harness.on_check = on_check
        return self.run_it(harness=harness)

    def test_a_log_named_in_the_report_is_the_copy_that_stays(self) -> None:
        text = 'see {}/log/cinder.log'
        self.run_it(harness=FakeHarness({'a': FAIL}, reason=text, found=text))
        (scenario,) = self.written()['scenarios']
        log = f'see {self.report / "logs" / "log-cinder.log"}'
        self.assertEqual(log, scenario['reason'])
        self.assertEqual(log, scenario['steps'][1]['findings'][0]['found'])

    def test_another_runs_report_is_left_alone(self) -> None:
        self.run_it()
        harness = FakeHarness()
        with ReportFolder(self.report).claimed():
            outcome = self.run_it(harness=harness)
        self.assertEqual(2, outcome.code)
        self.assertIn('another run writes its report there', outcome.stderr)
        self.assertEqual([], harness.opened)
        self.assertEqual(2, self.written()['totals']['pass'])

    def test_a_cloud_that_leaves_something_behind_is_no_pass(self) -> None:
        def on_stop() -> None:
            raise CloudError('process 7 would not end')

        outcome = self.run_it(harness=FakeHarness(on_stop=on_stop))
        self.assertEqual(2, outcome.code)
        self.assertIn('process 7 would not end', outcome.stderr)
        self.assertEqual(2, self.written()['totals']['pass'])

    def test_a_fault_of_the_suite_itself_is_shown_whole_and_reported(self) -> None:
        def on_step() -> None:
            raise ZeroDivisionError('oops')

        outcome = self.run_it(harness=FakeHarness(on_step=on_step))
        self.assertEqual(2, outcome.code)
        self.assertIn('Traceback', outcome.stderr)
        self.assertIn('a fault of nova-assist itself', outcome.stderr)
        self.assertIn('ZeroDivisionError: oops', self.written()['scenarios'][0]['reason'])

    def test_a_report_folder_that_is_a_file_is_refused_before_anything_starts(self) -> None:
        self.report.touch()
        harness = FakeHarness()
        outcome = self.run_it(harness=harness)
        self.assertEqual(2, outcome.code)
        self.assertIn(f"nova-assist: can't prepare {self.report}", outcome.stderr)
        self.assertEqual(1, outcome.stderr.count('\n'))
        self.assertEqual([], harness.opened)

    def test_no_place_for_the_working_folder_is_a_clear_error(self) -> None:
        self.working.rmdir()
        outcome = self.run_it()
        self.assertEqual(2, outcome.code)
        self.assertIn("can't make a folder for the cloud's files", outcome.stderr)
        self.assertIn('TMPDIR', outcome.stderr)
