# SPDX-License-Identifier: Apache-2.0
"""A cloud of others as a place for the scenarios, known by its REST APIs and by its consoles.

:class:`~nova_assist.remote.testbed.RemoteTestbed` is what scenarios need of it,
:func:`~nova_assist.remote.login.log_in` gets it from a ``clouds.yaml``. Its guests can't be told
what to write: :mod:`nova_assist.remote.guests` listens to what they say.
"""
