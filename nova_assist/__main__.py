# SPDX-License-Identifier: Apache-2.0
"""``python -m nova_assist`` is the command ``nova-assist``."""

import sys

from nova_assist.cli.main import main

if __name__ == '__main__':
    sys.exit(main())
