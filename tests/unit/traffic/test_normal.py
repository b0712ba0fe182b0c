# SPDX-License-Identifier: Apache-2.0
"""What differs from run to run is taken out of exchanges, and nothing else is."""

import unittest

from tests.traffic.exchange import Exchange, Party
from tests.traffic.normal import Normaliser

ONE, TWO, THREE = (f'{digit * 8}-0000-4000-8000-000000000000' for digit in '123')


def exchange(method='GET', path='/', answer=None, files=None, **more):
    values = {'query': {}, 'version': None, 'as_service': True, 'body': None, **more}
    return Exchange(Party.NOVA, method, path, files=files, status=200, answer=answer, **values)


def only(*exchanges):
    (call,) = Normaliser().calls(exchanges)
    return call


class NormaliserTest(unittest.TestCase):
    def test_ids_are_named_by_what_they_are_of(self):
        call = only(
            exchange('POST', f'/snapshots/{ONE}/action', body={'a': f'volume-{TWO}.{ONE}'})
        )
        self.assertEqual('POST /snapshots/snapshot-1/action', call['call'])
        self.assertEqual({'a': 'volume-1.snapshot-1'}, call['body'])

    def test_id_of_a_thing_is_named_as_the_thing(self):
        call = only(exchange(answer={'attachment': {'id': ONE, 'volume_id': TWO}}))
        self.assertEqual(
            {'id': 'attachment-1', 'volume_id': 'volume-1'}, call['answer']['attachment']
        )

    def test_same_id_has_the_same_name_in_all_calls_and_files(self):
        normaliser = Normaliser()
        normaliser.calls([exchange(path=f'/volumes/{TWO}'), exchange(path=f'/volumes/{ONE}')])
        self.assertEqual({'volume-2': 'raw'}, normaliser.files({f'volume-{ONE}': 'raw'}))

    def test_names_of_hosts_shares_and_types_are_those_of_a_cloud(self):
        info = {'host': 'a', 'export': 'b:/c', 'format': 'raw'}
        self.assertEqual(
            {'host': 'host-1', 'export': 'share-1', 'format': 'raw'},
            only(exchange(answer=info))['answer'],
        )

    def test_times_and_links_are_of_no_interest_but_missing_times_are(self):
        answer = {'created_at': '2026-01-01T10:00:00.000000', 'deleted_at': None, 'links': [1]}
        self.assertEqual(
            {'created_at': 'TIME', 'deleted_at': None}, only(exchange(answer=answer))['answer']
        )

    def test_looks_at_the_same_thing_are_one_with_the_last_answer(self):
        call = only(exchange(answer={'status': 'creating'}), exchange(answer={'status': 'x'}))
        self.assertEqual({'status': 'x'}, call['answer'])

    def test_requests_that_change_something_are_all_kept(self):
        twice = [exchange('POST', body={'a': 1}, files={})] * 2
        self.assertEqual(2, len(Normaliser().calls(twice)))

    def test_looks_of_different_microversions_are_all_kept(self):
        looks = [exchange(), exchange(version='volume 3.69')]
        self.assertEqual(2, len(Normaliser().calls(looks)))

    def test_records_are_sorted_by_names(self):
        files = {f'volume-{ONE}.info': {TWO: f'volume-{ONE}.{TWO}', 'active': f'volume-{ONE}'}}
        normaliser = Normaliser()
        normaliser.calls([exchange(path=f'/snapshots/{TWO}')])
        self.assertEqual(['active', 'snapshot-1'], list(normaliser.files(files)['volume-1.info']))
