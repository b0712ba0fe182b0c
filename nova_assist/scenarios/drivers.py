# SPDX-License-Identifier: Apache-2.0
"""The driver that a cloud's Cinder has, as scenarios change it; main class: :class:`Drivers`."""

from __future__ import annotations

from nova_assist.cloud.cloud import Cloud


class Drivers:
    """A Cinder that may be started with another driver over the same database and shares.

    :ivar judged: the class path of the one that the cloud was started with
    """

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self.judged = cloud.driver

    def switch(self, driver: str) -> None:
        """Stop Cinder, and start it with a driver.

        :raises nova_assist.cloud.errors.ServiceError: it doesn't start
        """
        self._cloud.switch_driver(driver)
