# SPDX-License-Identifier: Apache-2.0
"""What Cinder and the compute service say to each other is what Cinder and a real Nova say."""

import importlib.metadata
import pathlib
import tempfile
import time
import unittest

from nova_assist.cloud import host
from nova_assist.cloud.cloud import Cloud
from nova_assist.compute.glance.stand_ins import STAND_IN
from tests.judged import OURS
from tests.traffic import share
from tests.traffic.exchange import Party
from tests.traffic.recorder import Recorder, Route
from tests.traffic.recording import Accepted, Recording, differences
from tests.traffic.story import Site, Story

_DATA = pathlib.Path(__file__).with_name('traffic')
_BACKEND = 'raw'
