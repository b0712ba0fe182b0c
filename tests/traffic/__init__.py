# SPDX-License-Identifier: Apache-2.0
"""The REST traffic between Cinder and Nova: recorded on a real stack, and compared with it.

:mod:`tests.traffic.recorder` stands between the two services and notes what they say to each
other, :mod:`tests.traffic.story` has them say it, :mod:`tests.traffic.normal` takes out of it what
differs from run to run, and :mod:`tests.traffic.recording` keeps it and tells what differs.
"""
