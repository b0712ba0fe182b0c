# SPDX-License-Identifier: Apache-2.0
import dataclasses
import pathlib
import unittest

from driver import verdict
from driver.advice import User
from driver.mounts import Mount
from driver.probe import Owner, Sight, Stranger

GOOD = Sight(
    path=pathlib.Path('/mnt/share'),
    mount=Mount('nfs4', 'host:/export', frozenset({'rw', 'hard', 'vers=4.2'})),
    user=User(9001, 9001, frozenset({9001, 9000})),
    folder=Owner(9001, 9000, 0o2771),
    made=Owner(9001, 9000, 0o660),
    wanted=0o660,
)


def judged(snapshots=True, **changes):
    return verdict.judge(dataclasses.replace(GOOD, **changes), snapshots)


def nfs3(*options):
    return Mount('nfs', 'host:/export', frozenset({'vers=3', *options}))


class RefusalTest(unittest.TestCase):
    def refused(self, words, **changes):
        found = judged(**changes).refusals
        self.assertEqual(1, len(found), found)
        self.assertRegex(found[0], words)

    def test_good_share_is_neither_refused_nor_advised_on(self):
        self.assertEqual(((), ()), (judged().refusals, judged().advice))

    def test_share_that_masks_modes(self):
        self.refused('0660 .* came out as 0600', made=Owner(9001, 9000, 0o600))

    def test_lock_service_that_is_down(self):
        self.refused('can be locked.*: No locks available', lock_failure='No locks available')

    def test_locks_that_never_reach_the_server(self):
        self.refused('nolock', mount=nfs3('nolock'))

    def test_locks_do_not_matter_without_snapshots(self):
        self.assertEqual((), judged(snapshots=False, mount=nfs3('nolock')).refusals)


class AdviceTest(unittest.TestCase):
    def advised(self, words, **changes):
        found = judged(**changes)
        self.assertEqual((), found.refusals)
        self.assertEqual(1, len(found.advice), found.advice)
        self.assertRegex(found.advice[0], words)

    def test_share_without_hard_links(self):
        self.advised('second name .Not supported.*hard links', link_failure='Not supported')

    def test_service_as_squashed_root(self):
        root = User(0, 0, frozenset({0}))
        self.advised('ordinary user', user=root, made=Owner(65534, 9000, 0o660))

    def test_server_that_gives_files_to_another(self):
        self.advised('all_squash', made=Owner(65534, 9000, 0o660))

    def test_folder_that_does_not_pass_its_group_on(self):
        folder, made = Owner(9001, 9000, 0o771), Owner(9001, 9001, 0o660)
        self.advised('chmod g\\+s', folder=folder, made=made)

    def test_folder_that_everybody_may_change(self):
        self.advised('chmod o-w', folder=Owner(9001, 9000, 0o2777))

    def test_open_files_in_a_folder_that_everybody_may_change(self):
        folder, made = Owner(9001, 9000, 0o777), Owner(9001, 9001, 0o666)
        self.assertEqual((), judged(wanted=0o666, made=made, folder=folder).advice)

    def test_sticky_folder(self):
        self.advised('chmod -t', folder=Owner(9001, 9000, 0o3771))

    def test_folder_that_a_squashed_libvirtd_can_not_look_into(self):
        self.advised('libvirtd.*chmod o\\+x', folder=Owner(9001, 9000, 0o2770))

    def test_soft_mount(self):
        self.advised('hard', mount=nfs3('soft'))

    def test_files_that_libvirt_has_taken(self):
        taken = [Stranger(f'volume-{n}', Owner(0, 0, 0o660), False) for n in range(5)]
        shared = Stranger('volume-9', Owner(64055, 9000, 0o660), True)
        self.advised(
            r'volume-0 \(root:root 0660\).* and 2 more.*dynamic_ownership = 0.*chown 9001:9000',
            strangers=(*taken, shared),
        )

    def test_files_of_others_that_can_be_used_are_only_counted(self):
        shared = Stranger('volume-9', Owner(64055, 9000, 0o660), True)
        found = judged(strangers=(shared,))
        self.assertEqual((), found.advice)
        self.assertIn('1 files of other owners, 0 of them unusable', found.summary)


class SummaryTest(unittest.TestCase):
    def test_one_line_tells_the_identity_model(self):
        self.assertEqual(
            '/mnt/share: nfs4 vers=4.2; folder 9001:9000 2771 (setgid); works as 9001, which '
            'needs no root, squashed or not; files become 9001:9000 0660; image locks reach the '
            'server; 0 files of other owners, 0 of them unusable.',
            judged().summary,
        )

    def test_root_is_told_squashed_or_not(self):
        root = User(0, 0, frozenset({0}))
        self.assertIn('not squashed', judged(user=root, made=Owner(0, 9000, 0o660)).summary)
        nobody = Owner(65534, 9000, 0o660)
        self.assertIn('squashed to nobody', judged(user=root, made=nobody).summary)

    def test_where_locks_go(self):
        self.assertIn('stay on this host', judged(mount=nfs3('nolock')).summary)
        local = Mount('ext4', '/dev/sda1', frozenset())
        self.assertIn('kept by this host', judged(mount=local).summary)
