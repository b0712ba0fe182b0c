# SPDX-License-Identifier: Apache-2.0
"""Takes out of recorded exchanges what differs from cloud to cloud and from run to run.

Main class: :class:`Normaliser`. What it does to them, and it does nothing else:

* ids, and what a cloud calls its hosts, shares and the like, become names, such as ``volume-1``,
  numbered in the order in which they appear;
* times become ``TIME``, and links, which repeat ids behind a cloud's URL, are left out;
* of equal GETs that follow each other the last is kept: how often somebody looks while it waits
  for a status depends on how long the status takes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tests.traffic.exchange import Exchange

_UUID = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}'
_TIME = re.compile(r'\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?')
#: What an id is of, by what is in front of it.
_BEFORE = {
    'volume-': 'volume',
    'tmp-snap-': 'volume',
    '/volumes/': 'volume',
    '.': 'snapshot',
    'snapshots/': 'snapshot',
    '/attachments/': 'attachment',
}
_ID = re.compile(rf'(?P<before>{"|".join(map(re.escape, _BEFORE))})?(?P<id>{_UUID})')
#: What a value is, or an id in it is of, by the value's key.
_KEYS = {
    **dict.fromkeys(('volume_id', 'volumeId', 'volume_uuid', 'tag'), 'volume'),
    **dict.fromkeys(('snapshot_id',), 'snapshot'),
    **dict.fromkeys(('server_id', 'server_uuid', 'instance', 'instance_uuid'), 'server'),
    **dict.fromkeys(('attachment_id',), 'attachment'),
    **dict.fromkeys(('project_id', 'tenant_id', 'os-vol-tenant-attr:tenant_id'), 'project'),
    **dict.fromkeys(('os-extended-snapshot-attributes:project_id',), 'project'),
    'user_id': 'user',
    **dict.fromkeys(('host', 'host_name', 'os-vol-host-attr:host'), 'host'),
    'ip': 'address',
    'export': 'share',
    'mount_point_base': 'folder',
    'volume_type': 'type',
}
#: What may be called anything.
_FREE = ('project', 'user', 'host', 'address', 'share', 'folder', 'type')
#: What the thing is whose description is below a key.
_THINGS = ('volume', 'snapshot', 'attachment')


class Normaliser:
    """Gives each id a name, the same one in all that it is given."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        self._counts: dict[str, int] = {}

    def calls(self, exchanges: Iterable[Exchange]) -> list[dict[str, Any]]:
        """Return exchanges as they are kept: plain values, each with its ids named."""
        found: list[dict[str, Any]] = []
        for exchange in exchanges:
            call = self._call(exchange)
            if found and exchange.method == 'GET' and _request(found[-1]) == _request(call):
                found.pop()
            found.append(call)
        return found

    def files(self, files: Mapping[str, Any]) -> dict[str, Any]:
        """Return a listing of the share with its ids named."""
        return {
            name: dict(sorted(said.items())) if isinstance(said, dict) else said
            for name, said in sorted(self._plain(files).items())
        }

    def _call(self, exchange: Exchange) -> dict[str, Any]:
        call = {
            'from': exchange.caller.value,
            'call': f'{exchange.method} {self._text(exchange.path, "id")}',
            'query': self._plain(exchange.query),
            'version': exchange.version,
            'as service': exchange.as_service,
            'body': self._plain(exchange.body),
            'files': None if exchange.files is None else self.files(exchange.files),
            'status': exchange.status,
            'answer': self._plain(exchange.answer),
        }
        return {key: value for key, value in call.items() if value not in (None, {}, '')}

    def _plain(self, value: Any, key: str = '', thing: str = 'id') -> Any:
        if isinstance(value, Mapping):
            inner = key if key in _THINGS else thing
            return {
                self._text(name, 'id'): self._plain(each, name, inner)
                for name, each in value.items()
                if name != 'links'
            }
        if isinstance(value, Sequence) and not isinstance(value, str):
            return [self._plain(each, key.removesuffix('s'), thing) for each in value]
        if isinstance(value, str):
            return self._text(value, thing if key == 'id' else _KEYS.get(key, 'id'))
        return value

    def _text(self, text: str, kind: str) -> str:
        """Return a text with its ids named.

        :param kind: what an id in it is of, unless what is in front of it tells.
        """
        if kind in _FREE and text:
            return self._name(text, kind)
        return _TIME.sub('TIME', _ID.sub(lambda match: self._named(match, kind), text))

    def _named(self, match: re.Match[str], kind: str) -> str:
        before = match['before'] or ''
        name = self._name(match['id'], _BEFORE.get(before, kind))
        # Files have the kind in front of it already.
        return name if name.startswith(before) else f'{before}{name}'

    def _name(self, id: str, kind: str) -> str:
        if id not in self._names:
            self._counts[kind] = self._counts.get(kind, 0) + 1
            self._names[id] = f'{kind}-{self._counts[kind]}'
        return self._names[id]


def _request(call: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in call.items() if key not in ('status', 'answer')}
