# SPDX-License-Identifier: Apache-2.0
"""What scenarios ask of the cloud's image service over REST, with answers as values.

Main class: :class:`ImageService`. Which images there are to be is left to
:mod:`nova_assist.scenarios.images`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from keystoneauth1 import exceptions as session_errors

#: Seconds for an answer; data that is sent may take longer.
_TIMEOUT = 30.0
_DATA_TIMEOUT = 600.0

_STREAM = {'Content-Type': 'application/octet-stream'}


class ImageService:
    """The images that one user sees.

    :param session: of keystoneauth, with the user's token
    :param url: of the service, up to ``/v2``
    """

    def __init__(self, session: Any, url: str) -> None:
        self._session = session
        self._images = f'{url}/images'

    def create(self, name: str, disk_format: str, **properties: str) -> str:
        """Make an image without data; returns its id."""
        wanted = {'name': name, 'disk_format': disk_format, 'container_format': 'bare'}
        body = {**properties, **wanted}
        answer = self._session.post(self._images, json=body, timeout=_TIMEOUT)
        return str(answer.json()['id'])

    def send(self, image_id: str, data: Path) -> None:
        """Give an image its data."""
        with data.open('rb') as file:
            self._session.put(
                f'{self._images}/{image_id}/file',
                data=file,
                headers=_STREAM,
                timeout=_DATA_TIMEOUT,
            )

    def status(self, image_id: str) -> str | None:
        """Return an image's status, or ``None`` if there is no such image."""
        try:
            answer = self._session.get(f'{self._images}/{image_id}', timeout=_TIMEOUT)
        except session_errors.NotFound:
            return None
        return str(answer.json()['status'])

    def ids(self, name: str) -> list[str]:
        """Return the ids of the images of a name."""
        answer = self._session.get(self._images, params={'name': name}, timeout=_TIMEOUT)
        return [str(image['id']) for image in answer.json()['images']]

    def delete(self, image_id: str) -> None:
        """Delete an image; one that is gone is fine."""
        try:
            self._session.delete(f'{self._images}/{image_id}', timeout=_TIMEOUT)
        except session_errors.NotFound:
            return
