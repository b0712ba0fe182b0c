# SPDX-License-Identifier: Apache-2.0
"""``python -m tests.stack.guest FOLDER``: builds the guest, and says how a cloud gets it."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.stack.contents import IMAGE_SIZE, KERNEL_COMMAND_LINE
from tests.stack.guest import image

_ADVICE = """\
# These lines, given to a shell, make its images in the cloud that openstack talks to.
kernel=$(openstack image create kernel --disk-format aki --container-format aki \\
    --file {kernel} -f value -c id)
initrd=$(openstack image create initrd --disk-format ari --container-format ari \\
    --file {initrd} -f value -c id)
truncate -s {size} {disk}
openstack image create console-guest --disk-format raw --container-format bare --file {disk} \\
    --property kernel_id=$kernel --property ramdisk_id=$initrd \\
    --property os_command_line='{command_line}'
"""


def main(folder: Path) -> None:
    """Build the guest in a folder, and print what makes its images."""
    guest = image.build(folder.resolve())
    print(
        _ADVICE.format(
            kernel=guest.kernel,
            initrd=guest.initrd,
            disk=guest.kernel.with_name('disk.raw'),
            size=IMAGE_SIZE,
            command_line=KERNEL_COMMAND_LINE,
        ),
        end='',
    )


if __name__ == '__main__':
    main(Path(sys.argv[1]))
