# SPDX-License-Identifier: Apache-2.0
"""Has a coverage-guided fuzzer drive the parsers of what lies on a share.

::

    python -m tests.fuzz header -max_total_time=120
    python -m tests.fuzz record -max_total_time=120 --structured

The properties are those of ``tests/unit/driver/test_fuzz.py``. Needs Atheris
(``pip install atheris``); what follows the target's name goes to libFuzzer, a folder for its
corpus among it. With ``--structured`` its bytes choose among the values that hypothesis makes,
without it they are the file.
"""

import sys

try:
    import atheris
except ImportError:
    sys.exit('Atheris is missing: pip install atheris')

# What is imported here is watched for what it has covered.
with atheris.instrument_imports(
    include=['driver.qcow2', 'driver.records', 'driver.journal', 'driver.layout', 'json']
):
    from tests.unit.driver.test_fuzz import TARGETS


def main() -> None:
    """Fuzz the target named on the command line until libFuzzer ends."""
    arguments = [word for word in sys.argv[1:] if word != '--structured']
    if not arguments or arguments[0] not in TARGETS:
        sys.exit(f'usage: python -m tests.fuzz {{{"|".join(TARGETS)}}} [--structured] [options]')
    structured, plain = TARGETS[arguments[0]]
    drive = structured.hypothesis.fuzz_one_input if '--structured' in sys.argv else plain
    atheris.Setup([sys.argv[0], *arguments[1:]], lambda data: drive(bytes(data)) and None)
    atheris.Fuzz()


if __name__ == '__main__':
    main()
