# SPDX-License-Identifier: Apache-2.0
"""What scenarios need of a cloud, whichever it is; main class: :class:`Testbed`.

The embedded cloud is one, :class:`~nova_assist.scenarios.embedded.EmbeddedTestbed`; a cloud of
others is another, :class:`~nova_assist.remote.testbed.RemoteTestbed`.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Collection, Hashable, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from nova_assist.checks.judging import Judge
from nova_assist.checks.scene import Ownership
from nova_assist.scenarios.context import Context
from nova_assist.scenarios.guests import Guests


class Testbed(Protocol):
    """A cloud, its share as far as it can be seen, and its guests."""

    def ended(self) -> str:
        """Return which service has ended by itself; "" if none has, or nobody can know."""

    def lanes(self, formats: Sequence[str]) -> Collection[Hashable]:
        """Return all that no other scenario that is played meanwhile may have in common.

        :param formats: of a scenario's volumes, that of new ones first
        """

    def judges(self, formats: Sequence[str]) -> AbstractContextManager[Sequence[Judge]]:
        """Return the judges that look besides those of every cloud, at volumes of some formats.

        :raises nova_assist.cloud.errors.CloudError: they can't look
        """

    def ownership(self, image_format: str) -> Ownership | None:
        """Return whose the volumes' files should be, ``None`` if nobody knows."""

    def prepare(
        self, scenario: str, formats: Sequence[str], rng: random.Random, stop: threading.Event
    ) -> tuple[Context, Guests]:
        """Return the surroundings of a scenario, and its servers' guests.

        :param formats: of its volumes, that of new ones first
        :raises NotPossible: no volumes of one of the formats can be made
        :raises StepFailed: nobody tells
        """
