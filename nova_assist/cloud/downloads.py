# SPDX-License-Identifier: Apache-2.0
"""Excuses Cinder's own looks at images, where a driver that asks for root is to be found out.

Main function: :func:`look_unprivileged`. Cinder's volume manager looks at each image that it has
downloaded as root, whatever driver it serves, though the file is its own.
"""

from __future__ import annotations

import functools
import os
from typing import Any

from cinder.image import image_utils
from cinder.privsep import format_inspector
from oslo_config import cfg


def look_unprivileged() -> None:
    """Have Cinder look at downloads as itself; all other files as before."""
    read_info = image_utils.qemu_img_info
    find_format = format_inspector.get_format_if_safe

    @functools.wraps(read_info)
    def read(path: str, run_as_root: bool = True, *arguments: Any, **named: Any) -> Any:
        return read_info(path, run_as_root and not _is_download(path), *arguments, **named)

    @functools.wraps(find_format)
    def find(path: str, allow_qcow2_backing_file: bool = False) -> Any:
        look = format_inspector._get_format_if_safe if _is_download(path) else find_format
        return look(path, allow_qcow2_backing_file)

    image_utils.qemu_img_info = read
    format_inspector.get_format_if_safe = find


def _is_download(path: str) -> bool:
    return bool(os.path.dirname(os.path.abspath(path)) == cfg.CONF.image_conversion_dir)
