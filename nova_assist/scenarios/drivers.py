# SPDX-License-Identifier: Apache-2.0
"""The driver that a cloud's Cinder has, as scenarios change it; main class: :class:`Drivers`."""

from __future__ import annotations

from nova_assist.cloud.cloud import Cloud
from nova_assist.cloud.errors import ServiceError
from nova_assist.scenarios.errors import NotPossible, StepFailed


class Drivers:
    """A Cinder that may be started with another driver over the same database and shares.

    :ivar judged: the class path of the one that the cloud was started with
    """

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self.judged = cloud.driver

    @property
    def prefix(self) -> str:
        """What the options of the driver that Cinder has start with, such as ``nfs``."""
        return self._cloud.driver_prefix

    def switch(self, driver: str) -> None:
        """Stop Cinder, and start it with a driver.

        Where the judged one doesn't start after another, Cinder has that other one again.

        :raises StepFailed: the judged driver doesn't start, though the other one does
        :raises nova_assist.cloud.errors.ServiceError: Cinder doesn't start
        """
        before = self._cloud.driver
        try:
            self._cloud.switch_driver(driver)
        except ServiceError as error:
            if driver != self.judged or before == self.judged:
                raise
            # If that starts, it is for the judged driver to answer for, not for the machine.
            self._cloud.switch_driver(before)
            raise StepFailed(
                f'Cinder does not start with {driver} where it starts with {before}: '
                f'{error.reason}',
                f'a Cinder with {driver}',
                'none',
            ) from error

    def restore(self) -> None:
        """Start Cinder with the judged driver, if a scenario has left it with another.

        :raises NotPossible: it doesn't start
        """
        if self._cloud.driver == self.judged:
            return
        try:
            self.switch(self.judged)
        except (StepFailed, ServiceError) as error:
            raise NotPossible(str(error)) from error
