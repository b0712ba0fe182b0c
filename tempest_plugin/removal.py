# SPDX-License-Identifier: Apache-2.0
"""Removing what a test has left, in whatever status, and telling if that wasn't as it should be.

Main functions: :func:`clear_snapshot` and :func:`refuse_files`. When, and in which order, is left
to :mod:`tempest_plugin.resources`.
"""

from __future__ import annotations

from typing import Any

from tempest.lib import exceptions
from tempest.lib.common.utils import test_utils

from tempest_plugin import errors, waiting
from tempest_plugin.judges import leftovers
from tempest_plugin.share.view import ShareView

#: No status of Cinder's.
GONE = 'gone'
_UNDER_WAY = ('creating', 'deleting')
#: The statuses of which Cinder lets a snapshot be deleted.
DELETABLE = ('available', 'error')


def delete_snapshot(client: Any, ident: str) -> None:
    """Delete a snapshot, if it is still there, and wait until it is gone.

    :raises WentWrong: its deletion has failed
    """
    test_utils.call_and_ignore_notfound_exc(client.delete_snapshot, ident)
    waiting.until_gone(client, client.show_snapshot, ident)


def settled(client: Any, ident: str, seconds: float | None = None) -> str:
    """Return the status of a snapshot, ``gone`` if there is none, once nothing is under way on it.

    What stays under way for too long is stuck: then that status is returned.

    :param seconds: what is too long; unless given, what the client gives any operation
    """

    def look() -> str:
        shown = test_utils.call_and_ignore_notfound_exc(client.show_snapshot, ident)
        return str(shown['snapshot']['status']) if shown else GONE

    try:
        return waiting.until(
            f'the end of what is under way on {ident}',
            look,
            lambda status: status not in _UNDER_WAY,
            seconds=client.build_timeout if seconds is None else seconds,
            pause=client.build_interval,
        )
    except exceptions.TimeoutException:
        return look()


def clear_snapshot(client: Any, admin_client: Any, ident: str) -> None:
    """Delete a snapshot as its user, where need be after an administrator has set its status.

    Cinder deletes none whose deletion has failed once, nor one that something is under way on.

    :raises WentWrong: its deletion fails, or had failed before; in that case it is gone now
    """
    status = settled(admin_client, ident)
    if status == GONE:
        return
    if status not in DELETABLE:
        admin_client.reset_snapshot_status(ident, 'error')
    delete_snapshot(client, ident)
    if status not in DELETABLE:
        raise errors.WentWrong(
            f'snapshot {ident} was left in status {status!r} by the test, or by what the test '
            'asked for; an administrator has set it to "error", and it is deleted now'
        )


def refuse_files(share: ShareView | None, volume_id: str) -> None:
    """Look that no file of a volume that is gone is left on the share, if that can be seen.

    :raises AssertionError: one is left
    """
    files = share.files(volume_id) if share else ()
    faults = leftovers.faults(files, volume_id)
    if faults:
        raise AssertionError('files at the end: ' + '; '.join(faults))
