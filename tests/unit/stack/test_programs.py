# SPDX-License-Identifier: Apache-2.0
"""Whether the programs are the ones wanted, and the supervisor is told them rightly."""

import configparser
import shlex
import unittest

from tests.stack import supervision
from tests.stack.programs import Program, programs
from tests.unit.stack import samples


class ProgramsTest(unittest.TestCase):
    def test_every_service_of_the_stack_is_there(self):
        self.assertLessEqual(
            {
                *('keystone', 'glance', 'placement', 'mariadb', 'rabbitmq', 'libvirtd'),
                *('nova-api', 'nova-conductor', 'nova-scheduler', 'nova-compute'),
                *('cinder-api', 'cinder-scheduler', 'cinder-volume', 'cinder-backup'),
            },
            programs(samples.settings()).keys(),
        )

    def test_cinder_alone_runs_as_its_account(self):
        users = {each.name: each.user for each in programs(samples.settings()).values()}
        self.assertEqual(
            {name for name, user in users.items() if user == 'cinder'},
            {name for name in users if name.startswith('cinder-')},
        )

    def test_what_listens_is_told_the_loopback(self):
        for each in programs(samples.settings()).values():
            if each.port and each.name not in ('rabbitmq', 'glance'):
                self.assertIn('127.0.0.1', ' '.join(each.command), each.name)

    def test_no_two_listen_on_one_port(self):
        ports = [each.port for each in programs(samples.settings()).values() if each.port]
        self.assertEqual(len(set(ports)), len(ports))


class SupervisorFileTest(unittest.TestCase):
    def section(self, program):
        parser = configparser.RawConfigParser()
        parser.read_string(supervision.compose(samples.PLACES, [program]))
        return parser[f'program:{program.name}']

    def test_words_of_a_command_stay_words(self):
        words = ('/bin/echo', 'one two', '100%', 'say "hi"')
        section = self.section(Program('echo', words))
        self.assertEqual(list(words), shlex.split(section['command'].replace('%%', '%')))

    def test_environment_has_what_a_program_needs_in_quotes(self):
        section = self.section(Program('echo', ('echo',), environment={'A': 'x,y', 'B': '1'}))
        self.assertEqual('A="x,y",B="1"', section['environment'])

    def test_nothing_starts_by_itself_or_again(self):
        section = self.section(Program('echo', ('echo',)))
        self.assertEqual('false', section['autostart'])
        self.assertEqual('false', section['autorestart'])
