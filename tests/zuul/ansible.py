# SPDX-License-Identifier: Apache-2.0
"""Playbooks on this host, by Ansible itself; main class: :class:`AnsibleCase`."""

from __future__ import annotations

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest
from typing import Any

from tests.zuul.configuration import ROOT

#: The programs of the environment that runs the tests.
BIN = pathlib.Path(sys.executable).parent


class AnsibleCase(unittest.TestCase):
    """Plays playbooks; ``folder`` is the class's own."""

    folder: pathlib.Path

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        made = tempfile.TemporaryDirectory(prefix='nova-assist-zuul-')
        cls.addClassCleanup(made.cleanup)
        cls.folder = pathlib.Path(made.name)

    @classmethod
    def played(
        cls, playbook: pathlib.Path, *words: str, **variables: Any
    ) -> subprocess.CompletedProcess[str]:
        """Play it on this host, with variables."""
        program = shutil.which('ansible-playbook', path=BIN) or shutil.which('ansible-playbook')
        if program is None:
            raise unittest.SkipTest('there is no ansible-playbook: pip install ansible-core')
        given = json.dumps({'ansible_python_interpreter': sys.executable, **variables})
        return subprocess.run(
            [program, '-i', 'localhost,', '-c', 'local', '-e', given, *words, str(playbook)],
            env={
                **os.environ,
                'ANSIBLE_HOME': str(cls.folder / 'ansible'),
                'ANSIBLE_ROLES_PATH': str(ROOT / 'roles'),
                'ANSIBLE_NOCOLOR': '1',
                # Ansible insists on UTF-8.
                'LC_ALL': 'C.UTF-8',
            },
            cwd=cls.folder,
            capture_output=True,
            text=True,
            timeout=300,
        )
