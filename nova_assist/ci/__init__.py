# SPDX-License-Identifier: Apache-2.0
"""What a vendor's third-party CI needs besides tests: order, configuration, skips, result page.

Cinder's rules are in its documents ``drivers-all-about`` and ``new_driver_checklist`` and in the
wiki page ``Cinder/tested-3rdParty-drivers``.
"""
