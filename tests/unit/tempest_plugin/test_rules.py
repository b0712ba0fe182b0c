# SPDX-License-Identifier: Apache-2.0
"""Tempest's rules for tests, as far as a program can tell."""

import ast
import pathlib
import re
import unittest
import uuid

import tempest_plugin

FOLDER = pathlib.Path(tempest_plugin.__file__).parent
#: What tempest's documentation lets plugins use.
STABLE = re.compile(
    r'tempest\.(lib|config|test|clients|test_discover\.plugins|scenario\.manager'
    r'|common\.(credentials_factory|compute|identity|image|object_storage))(\.|$)'
)
FOREIGN = re.compile(r'(driver|nova_assist|cinder|nova|cinder_tempest_plugin)(\.|$)')


def trees(folder=FOLDER, pattern='*.py'):
    return [(path, ast.parse(path.read_text())) for path in sorted(folder.rglob(pattern))]


def methods(found):
    """Yield each test of the modules, with where it is."""
    for path, tree in found:
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef) and node.name.startswith('test_'):
                yield f'{path.name}: {node.name}', node


def identifiers(node):
    """Return the idempotent ids of a test."""
    return [
        call.args[0].value
        for call in node.decorator_list
        if isinstance(call, ast.Call) and call.func.attr == 'idempotent_id'
    ]


def faults_of_ids(found):
    """Return what is wrong with the ids of the tests."""
    faults, seen = [], {}
    for name, node in methods(found):
        ids = identifiers(node)
        if len(ids) != 1:
            faults.append(f'{name} has {len(ids)} ids')
        for ident in ids:
            if uuid.UUID(ident).version != 4 or str(uuid.UUID(ident)) != ident:
                faults.append(f'{name} has an id that is no version 4 UUID')
            if ident in seen:
                faults.append(f'{name} has the id of {seen[ident]}')
            seen[ident] = name
    return faults


def imports(tree):
    """Yield the names of the modules that a module imports."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            # Either the name or what it is taken from may be the module.
            yield from (f'{node.module}.{alias.name}' for alias in node.names)


def faults_of_imports(found):
    """Return the imports that a plugin should not have."""
    return [
        f'{path.name} imports {name}'
        for path, tree in found
        for name in imports(tree)
        if FOREIGN.match(name) or (name.startswith('tempest.') and not STABLE.match(name))
    ]


def is_finished(node):
    """Tell whether a test ends with ``self.finish()``."""
    return ast.unparse(node.body[-1]) == 'self.finish()'


def parsed(text):
    return [(pathlib.Path('bad.py'), ast.parse(text))]


class RulesTest(unittest.TestCase):
    def test_each_test_has_one_id_and_no_other_has_it(self):
        self.assertGreater(len(list(methods(trees(pattern='test_*.py')))), 20)
        self.assertEqual([], faults_of_ids(trees(pattern='test_*.py')))

    def test_only_what_is_stable_is_imported(self):
        self.assertEqual([], faults_of_imports(trees()))

    def test_each_scenario_ends_with_telling_what_it_could_not_see(self):
        scenarios = methods(trees(FOLDER / 'scenario', 'test_*.py'))
        unfinished = [name for name, node in scenarios if not is_finished(node)]
        self.assertEqual([], unfinished)

    def test_each_test_tells_what_it_is_for(self):
        without = [n for n, node in methods(trees()) if not ast.get_docstring(node)]
        self.assertEqual([], without)

    def test_no_setup_is_overridden_that_tempest_has_stages_for(self):
        for path, tree in trees():
            for node in ast.walk(tree):
                if isinstance(node, ast.FunctionDef):
                    self.assertNotIn(node.name, ('setUpClass', 'tearDownClass'), path)


class BadCasesTest(unittest.TestCase):
    def test_bad_ids_are_found(self):
        good = f"decorators.idempotent_id('{uuid.uuid4()}')"
        for told, text in (
            ('has 0 ids', 'def test_x(self): pass'),
            ('has 2 ids', f'@{good}\n@{good}\ndef test_x(self): pass'),
            ('has the id of', f'@{good}\ndef test_x(self): pass\n@{good}\ndef test_y(self): pass'),
            (
                'no version 4 UUID',
                "@decorators.idempotent_id('6ba7b810-9dad-11d1-80b4-00c04fd430c8')\n"
                'def test_x(self): pass',
            ),
        ):
            with self.subTest(told):
                self.assertIn(told, faults_of_ids(parsed(text))[0])

    def test_bad_imports_are_found(self):
        for text in (
            'from tempest.common import waiters',
            'import tempest.api.volume.base',
            'from nova_assist import client',
            'import driver.nfs',
            'from cinder import exception',
            'import cinder_tempest_plugin',
        ):
            with self.subTest(text):
                self.assertEqual(1, len(faults_of_imports(parsed(text))))

    def test_a_test_without_its_end_is_found(self):
        (_, tree), *_ = parsed('def test_x(self):\n    self.finish()\n    self.check()')
        self.assertFalse(is_finished(tree.body[0]))
