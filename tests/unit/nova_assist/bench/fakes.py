# SPDX-License-Identifier: Apache-2.0
"""Subjects that take as long as they are told to."""

from nova_assist.bench.errors import BenchError
from nova_assist.bench.subject import Timed


class FakeDriver:
    """A driver whose operations take so many seconds for each snapshot of the volume.

    :param refuses: what it can't do with an attached volume
    """

    def __init__(self, seconds=1.0, log=None, refuses=()):
        self.seconds = seconds
        self.refuses = refuses
        self._attached = set()
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
        self._attached.add(volume)

    def make(self):
        return self.volume(), self._timed(1)

    def clone(self, volume):
        self._refuse('clone', volume)
        return self.volume(), self._timed(2)

    def copy(self, snapshot):
        return self.volume(), self._timed(3)

    def extend(self, volume, gib):
        self._refuse('extend', volume)
        self.sizes.append(gib)
        return self._timed(4)

    def extends_attached(self):
        return 'extend' not in self.refuses

    def revert(self, volume, snapshot):
        assert self._volumes[volume][-1] == snapshot
        return self._timed(5)

    def delete(self, volume):
        assert self._volumes.pop(volume) == []
        return self._timed(6)

    def _refuse(self, what, volume):
        if what in self.refuses and volume in self._attached:
            raise BenchError(f'no {what}')

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

    def delete_slowly(self, volume, snapshot, seconds):
        self.delete_snapshot(volume, snapshot)
        return [n * self.seconds for n in range(int(seconds / self.seconds) + 1)]

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
        self.log.append((self, 'capacity'))
        return self.seconds * self.filled

    def bare_sums(self):
        self.log.append((self, 'bare sums'))
        return 0.5

    @property
    def left(self):
        return list(self._volumes)

    def _timed(self, depth):
        self.log.append((self, 'timed'))
        return Timed(2 * self.seconds * depth, self.seconds * depth)
