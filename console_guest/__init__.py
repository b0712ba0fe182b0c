# SPDX-License-Identifier: Apache-2.0
"""What the console guest says and writes, for all who run it, hear it, or read its disks.

:mod:`console_guest.protocol` has the lines on its console, :mod:`console_guest.blocks` the blocks
on its disks. Pure, and without a need of anything else.
"""

#: What the image that has it is called in the clouds of this project.
IMAGE = 'console-guest'
