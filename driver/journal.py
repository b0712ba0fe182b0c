# SPDX-License-Identifier: Apache-2.0
"""The intent of the operation under way on a volume, durable before anything changes.

Main classes: :class:`Intent`, and :func:`kept`, which keeps one while an operation goes on.
Headers alone can't tell every interrupted operation from another: after a merge, the same chain
can be the end of two different deletions. What follows from an intent that is found is left to
:mod:`driver.recovery`.
"""

from __future__ import annotations

import contextlib
import dataclasses
import enum
import json
import os
import pathlib
import reprlib
from collections.abc import Callable, Iterator

from driver import access, advice, durable, exceptions, files, locks
from driver.layout import Layout, is_snapshot_id

#: An intent stays far below this many bytes.
_LARGEST = 1 << 16


class Operation(str, enum.Enum):
    """What is being done with a snapshot."""

    CREATE = 'create'
    DELETE = 'delete'


@dataclasses.dataclass(frozen=True)
class Intent:
    """An operation that has begun and has not been seen to end.

    :ivar removes: the file that nothing needs once a deletion has ended; a creation has none
    """

    operation: Operation
    snapshot_id: str
    removes: str | None = None


def load(layout: Layout) -> Intent | None:
    """Read the intent that an interrupted operation left, if there is one.

    :raises RecordError: the journal can't be read or believed
    """
    path = layout.path(layout.journal)
    try:
        data = files.read(path, _LARGEST + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise exceptions.RecordError(
            f'The journal {path} could not be read: {error.strerror}.',
            f'{advice.on_file(path, error)} No file of {layout.volume} was touched; then repeat.',
        ) from error
    return parse(data, layout)


def parse(data: bytes, layout: Layout) -> Intent:
    """Parse and validate a journal.

    :param data: the content of the ``.journal`` file
    :param layout: decides which file names the volume may have
    :raises RecordError: not such a journal, or one that names a file of another volume
    """
    try:
        if len(data) > _LARGEST:
            raise ValueError(f'it is larger than {_LARGEST} bytes')
        content = json.loads(data)
        intent = Intent(Operation(content['operation']), content['snapshot'], content['removes'])
        if not is_snapshot_id(intent.snapshot_id):
            raise ValueError(f'{reprlib.repr(intent.snapshot_id)} is no id of a snapshot')
        known = isinstance(intent.removes, str) and layout.owns(intent.removes)
        if intent.removes is not None and not known:
            raise ValueError(f'{reprlib.repr(intent.removes)} is no file of the volume')
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise exceptions.RecordError(
            f'The journal {layout.path(layout.journal)} can not be read: {error!s:.200}. An '
            f'operation on {layout.volume} was interrupted, and which one can not be told.',
            f'No file of {layout.volume} was touched. "nova-assist check {layout.folder}" tells '
            f'what to do; then repeat.',
        ) from error
    return intent


@contextlib.contextmanager
def kept(
    layout: Layout,
    intent: Intent,
    maker: access.FileMaker,
    *,
    pending: Intent | None = None,
    check: Callable[[], None] = lambda: None,
) -> Iterator[None]:
    """Keep an intent, durable and locked, for the length of the block; it stays if that fails.

    The lock goes with this process however it ends, and tells others that somebody is at work,
    see :func:`is_held`. Whoever has lost the volume's lock without being told (a lease of etcd
    that has run out) doesn't get to the block while another one has an intent.

    :param pending: the intent that is there, to be replaced by this one; none may be else
    :param check: raises if another one has been at work on the volume since it was looked at;
        called once others are kept off by the intent, which is gone again then, if it is new
    :raises ShareError: it can't be written; nothing has begun
    :raises StateError: another process is at work on the volume, or has been; nothing has begun
    """
    with contextlib.ExitStack() as held:
        if pending == intent:
            held.enter_context(taken(layout, intent))
        else:
            if pending is not None:
                held.enter_context(_superseded(layout, pending))
            held.enter_context(_written(layout, intent, maker, new=pending is None))
        try:
            check()
        except BaseException:
            if pending is None:
                clear(layout)
            raise
        yield
        clear(layout)


@contextlib.contextmanager
def _written(
    layout: Layout, intent: Intent, maker: access.FileMaker, *, new: bool
) -> Iterator[None]:
    """Write a journal, locked before anybody can see it, for the length of the block.

    Two processes that have no lock in common may be here at once, with one temporary name.
    """
    path, temporary = layout.path(layout.journal), layout.path(layout.temporary(layout.journal))
    content = {
        'operation': intent.operation.value,
        'snapshot': intent.snapshot_id,
        'removes': intent.removes,
    }
    # What a death has left can be a second name of the journal that is replaced, and is claimed.
    if new and _is_claimed(temporary):
        raise exceptions.at_work(layout.volume, layout.journal)
    durable.write(temporary, json.dumps(content).encode('ascii'), maker)
    with contextlib.ExitStack() as held:
        held.callback(durable.forget, temporary)  # once it is not open any more
        try:
            handle = held.enter_context(locks.claim(temporary))
        except exceptions.FileInUse as error:
            raise exceptions.at_work(layout.volume, layout.journal) from error
        except exceptions.ChainError as error:
            raise exceptions.overtaken(layout.volume) from error
        if not new:
            durable.publish(temporary, path)
        elif not durable.publish_new(temporary, path):
            raise exceptions.at_work(layout.volume, layout.journal)
        if not _is_open_as(handle, path):
            raise exceptions.overtaken(layout.volume)
        yield


def _is_claimed(temporary: pathlib.Path) -> bool:
    try:
        return locks.holders(temporary).any
    except exceptions.ChainError:  # usually there is none
        return False


def _is_open_as(handle: int, path: pathlib.Path) -> bool:
    try:
        return os.path.samestat(os.fstat(handle), path.stat())
    except FileNotFoundError:
        return False


@contextlib.contextmanager
def _superseded(layout: Layout, pending: Intent) -> Iterator[None]:
    """Keep others from taking up an interrupted operation while the block replaces its journal.

    By a second name, see :func:`driver.replacing.superseded`.

    :raises StateError: another process is at work on the volume, or has been
    """
    second = layout.replaced(layout.journal)
    if load(layout) != pending:
        raise exceptions.overtaken(layout.volume)
    durable.link(layout.path(layout.journal), layout.path(second))
    try:
        with _claimed(layout, second, pending):
            yield
    finally:
        durable.remove(layout.path(second))


@contextlib.contextmanager
def taken(layout: Layout, pending: Intent) -> Iterator[None]:
    """Keep others from taking up an interrupted operation for the length of the block.

    :param pending: the intent that it has left
    :raises StateError: another process is at work on the volume, or has been
    """
    with _claimed(layout, layout.journal, pending):
        yield


@contextlib.contextmanager
def _claimed(layout: Layout, name: str, pending: Intent) -> Iterator[None]:
    """Claim a journal by one of its names, and see that it is the one that was seen."""
    with contextlib.ExitStack() as held:
        try:
            held.enter_context(locks.claim(layout.path(name)))
        except exceptions.FileInUse as error:
            raise exceptions.at_work(layout.volume, layout.journal) from error
        except exceptions.ChainError as error:
            if load(layout) is None:
                raise exceptions.overtaken(layout.volume) from error
            raise
        if load(layout) != pending:
            raise exceptions.overtaken(layout.volume)
        yield


def is_held(layout: Layout) -> bool:
    """Tell whether a journal that is there is of an operation under way, not an interrupted one.

    :raises ShareError: it can't be told
    """
    try:
        return locks.holders(layout.path(layout.journal)).any
    except exceptions.ChainError:
        if load(layout) is None:  # it has ended just now
            return False
        raise


def clear(layout: Layout) -> None:
    """Forget the intent: the operation has ended, or come to nothing."""
    durable.remove(layout.path(layout.journal))
