# SPDX-License-Identifier: Apache-2.0
"""Two embedded clouds as one testbed, each for volumes of one format.

Main class: :class:`PairedTestbed`. A Cinder has one processor for all that it does, and most of
what a scenario takes it takes there.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Sequence
from concurrent.futures import Future
from contextlib import AbstractContextManager

from nova_assist.checks.judging import Judge
from nova_assist.checks.scene import Ownership
from nova_assist.scenarios.context import Context
from nova_assist.scenarios.embedded import EmbeddedTestbed
from nova_assist.scenarios.errors import Interrupted
from nova_assist.scenarios.guests import Guests

#: How often is looked whether the second cloud is up, in seconds.
_LOOK_SECONDS = 0.05


class PairedTestbed:
    """A cloud that is up, and one that may be starting.

    :param first: for volumes of all formats but one
    :param second_format: that one
    :param second: the cloud for those, once it is up, or why it is not
    """

    def __init__(
        self, first: EmbeddedTestbed, second_format: str, second: Future[EmbeddedTestbed]
    ) -> None:
        self._first = first
        self._second_format = second_format
        self._second = second

    def ended(self) -> str:
        """Return which service has ended by itself, "" if none has."""
        up = self._second.done() and self._second.exception() is None
        seen = [self._first, *([self._second.result()] if up else [])]
        return next(filter(None, (each.ended() for each in seen)), '')

    def lanes(self, formats: Sequence[str]) -> set[str]:
        """Return the cloud, by the format of new volumes: in different ones nothing can meet."""
        return {formats[0]}

    def judges(
        self, formats: Sequence[str], stop: threading.Event
    ) -> AbstractContextManager[Sequence[Judge]]:
        """Return the judges of the cloud for new volumes of the formats, once that is up.

        :raises nova_assist.cloud.errors.CloudError: it does not come up
        """
        if formats[0] == self._second_format:
            while not self._second.done():
                if stop.wait(_LOOK_SECONDS):
                    raise Interrupted('stopped while the second cloud was starting')
        return self._for(formats[0]).judges(formats, stop)

    def ownership(self, image_format: str) -> Ownership:
        """Return whose the volumes' files should be."""
        return self._for(image_format).ownership(image_format)

    def prepare(
        self, scenario: str, formats: Sequence[str], rng: random.Random, stop: threading.Event
    ) -> tuple[Context, Guests]:
        """Return the surroundings of a scenario in the cloud for its new volumes."""
        return self._for(formats[0]).prepare(scenario, formats, rng, stop)

    def _for(self, image_format: str) -> EmbeddedTestbed:
        return self._second.result() if image_format == self._second_format else self._first
