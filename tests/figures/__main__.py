# SPDX-License-Identifier: Apache-2.0
"""Writes the page of measured figures and its pictures: ``python -m tests.figures bench.json``."""

from __future__ import annotations

import argparse
import json
import pathlib

from nova_assist.bench import pictures, targets
from tests.figures import page

_FOLDER = pathlib.Path(__file__).parents[2] / 'doc/source/reference'


def main() -> None:
    """Write the page in place of the one before."""
    parser = argparse.ArgumentParser(description=__doc__.partition('\n')[0])
    parser.add_argument('measured', type=pathlib.Path, help='the bench.json of a whole bench')
    results = page.read(json.loads(parser.parse_args().measured.read_text()))
    folder = _FOLDER / 'figures'
    folder.mkdir(exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    for name, picture in pictures.draw(results).items():
        (folder / f'{name}.svg').write_text(picture)
    (_FOLDER / 'figures.rst').write_text(page.compose(results, targets.outcomes(results)))


if __name__ == '__main__':
    main()
