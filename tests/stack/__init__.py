# SPDX-License-Identifier: Apache-2.0
"""A real OpenStack on this machine, brought up and taken down by ``python -m tests.stack``.

``settings`` has what is asked for and where things are, ``packages`` installs, ``conf`` composes
each service's configuration, ``programs`` lists what runs, ``namespace`` and ``supervision`` keep
it running out of the machine's way, ``schemas``, ``catalog``, ``readiness`` and ``contents`` make
a cloud of it, ``guest`` builds what boots in its servers, ``smoke`` and ``tempest`` judge.
"""
