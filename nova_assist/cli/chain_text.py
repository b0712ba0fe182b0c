# SPDX-License-Identifier: Apache-2.0
"""A volume's files as text for a person: each on the one that backs it.

Main function: :func:`render`.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from driver import mounts
from driver.check.tree import Node, Tree
from nova_assist.reports.visible import visible

_NARROWEST = 40
_BOLD = '1'
_BAD = '1;31'
_UNITS = ('bytes', 'KiB', 'MiB', 'GiB', 'TiB')


def render(grown: Tree, damaged: bool, width: int, colour: bool) -> str:
    """Return the chains as lines of text.

    :param damaged: whether a check has more to tell
    :param width: columns of the terminal; file names are never broken
    :param colour: use ANSI colours
    """
    columns = max(width, _NARROWEST)
    layout = grown.layout
    head = f'{layout.volume} in {layout.folder} ({mounts.mount_of(layout.folder)})'
    blocks = [[visible(head), *_wrapped(_record(grown), '  ', columns)]]
    blocks += [list(_branch(branch, columns, colour)) for branch in grown.branches]
    if damaged:
        more = f'Something is wrong: "nova-assist check {layout.folder}" tells more.'
        blocks.append(list(_wrapped(more, '', columns)))
    return '\n\n'.join('\n'.join(block) for block in blocks) + '\n'


def _record(grown: Tree) -> str:
    if grown.record_fault:
        return grown.record_fault
    if grown.record is None:
        return 'no record, so no snapshots'
    count = len(grown.record.overlays)
    return f'record: {count} snapshot{"" if count == 1 else "s"}, active {grown.record.active}'


def _branch(branch: Sequence[Node], width: int, colour: bool) -> Iterator[str]:
    for number, node in enumerate(branch, 1):
        code = _BAD if node.fault else _BOLD
        name = visible(node.name)
        yield f'* \x1b[{code}m{name}\x1b[0m' if colour else f'* {name}'
        start = '    ' if number == len(branch) else '|   '
        yield from _wrapped('; '.join(_facts(node)), start, width)


def _facts(node: Node) -> Iterator[str]:
    if node.fault:
        yield node.fault
    if node.allocated is not None:
        form = node.form.value if node.form else 'format known to Cinder alone'
        size = [_bytes(node.size)] if node.size is not None else []
        yield ', '.join([form, *size, f'{_bytes(node.allocated)} allocated'])
    if node.active:
        yield 'active'
    if node.snapshots:
        yield f'data of snapshot {" and ".join(node.snapshots)}'
    if node.allocated is not None:
        yield _use(node)


def _use(node: Node) -> str:
    if node.holders is None:
        return 'whether it is open can not be told'
    if node.holders.writing:
        return 'written by a QEMU'
    return 'read by a QEMU' if node.holders.reading else 'not open'


def _bytes(number: int) -> str:
    size, unit = float(number), 0
    while size >= 1024 and unit < len(_UNITS) - 1:
        size, unit = size / 1024, unit + 1
    return f'{size:.3g} {_UNITS[unit]}' if size < 1000 else f'{size:.0f} {_UNITS[unit]}'


def _wrapped(words: str, start: str, width: int) -> Iterator[str]:
    yield from textwrap.wrap(
        visible(words),
        width,
        initial_indent=start,
        subsequent_indent=start,
        break_long_words=False,
        break_on_hyphens=False,
    )
