# SPDX-License-Identifier: Apache-2.0
"""A program that starts and ends as the compute service does, and does nothing between.

Like the compute service it starts a process of its own (a QEMU there, ``sleep`` here) in another
session, and leaves it running at SIGTERM.
"""

import signal
import subprocess
import sys

if __name__ == '__main__':
    subprocess.Popen(['sleep', '600'], start_new_session=True, stdout=subprocess.DEVNULL)
    port = sys.argv[sys.argv.index('--port') + 1]
    print(f'ready http://127.0.0.1:{port}/v2.1', flush=True)
    signal.sigwait({signal.SIGTERM})
