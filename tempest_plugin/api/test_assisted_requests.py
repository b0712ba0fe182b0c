# SPDX-License-Identifier: Apache-2.0
"""``os-assisted-volume-snapshots``: what has to be asked, and about which volumes."""

from __future__ import annotations

import contextlib

from oslo_serialization import jsonutils
from tempest import config
from tempest.lib import decorators
from tempest.lib import exceptions as lib_exc
from tempest.lib.common.utils import data_utils

from tempest_plugin.api.assisted import AssistedBase, AttachedBase
from tempest_plugin.api.bodies import create_body, malformed, malformed_queries, merge_info

CONF = config.CONF

#: Some of what can't be carried out is an error of Nova's own, and not answered with 400 as the
#: same is in a creation: refused it is, all the same.
_REFUSED_OR_FAILED = (lib_exc.BadRequest, lib_exc.ServerFault)


class AssistedRequestsTest(AttachedBase):
    """Requests about a volume that is attached to one server, and about others."""

    @decorators.idempotent_id('98096715-c414-4ae6-a3e1-38cea9bb04f3')
    def test_identifier_of_request_comes_back(self) -> None:
        """The optional ``id`` of a request is that of its answer."""
        body = create_body(self.volume['id'])
        body['snapshot']['create_info']['id'] = data_utils.rand_uuid()
        answer = self.service.create(body)['snapshot']
        self.assertEqual(body['snapshot']['create_info']['id'], answer['id'])
        self.judge_untouched()

    @decorators.attr(type='negative')
    @decorators.idempotent_id('b86c68f8-e671-46cc-b962-dfe822dfd940')
    def test_malformed_bodies_are_refused(self) -> None:
        """Whatever the schema of the request doesn't allow is refused."""
        for why, body in malformed(create_body(self.volume['id'])):
            self.refused(self.service.create, body, why=why)

    @decorators.attr(type='negative')
    @decorators.idempotent_id('0728788e-ae56-445b-adc7-6f836ac44c48')
    def test_malformed_delete_info_is_refused(self) -> None:
        """A deletion has to say the volume, in an object of JSON."""
        for why, query in malformed_queries(self.volume['id']):
            self.refused(
                self.service.merge_by_query,
                data_utils.rand_uuid(),
                query,
                why=why,
                by=_REFUSED_OR_FAILED,
            )

    @decorators.attr(type='negative')
    @decorators.idempotent_id('041dc18f-89cb-4c4e-bd21-4e983f4d5947')
    def test_deletion_of_another_type_changes_nothing(self) -> None:
        """Files that exist are not merged if they are said to be of a type that they are not.

        Nova may say so at once, or only to Cinder, which knows no such snapshot.
        """
        snapshot = self.create_snapshot(self.volume)
        # All that is below the active file would be pulled into it.
        real = {**merge_info(self.volume['id']), 'file_to_merge': None, 'merge_target_file': None}
        for kind in ('raw', 'QCOW2', '', None):
            with contextlib.suppress(*_REFUSED_OR_FAILED):
                self.service.merge(data_utils.rand_uuid(), {**real, 'type': kind})
        later = self.create_snapshot(self.volume)
        self.check_chain(self.volume, [snapshot, later])
        for each in (later, snapshot):
            self.delete_snapshot(each)

    @decorators.attr(type='negative')
    @decorators.idempotent_id('b83acf15-ce03-4af4-bd41-1e66f57247bd')
    def test_unknown_volume_is_refused(self) -> None:
        """Nobody has a volume that doesn't exist."""
        self._no_holder(data_utils.rand_uuid(), 'an unknown volume')

    @decorators.attr(type='negative')
    @decorators.idempotent_id('afed19e0-d22e-449a-8945-fa3d28f64cd0')
    def test_detached_volume_is_refused(self) -> None:
        """No guest has a volume that is not attached: Cinder has to do it alone."""
        self._no_holder(self.create_volume()['id'], 'a detached volume')

    def _no_holder(self, volume_id: str, why: str) -> None:
        self.refused(self.service.create, create_body(volume_id), why=f'creation on {why}')
        self.refused(
            self.service.merge,
            data_utils.rand_uuid(),
            merge_info(volume_id),
            why=f'deletion on {why}',
        )

    @decorators.idempotent_id('6d27138b-b446-4b8d-93d5-589438c2145d')
    def test_deletion_of_unknown_snapshot_changes_nothing(self) -> None:
        """Nova knows no snapshots: it takes the request, finds no such files, and goes on."""
        self.service.merge(data_utils.rand_uuid(), merge_info(self.volume['id']))
        self.judge_untouched()


class AssistedQueryTest(AttachedBase):
    """Deletions by the stricter rules of later microversions."""

    min_microversion = '2.75'

    @decorators.attr(type='negative')
    @decorators.idempotent_id('06eee2ac-32f3-4f94-b7bd-08acbb2a2e4c')
    def test_unknown_query_is_refused(self) -> None:
        """From 2.75 on nothing but ``delete_info`` may be in the query."""
        good = {'delete_info': jsonutils.dumps(merge_info(self.volume['id']))}
        self.service.merge_by_query(data_utils.rand_uuid(), good)
        self.refused(
            self.service.merge_by_query,
            data_utils.rand_uuid(),
            {**good, 'unknown': 'yes'},
            why='an unknown part of a query',
        )
        self.judge_untouched()


class AssistedMultiattachTest(AssistedBase):
    """Requests about a volume that two servers have."""

    min_microversion = '2.60'

    @classmethod
    def skip_checks(cls) -> None:
        """Skip where no volume can be attached twice."""
        super().skip_checks()
        if not CONF.compute_feature_enabled.volume_multiattach:
            raise cls.skipException('[compute-feature-enabled] volume_multiattach is not set')

    @decorators.attr(type=['negative', 'slow'])
    @decorators.idempotent_id('aca8ac25-08d0-4bfa-91d6-beab8b625382')
    def test_multiattached_volume_is_refused(self) -> None:
        """Two guests can't switch to one overlay, or merge one, at the same time."""
        kind = self.create_volume_type(multiattach='<is> True')
        volume = self.create_volume(volume_type=kind['name'])
        for _ in range(2):
            self.attach(self.create_server(), volume)
        self.refused(self.service.create, create_body(volume['id']), why='a creation')
        self.refused(
            self.service.merge,
            data_utils.rand_uuid(),
            merge_info(volume['id']),
            why='a deletion',
            by=_REFUSED_OR_FAILED,
        )
        self.check_chain(volume, [])
