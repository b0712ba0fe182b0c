# SPDX-License-Identifier: Apache-2.0
"""Subjects that take as long as they are told to."""

from nova_assist.bench.subject import Timed


class FakeDriver:
    """A driver whose operations take so many seconds for each snapshot of the volume."""

    def __init__(self, seconds=1.0, log=None):
        self.seconds = seconds
        self.log = [] if log is None else log
        self.sizes = []
        self.filled = 0
        self._volumes = {}
        self._made = 0

    def _new(self, kind):
        self._made += 1
        return f'{kind}{self._made}'

    def volume(self, gib=1):
        name = self._new('v')
        self._volumes[name] = []
        return name

    def attach(self, volume):
        self.log.append((self, 'attach'))

    def create_snapshot(self, volume):
        snapshot = self._new('s')
        self._volumes[volume].append(snapshot)
        return snapshot, self._timed(len(self._volumes[volume]))

    def write(self, volume, size):
        self.sizes.append(size)

    def delete_snapshot(self, volume, snapshot):
        timed = self._timed(len(self._volumes[volume]))
        self._volumes[volume].remove(snapshot)
        return timed

    def remove(self, volume):
        del self._volumes[volume]

    def snapshot_all(self, volumes):
        for volume in volumes:
            self._volumes[volume].append(self._new('s'))
        return self.seconds * len(volumes)

    def delete_all(self, volumes):
        for volume in volumes:
            self._volumes[volume].pop()
        return 2 * self.seconds * len(volumes)

    def fill(self, count):
        self.filled = count

    def capacity(self):
        return self.seconds * self.filled

    @property
    def left(self):
        return list(self._volumes)

    def _timed(self, depth):
        self.log.append((self, 'timed'))
        return Timed(2 * self.seconds * depth, self.seconds * depth)
