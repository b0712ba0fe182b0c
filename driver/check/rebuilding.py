# SPDX-License-Identifier: Apache-2.0
"""A volume's record, made anew from image headers where these leave no choice. Pure.

Main function: :func:`rebuild`.
"""

from __future__ import annotations

from driver.check.links import Links
from driver.records import Record

#: What has to be said of a record that was made from headers.
NATURAL = (
    'Where no record tells which snapshot an overlay was made after, its name does; that can be '
    'another one if a newer snapshot was deleted while the volume was attached, so compare with '
    'the snapshots that Cinder has.'
)


def rebuild(links: Links) -> Record | None:
    """Return the record that the headers tell, or None if they leave a choice.

    There has to be exactly one image that none other is an overlay of, and the chain below it
    has to be whole and to hold all others. What a readable record says of overlays in the chain
    is kept.
    """
    if len(links.tops) != 1:
        return None
    walk = links.walk(links.tops[0])
    if not walk.whole or set(walk.names) != set(links.images):
        return None
    overlays: dict[str, str] = {}
    for name in walk.names:
        if name in links.by_name:
            snapshot_id = _snapshot_of(links, name)
            if snapshot_id is None or snapshot_id in overlays:
                return None
            overlays[snapshot_id] = name
    return Record(walk.names[0], overlays)


def _snapshot_of(links: Links, overlay: str) -> str | None:
    record, layout = links.survey.record, links.survey.layout
    known = [key for key, name in record.overlays.items() if name == overlay] if record else []
    if known:
        return known[0] if len(known) == 1 else None
    prefix = layout.overlay('')
    return overlay[len(prefix) :] if overlay.startswith(prefix) else None
