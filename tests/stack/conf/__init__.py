# SPDX-License-Identifier: Apache-2.0
"""The configuration of each service, composed from :class:`~tests.stack.settings.Settings`.

A module a service, with a pure function ``files`` that returns texts by file name. Where they are
written is left to :mod:`tests.stack.premises`.
"""
