# SPDX-License-Identifier: Apache-2.0
"""All phases of the plugin in order, twice, and back, with each sample on each family."""

import itertools

from tests.devstack import host
from tests.devstack.case import HostCase


class PhasesTest(HostCase):
    def play(self, sample, family):
        one, localrc = self.host(family), host.localrc(sample)
        before = one.tree()
        for phase in host.PHASES:
            self.assertIn(phase, (host.PLUGIN / 'plugin.sh').read_text())
        one.stack(localrc)
        first = one.tree()
        one.stack(localrc)
        self.assert_same(first, one.tree(), 'the second time')
        one.unstack(localrc)
        one.clean(localrc)
        self.assert_same(before, one.tree(), 'after unstack.sh and clean.sh')

    def test_every_phase_of_every_sample_twice_and_back(self):
        tried, phases = [], (*host.PHASES, 'unstack', 'clean')
        for sample, family in itertools.product(host.samples(), ('debian', 'rhel')):
            with self.subTest(sample=sample, family=family):
                self.play(sample, family)
            tried.append(f'{family:<8}{sample:<12}{", ".join(phases)}')
        print('', *tried, sep='\n')

    def test_nothing_is_done_without_nfs(self):
        one = self.host()
        before = one.tree()
        one.stack('ENABLE_NFS_CINDER=False', ('pre-install', 'install'))
        self.assert_same(before, one.tree(), 'after stack.sh')


class DeathTest(HostCase):
    def setUp(self):
        self.localrc = host.localrc('secure')
        self.one = self.host()
        self.before = self.one.tree()

    def deaths(self, session):
        """Kill a session before the 1st, 2nd, … call of sudo, until it ends; clean after each.

        :return: how many deaths there were.
        """
        start = self.one.saved()
        for number in itertools.count(1):
            self.one.death = number
            try:
                session(self.localrc)
            except host.Killed:
                self.one.death = 0
                self.one.clean(self.localrc)
                self.assert_same(
                    self.before, self.one.tree(), f'killed at call {number}, then cleaned'
                )
                self.one.restore(start)
            else:
                return number - 1

    def test_death_at_each_step_of_stack(self):
        self.assertGreater(self.deaths(self.one.stack), 25)

    def test_death_at_each_step_of_unstack(self):
        self.one.stack(self.localrc)
        self.assertGreater(self.deaths(self.one.unstack), 15)
