# SPDX-License-Identifier: Apache-2.0
"""What ``nova-assist check`` and ``nova-assist chain`` find out about a share, and mend.

:mod:`driver.check.survey` reads what is there, the ``audit`` modules compare it,
:mod:`driver.check.findings` are what they say, :mod:`driver.check.repair` mends what can be
proved, and :mod:`driver.check.tree` is one volume's picture. The driver itself doesn't import
this package.
"""
