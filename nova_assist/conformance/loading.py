# SPDX-License-Identifier: Apache-2.0
"""Loads a driver's class; main function: :func:`load`. Its module is imported, no more."""

from __future__ import annotations

import importlib

from nova_assist.conformance.errors import LoadError


def load(path: str) -> type:
    """Return the class at ``path``, as ``volume_driver`` of ``cinder.conf`` names it.

    :raises LoadError: there is no such module or class, or the module fails
    """
    module, _, name = path.rpartition('.')
    try:
        found = getattr(importlib.import_module(module), name)
    except (Exception, SystemExit) as error:
        raise LoadError(
            f'cannot load the volume driver {path!r}: {type(error).__name__}: {error}; give the '
            'path of a class, package.module.Class, whose package and its requirements are '
            'installed for this interpreter or found through PYTHONPATH'
        ) from error
    if not isinstance(found, type):
        raise LoadError(
            f'{path!r} is no class but {type(found).__name__}; give the path of the class that '
            'volume_driver in cinder.conf names, package.module.Class'
        )
    return found
