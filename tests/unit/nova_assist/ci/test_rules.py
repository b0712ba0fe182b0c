# SPDX-License-Identifier: Apache-2.0
import dataclasses
import unittest

from nova_assist.ci import rules
from nova_assist.ci.change import Change
from nova_assist.ci.logs import Kind
from nova_assist.ci.reading import Backend, DriverClass, Found
from nova_assist.ci.results import Result
from nova_assist.ci.rules import Evidence, State
from nova_assist.ci.skips import SkipList
from tests.unit.nova_assist.ci.samples import DRIVER, PLUGIN_TEST, SKIPPED_CLASS, VOLUME_TEST

_RESULTS = (
    Result(VOLUME_TEST, 'passed', 1, ''),
    Result(PLUGIN_TEST, 'passed', 1, ''),
    Result(SKIPPED_CLASS, 'skipped', 0, 'no multiattach'),
)
_LEFT_OUT = 'tempest_plugin.api.test_false_reports.FalseReportsTest.test_creation_said_to_be_done'
_FOUND = Found(
    results=_RESULTS,
    listed=frozenset({VOLUME_TEST, PLUGIN_TEST, f'{SKIPPED_CLASS}.test_a', _LEFT_OUT}),
    backends=(Backend('nfs', DRIVER),),
    driver=DriverClass(DRIVER, '1.0', 'Vendor_CI', ()),
)
_WHOLE = Evidence(
    found=_FOUND,
    skips=SkipList.load(),
    kinds={Kind.CONSOLE, Kind.CINDER_CONF, Kind.API, Kind.SCHEDULER, Kind.VOLUME},
    hidden=(),
    change=Change('openstack/cinder', 657856, 2),
)


def missing(evidence):
    return {item.rule: item.told for item in rules.judge(evidence) if item.state is State.MISSING}


class JudgeTest(unittest.TestCase):
    def only(self, told, found=None, **changed):
        """Expect one rule that is not kept."""
        changed_found = dataclasses.replace(_FOUND, **(found or {}))
        lacking = missing(dataclasses.replace(_WHOLE, found=changed_found, **changed))
        self.assertEqual(1, len(lacking), lacking)
        self.assertIn(told, ' '.join([*lacking, *lacking.values()]))

    def test_whole_run_lacks_nothing(self):
        self.assertEqual({}, missing(_WHOLE))

    def test_nothing_at_all_lacks_everything(self):
        nothing = Evidence(Found(), SkipList.load(), (), ('logs.tgz',), None)
        items = rules.judge(nothing)
        states = [item.state for item in items]
        self.assertNotIn(State.PRESENT, states)
        self.assertEqual(12, states.count(State.MISSING))

    def test_change_that_nobody_tells(self):
        self.only('give --project, --change and --patchset', change=None)

    def test_tests_of_one_kind_alone(self):
        listed = frozenset({VOLUME_TEST})
        self.only(
            'no test of cinder_tempest_plugin.*', {'results': _RESULTS[:1], 'listed': listed}
        )

    def test_list_of_tests_that_was_not_made(self):
        self.only('no tests.txt', {'listed': None})

    def test_test_that_was_to_be_run_and_has_no_result(self):
        lost = 'tempest.api.volume.test_volumes_list.VolumesListTest.test_list'
        self.only(f'without a result: {lost}', {'listed': _FOUND.listed | {lost}})

    def test_skip_without_a_reason_in_the_list(self):
        skipped = Result('tempest.api.volume.test_new.NewTest', 'skipped', 0, 'no idea')
        self.only('tempest.api.volume.test_new.NewTest', {'results': (*_RESULTS, skipped)})

    def test_each_file_that_is_asked_for(self):
        for kind in _WHOLE.kinds:
            self.only(kind.value, kinds=_WHOLE.kinds - {kind})

    def test_backup_tests_ask_for_the_log_of_their_service(self):
        backup = Result('tempest.api.volume.test_volumes_backup.T.test_a', 'passed', 1, '')
        self.only('log of cinder-backup', {'results': (*_RESULTS, backup)})

    def test_archive(self):
        self.only(
            'logs that a browser shows, no archives collect anew as text: logs.tgz',
            hidden=('logs.tgz',),
        )

    def test_backends_that_are_not_to_be_enabled(self):
        lvm = Backend('lvm', 'cinder.volume.drivers.lvm.LVMVolumeDriver')
        ours = Backend('nfs', DRIVER)
        for backends, told in (
            ((ours, lvm), 'enabled_backends has nfs, lvm'),
            ((lvm,), 'backend lvm has cinder.volume.drivers.lvm'),
            ((Backend('nfs', ''),), 'the default driver'),
            ((Backend('nfs', 'other.Driver'),), 'conformance looked at'),
            (None, 'no cinder.conf with enabled_backends'),
        ):
            self.only(told, {'backends': backends})

    def test_class_without_a_name_in_the_wiki(self):
        self.only('lacks one of them', {'driver': DriverClass(DRIVER, '1.0', '', ())})

    def test_class_with_errors(self):
        errors = tuple(f'Core: method_{number}' for number in range(7))
        driver = DriverClass(DRIVER, '1.0', 'Vendor_CI', errors)
        self.only('method_4 and 2 more', {'driver': driver})

    def test_recheck_is_named_after_the_wiki_page(self):
        told = [item.rule for item in rules.judge(_WHOLE)]
        self.assertIn('runs again when somebody comments "run-Vendor_CI"', told)
