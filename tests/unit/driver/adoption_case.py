# SPDX-License-Identifier: Apache-2.0
"""A share with a database made by hand, for what Cinder is to manage and unmanage there."""

import re

from driver.adopting import Adoptions
from driver.adopting_snapshots import SnapshotAdoptions, Unfinished
from driver.candidates import Owned
from driver.layout import Layout
from driver.probe import Owner
from tests.unit.driver import builders
from tests.unit.driver.snapshots_case import SnapshotsCase

NEW = 'volume-new'


class AdoptionRows:
    """Stands for Cinder's database: one volume that is to be managed, and one that is."""

    def __init__(self):
        self.managed = {}
        self.taken = None
        self.came_from = None
        self.status = 'managing'
        self.snapshots = {}

    def owned(self, name):
        return self.managed.get(name)

    def name_id(self, name):
        found = re.fullmatch('volume-([0-9a-f]{8})', name)
        return found and found[1]

    def take_name(self, volume_id, name_id):
        self.taken = name_id

    def note(self, volume_id, source):
        self.came_from = source

    def source(self, volume_id):
        return self.came_from

    def forget(self, volume_id):
        self.taken = self.came_from = None

    def unfinished(self, host, cluster):
        return {'v': self.status} if self.status.endswith('ing') else {}

    def end(self, volume_id, found, status):
        self.status = status

    def is_snapshot(self, snapshot_id):
        return snapshot_id in self.snapshots

    def begin_snapshot(self, snapshot_id, gib):
        self.snapshots[snapshot_id] = gib

    def unfinished_snapshots(self, host, cluster):
        return [Unfinished(each, 'v', each.startswith('u')) for each in self.snapshots]


class AdoptionCase(SnapshotsCase):
    """The volume of :class:`SnapshotsCase` is not managed at first."""

    def setUp(self):
        super().setUp()
        self.adoption_rows = AdoptionRows()
        self.adoptions = Adoptions(self.opener, self.adoption_rows)
        self.snapshot_adoptions = SnapshotAdoptions(self.opener, self.adoption_rows)
        self.new = Layout(self.layout.folder, NEW)
        self.opener.mounted.owner = lambda share: Owner.of(
            self.layout.path(builders.VOLUME).lstat()
        )

    def place(self, name, data=b'', size=builders.GIB):
        """Put a file on the share that is no volume."""
        path = self.layout.path(name)
        with path.open('wb') as file:
            file.write(data)
            file.truncate(size)
        path.chmod(self.maker.mode)
        return path

    def adopt(self, name, **more):
        return self.adoptions.adopt('v', NEW, {'source-name': name, **more})

    def manage(self, name):
        """Have Cinder's database know a name as that of a volume."""
        self.adoption_rows.managed[name] = Owned('other', 7)
