# SPDX-License-Identifier: Apache-2.0
"""The judge of a volume's backing chain: record, images and snapshots agree.

Main function: :func:`faults`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from tempest_plugin.share.chains import Chain

_ACTIVE = 'active'
#: The volume's own file or an overlay; records, journals and temporary files are no images.
_IMAGE = re.compile(r'volume-[0-9a-f-]{36}(\.[0-9a-f-]{36})?')


def faults(chain: Chain, snapshots: Collection[str]) -> list[str]:
    """Return a sentence for each way in which the files disagree with the snapshots.

    :param snapshots: the ids of those that the volume has, none under way
    """
    return [*_length(chain, snapshots), *_record(chain, snapshots), *_orphans(chain)]


def _length(chain: Chain, snapshots: Collection[str]) -> Iterator[str]:
    expected = len(snapshots) + 1
    if len(chain.images) != expected:
        yield (
            f'the chain has {len(chain.images)} files, expected {expected} with '
            f'{len(snapshots)} snapshots: {" -> ".join(chain.images)}'
        )


def _record(chain: Chain, snapshots: Collection[str]) -> Iterator[str]:
    named = {ident: file for ident, file in chain.record.items() if ident != _ACTIVE}
    for ident in sorted(set(snapshots) - set(named)):
        yield f'the record does not have snapshot {ident}: {dict(chain.record)}'
    for ident in sorted(set(named) - set(snapshots)):
        yield f'the record has snapshot {ident}, which the volume has not: {named[ident]}'
    for ident, file in sorted(named.items()):
        if file not in chain.images:
            yield f'the record says {file} for snapshot {ident}, which is not in the chain'


def _orphans(chain: Chain) -> Iterator[str]:
    for name in chain.present:
        if _IMAGE.fullmatch(name) and name not in chain.images:
            yield f'{name} is on the share, but not in the chain of {chain.images[0]}'
