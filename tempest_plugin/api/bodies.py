# SPDX-License-Identifier: Apache-2.0
"""What ``os-assisted-volume-snapshots`` is asked: requests as Cinder sends them, and wrong ones.

Main functions: :func:`create_body`, :func:`merge_info`, and the faults that a request may have,
:func:`malformed` and :func:`malformed_queries`. None of the files that they name exists.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

from oslo_serialization import jsonutils
from tempest.lib.common.utils import data_utils

_NO_OBJECTS: tuple[Any, ...] = ([], 'text', 7, None)
#: Null might stand for disks that are no volumes, and a database might take 7 for the start of an
#: id: neither is asked for, as the servers of others may have such.
_NO_VOLUMES: tuple[Any, ...] = ('', -1, [], {})


def create_body(volume_id: str) -> dict[str, Any]:
    """Return a body as Cinder sends it, about a snapshot and an overlay that don't exist."""
    snapshot_id = data_utils.rand_uuid()
    info = {'snapshot_id': snapshot_id, 'type': 'qcow2', 'new_file': _overlay(volume_id)}
    return {'snapshot': {'volume_id': volume_id, 'create_info': info}}


def merge_info(volume_id: str) -> dict[str, Any]:
    """Return what Cinder sends to merge an overlay away, about files that don't exist."""
    return {
        'volume_id': volume_id,
        'type': 'qcow2',
        'file_to_merge': _overlay(volume_id),
        'merge_target_file': _overlay(volume_id),
    }


def malformed(body: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Return the body with each fault that the schema of a creation refuses, and its name."""
    for value in _NO_OBJECTS:
        yield f'body {value!r}', value
    yield from _with_faults(body, 'the body', (), 'snapshot')
    yield from _with_faults(body, 'snapshot', ('snapshot',), 'volume_id', 'create_info')
    path = ('snapshot', 'create_info')
    yield from _with_faults(body, 'create_info', path, 'snapshot_id', 'type', 'new_file')
    wrong: tuple[tuple[tuple[str, ...], str, tuple[Any, ...]], ...] = (
        ((), 'snapshot', _NO_OBJECTS),
        (('snapshot',), 'volume_id', ('', None, 7, [])),
        (('snapshot',), 'create_info', _NO_OBJECTS),
        (path, 'snapshot_id', ('', None, 7)),
        (path, 'new_file', ('', None, 7)),
        (path, 'id', ('', None, 7)),
        (path, 'type', ('raw', 'QCOW2', '', None, 7, [])),
    )
    for parent, key, values in wrong:
        for value in values:
            yield f'{key} {value!r}', _changed(body, parent, key, value)


def malformed_queries(volume_id: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Return queries of a deletion with each fault that leaves the volume unsaid, and its name."""
    yield 'no delete_info', {}
    yield 'delete_info that is no JSON', {'delete_info': 'volume'}
    good = merge_info(volume_id)
    without = {key: value for key, value in good.items() if key != 'volume_id'}
    yield 'delete_info without volume_id', _query(without)
    for value in _NO_OBJECTS:
        yield f'delete_info {value!r}', _query(value)
    for ident in _NO_VOLUMES:
        yield f'volume_id {ident!r} in delete_info', _query({**good, 'volume_id': ident})


def _query(delete_info: Any) -> dict[str, str]:
    return {'delete_info': jsonutils.dumps(delete_info)}


def _with_faults(
    body: dict[str, Any], name: str, path: tuple[str, ...], *keys: str
) -> Iterator[tuple[str, Any]]:
    yield f'{name} with an unknown key', _changed(body, path, 'unknown', 'value')
    for key in keys:
        lacking = copy.deepcopy(body)
        del _at(lacking, path)[key]
        yield f'{name} without {key}', lacking


def _changed(body: dict[str, Any], path: tuple[str, ...], key: str, value: Any) -> dict[str, Any]:
    changed = copy.deepcopy(body)
    _at(changed, path)[key] = value
    return changed


def _at(body: dict[str, Any], path: tuple[str, ...]) -> dict[str, Any]:
    for key in path:
        body = body[key]
    return body


def _overlay(volume_id: str) -> str:
    return f'volume-{volume_id}.{data_utils.rand_uuid()}'
