# SPDX-License-Identifier: Apache-2.0
"""Lifecycle stories, played through the REST APIs with any driver and judged after each step.

:func:`all_scenarios` lists them, :func:`run` plays them in a
:class:`~nova_assist.scenarios.testbed.Testbed`. A story is told once, in a module of its own, and
played for raw and for qcow2 volumes; its judges are those of :mod:`nova_assist.checks`.
"""

from nova_assist.scenarios.errors import ScenarioError, UnknownScenario
from nova_assist.scenarios.runner import ScenarioInfo, all_scenarios, run, run_apart

__all__ = ['ScenarioError', 'ScenarioInfo', 'UnknownScenario', 'all_scenarios', 'run', 'run_apart']
