# SPDX-License-Identifier: Apache-2.0
"""What runs inside servers: nothing at all, or a small guest that talks on its console.

:mod:`nova_assist.compute.inside.system` has both. The disks themselves, their files and what
becomes of them are left to the modules one level up: from in here a disk is an NBD export.
"""
