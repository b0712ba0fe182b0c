# SPDX-License-Identifier: Apache-2.0
"""Random histories of volumes and snapshots in a real cloud, as hypothesis makes them up.

Main classes: :class:`Lifecycle`, and :class:`Deaths` with crashes in the middle of operations. The
oracle is that of all stories: the models of :mod:`nova_assist.checks`, compared after each step.
"""

from hypothesis import stateful, strategies
from hypothesis.stateful import precondition, rule

from nova_assist.scenarios.story import FORMATS
from tests.crash import free_play

#: How many there may be at a time, and how large they may get, in bytes.
MOST_VOLUMES = 3
MOST_SNAPSHOTS = 3
LARGEST = 3 << 30

#: Which of those that are eligible, counted round.
CHOICE = strategies.integers(0, 5)

#: The effect on the share before which Cinder dies; few operations have many more.
EFFECT = strategies.integers(1, 24)


def _choose(eligible, choice):
    return eligible[choice % len(eligible)]


def when(eligible):
    """Return what offers a rule only while something is eligible for it."""
    return precondition(lambda self: self.play is not None and bool(eligible(self)))


def roomy(self):
    """Return the volumes, if there may be one more."""
    return self.play.volumes if len(self.play.volumes) < MOST_VOLUMES else []


def fewer(volumes):
    return [each for each in volumes if len(each.snapshots) < MOST_SNAPSHOTS]


class Lifecycle(stateful.RuleBasedStateMachine):
    """Everything that users and operators do, and crashes while Cinder has nothing to do.

    :ivar house: where it is played; given by a subclass, see :func:`in_house`
    :ivar told: the steps of the last history, in words
    """

    house = None
    told = ()

    def __init__(self):
        super().__init__()
        self.play = None
        self.failed = False
        type(self).told = []

    @stateful.initialize(image_format=strategies.sampled_from(FORMATS), seed=CHOICE)
    def begin(self, image_format, seed):
        self.play = self.house.stage(image_format, seed, self.tell)
        self.create()

    def tell(self, step):
        self.told.append(step)

    def teardown(self):
        if self.play is None:
            return
        try:
            if not self.failed:
                self.play.end()
        except BaseException:
            self.failed = True
            raise
        finally:
            if self.failed:
                self.house.close()

    def do(self, action, *arguments, **options):
        """Play one step; one that fails ends the cloud with the history."""
        try:
            action(*arguments, **options)
        except BaseException:
            self.failed = True
            raise

    @when(lambda self: len(self.play.volumes) < MOST_VOLUMES)
    @rule()
    def create(self):
        self.do(self.play.create)

    @when(lambda self: self.play.detached)
    @rule(choice=CHOICE)
    def write(self, choice):
        self.do(self.play.write, _choose(self.play.detached, choice))

    @when(lambda self: self.play.running and self.play.detached)
    @rule(choice=CHOICE)
    def attach(self, choice):
        self.do(self.play.attach, _choose(self.play.detached, choice))

    @when(lambda self: self.play.attached)
    @rule(choice=CHOICE)
    def detach(self, choice):
        self.do(self.play.detach, _choose(self.play.attached, choice))

    @when(lambda self: fewer(self.play.volumes))
    @rule(choice=CHOICE)
    def snapshot(self, choice):
        self.do(self.play.snapshot, _choose(fewer(self.play.volumes), choice))

    @when(lambda self: self.play.snapshots)
    @rule(choice=CHOICE)
    def delete_snapshot(self, choice):
        self.do(self.play.delete_snapshot, *_choose(self.play.snapshots, choice))

    def growing(self):
        return [each for each in self.play.detached if each.size < LARGEST]

    @when(growing)
    @rule(choice=CHOICE)
    def extend(self, choice):
        self.do(self.play.extend, _choose(self.growing(), choice))

    def revertible(self):
        """Return the volumes whose newest snapshot is as large as they are."""
        having = [each for each in self.play.detached if each.snapshots]
        newest = [(each, each.snapshots[-1]) for each in having]
        return [
            volume
            for volume, snapshot in newest
            if free_play.is_known(snapshot) and snapshot.data.size == volume.size
        ]

    @when(revertible)
    @rule(choice=CHOICE)
    def revert(self, choice):
        self.do(self.play.revert, _choose(self.revertible(), choice))

    @when(roomy)
    @rule(choice=CHOICE, larger=strategies.booleans())
    def clone(self, choice, larger):
        self.do(self.play.clone, _choose(self.play.volumes, choice), larger=larger)

    def copied(self):
        known = [each for _, each in self.play.snapshots if free_play.is_known(each)]
        return known if len(self.play.volumes) < MOST_VOLUMES else []

    @when(copied)
    @rule(choice=CHOICE, larger=strategies.booleans())
    def copy(self, choice, larger):
        self.do(self.play.copy, _choose(self.copied(), choice), larger=larger)

    def deletable(self):
        return [each for each in self.play.detached if not each.snapshots]

    @when(deletable)
    @rule(choice=CHOICE)
    def delete(self, choice):
        self.do(self.play.delete, _choose(self.deletable(), choice))

    @when(lambda self: self.play.server)
    @rule(hard=strategies.none() | strategies.booleans())
    def power(self, hard):
        """Reboot a server that runs, or stop it, or start one that is stopped."""
        server = self.play.server
        if not self.play.running:
            self.do(self.play.start, server)
        elif hard is None:
            self.do(self.play.stop, server)
        else:
            self.do(self.play.reboot, server, hard=hard)

    @when(lambda self: self.play.volumes)
    @rule(compute=strategies.booleans())
    def restart(self, compute):
        """Restart compute, or kill Cinder."""
        self.do(self.play.restart_compute if compute else self.play.crash)


class Deaths(Lifecycle):
    """The same, with deaths of Cinder in the middle of operations."""

    @when(lambda self: fewer(self.play.volumes))
    @rule(choice=CHOICE, effect=EFFECT)
    def die_in_snapshot(self, choice, effect):
        self.do(self.play.die_in_snapshot, _choose(fewer(self.play.volumes), choice), effect)

    @when(lambda self: self.play.snapshots)
    @rule(choice=CHOICE, effect=EFFECT)
    def die_in_deletion(self, choice, effect):
        self.do(self.play.die_in_deletion, *_choose(self.play.snapshots, choice), effect)

    @when(Lifecycle.growing)
    @rule(choice=CHOICE, effect=EFFECT)
    def die_in_extension(self, choice, effect):
        self.do(self.play.die_in_extension, _choose(self.growing(), choice), effect)

    @when(Lifecycle.revertible)
    @rule(choice=CHOICE, effect=EFFECT)
    def die_in_revert(self, choice, effect):
        self.do(self.play.die_in_revert, _choose(self.revertible(), choice), effect)

    @when(Lifecycle.copied)
    @rule(choice=CHOICE, effect=EFFECT)
    def die_in_copy(self, choice, effect):
        self.do(self.play.die_in_copy, _choose(self.copied(), choice), effect)

    @when(roomy)
    @rule(choice=CHOICE, effect=EFFECT)
    def die_in_clone(self, choice, effect):
        self.do(self.play.die_in_clone, _choose(self.play.volumes, choice), effect)


def in_house(machine, house):
    """Return a machine that plays in a house."""
    return type(machine.__name__, (machine,), {'house': house})
