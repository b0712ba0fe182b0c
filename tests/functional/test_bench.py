# SPDX-License-Identifier: Apache-2.0
"""The bench measures real drivers, and a slow one misses its targets."""

import json
import os
import pathlib
import signal
import tempfile
import time

from driver import locks
from nova_assist import client
from nova_assist.bench import clouded, timeline
from nova_assist.bench.parts import at_once
from tests.functional.command_case import CommandCase

#: Seconds that the slow driver takes longer.
_LONGER = 1.0
_OURS = 'driver.nfs.NfsDriver'
_SLOW, _FAILING = (f'tests.functional.slow_drivers.{name}Driver' for name in ('Slow', 'Failing'))


class BenchTest(CommandCase):
    def bench(self, *options):
        """Measure, and return exit code, results and what was told."""
        with self.start('bench', *options, '-f', 'json') as process:
            told, said = process.communicate(timeout=300)
        return process.returncode, json.loads(told) if told else None, said

    def target(self, results, words):
        (found,) = [each for each in results['targets'] if words in each['target']]
        return found

    def test_driver_that_is_faster_than_the_control_reaches_its_targets(self):
        code, results, said = self.bench(
            *('--control', _SLOW, '--part', 'snapshots', '--part', 'volumes', '--rounds', '2')
        )
        self.assertIn(code, (0, 1), said)  # a noisy machine may be slow to answer
        operations = {each['name']: each['samples'] for each in results['operations']}
        self.assertEqual(6, len(operations))
        for samples in operations.values():
            self.assertEqual(
                {'driver': 2, 'control': 2, 'floor': 2}, {k: len(v) for k, v in samples.items()}
            )
        for timed in operations['create-online']['control']:
            self.assertGreater(timed['driver'], _LONGER)
            self.assertGreater(timed['whole'], timed['driver'])
        for words in ('processes of an offline', 'offline create, in the driver'):
            self.assertEqual('met', self.target(results, words)['verdict'], words)
        self.assertEqual(0, self.target(results, 'processes of an offline')['figure']['value'])
        moments = [each['name'] for each in results['timeline']]
        for earlier, later in (
            (timeline.BEGINS, timeline.LAST_STEP),
            (timeline.LAST_STEP, timeline.ASKED),
            (timeline.ASKED, timeline.CHANGED),
            (timeline.CHANGED, timeline.GOES_ON),
            (timeline.GOES_ON, timeline.ENDS),
            (timeline.ENDS, timeline.SEEN),
        ):
            self.assertLess(moments.index(earlier), moments.index(later), moments)
        (curve,) = results['curves']
        for subject in ('driver', 'control', 'floor'):
            self.assertEqual(['10', '100', '1000', '10000'], list(curve['points'][subject]))
        for timed in operations['create-offline']['driver']:
            self.assertGreater(timed['syncs'], 0)
            self.assertLess(timed['syncing'], timed['driver'])
        self.assertTrue((self.report / 'bench.html').exists())
        self.assertEqual([], os.listdir(self.temporary))

    def test_driver_that_is_slower_than_the_control_misses_its_targets(self):
        code, results, said = self.bench(
            *('--driver', _SLOW, '--control', _OURS, '--part', 'snapshots', '--rounds', '2')
        )
        self.assertEqual(1, code, said)
        found = self.target(results, 'offline create, in the driver')
        self.assertEqual('missed', found['verdict'])
        self.assertGreater(found['figure']['low'], 1)

    def test_least_that_a_driver_does_has_a_guest_switch_and_merge(self):
        with (
            tempfile.TemporaryDirectory() as folder,
            clouded.clouded(pathlib.Path(folder, 'cloud'), at_once.LEAST, 'raw') as driver,
        ):
            volumes = [driver.volume(), driver.volume()]
            for volume in volumes:
                driver.attach(volume)
            share = driver.cloud.shares['raw'].path
            for _ in range(2):  # the second time what is backed on is an overlay
                before = set(share.iterdir())
                driver.snapshot_all(volumes)
                overlays = set(share.iterdir()) - before
                self.assertEqual([True, True], [locks.holders(each).writing for each in overlays])
                driver.delete_all(volumes)
                self.assertEqual(overlays, set(share.iterdir()))
            for volume in volumes:
                driver.remove(volume)

    def test_deletion_that_nova_takes_long_for_is_told_with_its_questions(self):
        with (
            tempfile.TemporaryDirectory() as folder,
            clouded.clouded(pathlib.Path(folder, 'cloud'), _OURS, 'raw') as driver,
        ):
            volume = driver.volume()
            driver.attach(volume)
            snapshot, _ = driver.create_snapshot(volume)
            began = time.monotonic()
            asked = driver.delete_slowly(volume, snapshot, 2.0)
            self.assertGreater(time.monotonic() - began, 2.0)
            driver.remove(volume)
        self.assertGreater(len(asked), 2)
        self.assertEqual(sorted(asked), asked)
        self.assertGreater(asked[0], 0)

    def test_driver_that_fails_is_named_with_its_log(self):
        code, results, said = self.bench(
            *('--driver', _FAILING, '--control', _OURS, '--part', 'snapshots', '--rounds', '1')
        )
        self.assertEqual(2, code, said)
        self.assertIsNone(results)
        self.assertRegex(said, f'{_FAILING}: taking a snapshot .* is error .* see .*cinder.log')
        (kept,) = self.temporary.iterdir()
        log = next(kept.rglob('driver/**/cinder.log')).read_text()
        self.assertIn('no snapshots today', log)

    def test_interrupt_in_the_middle_leaves_nothing_behind(self):
        with self.start('bench', '--part', 'snapshots') as process:
            snapshots = client.poll(lambda: self.found('**/volume-*.*-*'), bool, 120)
            self.assertTrue(snapshots, 'the bench has come to a snapshot')
            process.send_signal(signal.SIGINT)
            _, said = process.communicate(timeout=60)
        self.assertEqual(130, process.returncode, said)
        self.assertEqual([], os.listdir(self.temporary))
        self.assertFalse((self.report / 'bench.json').exists())
