# SPDX-License-Identifier: Apache-2.0
"""What is shown to a person for the length of a block. Main class: :class:`Shown`."""

from __future__ import annotations

import abc
from types import TracebackType
from typing import TypeVar

_Kind = TypeVar('_Kind', bound='Shown')


class Shown(abc.ABC):
    """Something that is shown until it is closed; its context closes it at the end."""

    @abc.abstractmethod
    def close(self) -> None:
        """Stop showing; may be called again."""

    def __enter__(self: _Kind) -> _Kind:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()
