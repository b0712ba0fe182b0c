# SPDX-License-Identifier: Apache-2.0
"""Runs Cinder's unit tests with a driver set up on a share, and prints how each ended as JSON.

Main function: :func:`main`, ``python -m`` this, a class, and modules where not all are
wanted. Cinder's tests take the driver from its configuration, where they have a fake one;
nothing else of them is changed. Which of them can't pass is left to ``accepted.yaml``.
"""

import json
import os
import pathlib
import sys
import tempfile
import unittest

import eventlet

eventlet.monkey_patch()  # as Cinder's tests do, before they import anything

from cinder import context  # noqa: E402
from cinder.tests.unit import conf_fixture, volume  # noqa: E402
from cinder.tests.unit.volume import test_driver  # noqa: E402

from driver import options  # noqa: E402
from nova_assist.cloud.settings import Privilege  # noqa: E402
from nova_assist.cloud.stand_ins import StandIns  # noqa: E402

#: The tests of the driver interface that any driver has to pass.
_GENERIC = 'test_driver'

#: Of ``cinder.tests.unit.volume``: those that load a driver and call it through the manager.
MODULES = (
    _GENERIC,
    'test_snapshot',
    'test_connection',
    'test_init_host',
    'test_manage_volume',
    'test_image',
)

_GROUP = 'backend_defaults'


def main(words):
    """Run the tests, print the outcome of each by name, and return the exit code."""
    driver, *modules = words
    with tempfile.TemporaryDirectory() as folder:
        _put_in_place(driver, pathlib.Path(folder))
        result = _Outcomes()
        _suite(modules or MODULES).run(result)
    json.dump(result.outcomes, sys.stdout)
    return 0


class _Outcomes(unittest.TestResult):
    """Keeps how each test ended: "", or the last line of what went wrong."""

    def __init__(self):
        super().__init__()
        self.outcomes = {}

    def startTest(self, test):  # noqa: N802 -- unittest's name
        super().startTest(test)
        self.outcomes[_name(test)] = ''

    def addFailure(self, test, error):  # noqa: N802
        super().addFailure(test, error)
        self.outcomes[_name(test)] = self.failures[-1][1].strip().splitlines()[-1]

    def addError(self, test, error):  # noqa: N802
        super().addError(test, error)
        self.outcomes[_name(test)] = self.errors[-1][1].strip().splitlines()[-1]


def _name(test):
    return test.id().removeprefix('cinder.tests.unit.volume.')


def _suite(modules):
    load = unittest.defaultTestLoader
    suite = unittest.TestSuite()
    for name in modules:
        if name == _GENERIC:
            suite.addTests(load.loadTestsFromTestCase(test_driver.GenericVolumeDriverTestCase))
        else:
            suite.addTests(load.loadTestsFromName(f'cinder.tests.unit.volume.{name}'))
    return suite


def _put_in_place(driver, folder):
    """Have the manager load a driver, and the driver find a share that is a local folder."""
    StandIns(folder / 'bin', local=True, privilege=Privilege.NONE).write(None)
    os.environ['PATH'] = f'{folder / "bin"}{os.pathsep}{os.environ["PATH"]}'
    test_driver.GenericVolumeDriverTestCase.driver_name = driver
    defaults = conf_fixture.set_defaults

    def with_driver(conf):
        defaults(conf)
        conf.register_opts(options.ALL, group=_GROUP)
        for name, value in {
            'volume_driver': driver,
            'nas_host': 'localhost',
            'nas_share_path': '/share',
            'nfs_mount_point_base': tempfile.mkdtemp(dir=folder),
            'nfs_snapshot_support': True,
        }.items():
            conf.set_default(name, value, group=_GROUP)

    conf_fixture.set_defaults = with_driver
    for case in (volume.BaseVolumeTestCase, test_driver.BaseDriverTestCase):
        case.setUp = _with_share(case.setUp)


def _with_share(set_up):
    """Cinder's fake driver needs no set-up, so its tests call none."""

    def set_up_driver_too(test, *args, **kwargs):
        set_up(test, *args, **kwargs)
        test.volume.driver.do_setup(context.get_admin_context())

    return set_up_driver_too


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
