# SPDX-License-Identifier: Apache-2.0
"""SQLite for Cinder with connections that are kept from one transaction to the next.

Main function: :func:`keep`. oslo.db opens a SQLite file anew for each transaction, and SQLite then
reads the whole schema: a fifth of what Cinder's process had to do. Its reason is compatibility
with the pools of SQLAlchemy 1; what it tells of a file's connections, regular expressions and
foreign keys among it, is told of each connection of this pool, too.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy
from sqlalchemy import event, pool

#: Kept when they are idle; a transaction that finds none has one made, up to so many more.
_KEPT = 20
_MORE = 1000


def keep(transactions: Any) -> None:
    """Have the engine of oslo.db's transactions keep its connections; before it is used.

    :param transactions: an ``oslo_db.sqlalchemy.enginefacade.transaction_context()``.
    """
    transactions.append_on_engine_create(_give_pool)


def _give_pool(engine: sqlalchemy.Engine) -> None:
    before = engine.pool
    engine.pool = pool.QueuePool(
        before._creator,
        pool_size=_KEPT,
        max_overflow=_MORE,
        _dispatch=before.dispatch,
        dialect=engine.dialect,
    )
    event.listen(engine, 'checkin', _forget_transaction)


def _forget_transaction(connection: object, record: pool.ConnectionPoolEntry) -> None:
    """Have the next transaction begin, however this one has ended: oslo.db's mark would not."""
    record.info.pop('in_transaction', None)
