# SPDX-License-Identifier: Apache-2.0
"""What is listed of a share, whatever lies there."""

import os

from driver.manageable import Manageable
from tests.unit.driver import builders
from tests.unit.driver.adoption_case import AdoptionCase

_ID = '0f0e0d0c-0b0a-0908-0706-050403020100'


class VolumesTest(AdoptionCase):
    def listed(self):
        found = Manageable(self.adoptions.candidates).volumes()
        return {each['reference']['source-name'].rpartition('/')[2]: each for each in found}

    def test_file_that_can_be_managed(self):
        self.place('disk', size=builders.GIB + 1)
        wanted = {
            'reference': {'source-name': 'host:/share/disk'},
            'size': 2,
            'safe_to_manage': True,
            'reason_not_safe': None,
            'cinder_id': None,
            'extra_info': None,
        }
        self.assertEqual(wanted, self.listed()['disk'])

    def test_volume_that_is_managed_is_not_looked_into(self):
        self.manage(builders.VOLUME)
        self.layout.path(builders.VOLUME).write_bytes(b'')
        found = self.listed()[builders.VOLUME]
        self.assertEqual(('other', 7), (found['cinder_id'], found['size']))
        self.assertEqual('it is managed already', found['reason_not_safe'])

    def test_whatever_is_wrong_is_told_of_that_one_alone(self):
        self.place('fine')
        self.place('hostile.qcow2', builders.header(backing='/etc/passwd'), 1 << 20)
        self.place('short.qcow2', b'QFI\xfb', 4)
        self.place('like-qcow2', builders.header(), 1 << 20)
        self.layout.path('link').symlink_to('/etc/passwd')
        self.layout.path('folder').mkdir()
        os.mkfifo(self.layout.path('pipe'))
        self.place('two\nlines')
        os.close(os.open(os.fsencode(self.layout.folder) + b'/\xff', os.O_CREAT))
        self.place(f'volume-{_ID}.{_ID}')
        found = self.listed()
        safe = {name for name, each in found.items() if each['safe_to_manage']}
        self.assertEqual({builders.VOLUME, 'fine'}, safe)
        wrong = {
            'hostile.qcow2': 'no file of',
            'short.qcow2': 'qcow2',
            'like-qcow2': 'begins like',
            'link': 'a symbolic link',
            'pipe': 'a pipe',
            'two\\nlines': 'rename it',
            '\\udcff': 'rename it',
            f'volume-{_ID}': 'No such file',
        }
        self.assertEqual(wrong.keys(), found.keys() - safe)
        for name, said in wrong.items():
            self.assertRegex(str(found[name]['reason_not_safe']), said)

    def test_parts_of_a_volume_and_what_drivers_keep_are_not_listed(self):
        self.place(f'volume-{_ID}')
        for name in (f'volume-{_ID}.info.tmp', f'volume-{_ID}.tmp', '.nfs0001'):
            self.place(name)
        self.assertEqual({builders.VOLUME, f'volume-{_ID}'}, self.listed().keys())


class SnapshotsTest(AdoptionCase):
    def setUp(self):
        super().setUp()
        self.take('a', 'b')

    def listed(self, **known):
        found = Manageable(self.adoptions.candidates).snapshots([self.state], known)
        return {each['reference']['source-name']: each for each in found}

    def test_snapshots_that_can_be_managed_and_that_are(self):
        found = self.listed(b=5)
        self.assertEqual(
            {'a': True, 'b': False}, {k: v['safe_to_manage'] for k, v in found.items()}
        )
        self.assertEqual((1, 5), (found['a']['size'], found['b']['size']))
        source = {'source-name': f'host:/share/{builders.VOLUME}'}
        self.assertEqual([source, source], [each['source_reference'] for each in found.values()])

    def test_chain_that_is_not_sound(self):
        self.layout.path(builders.VOLUME).unlink()
        for each in self.listed().values():
            self.assertRegex(each['reason_not_safe'], 'No such file')

    def test_record_that_can_not_be_read(self):
        self.layout.path(self.layout.record).write_text('')
        self.assertEqual({}, self.listed())
