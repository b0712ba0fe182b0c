# SPDX-License-Identifier: Apache-2.0
"""The REST front of the compute service: Nova's URLs, schemas, status codes and error bodies.

:func:`nova_assist.compute.api.app.make_app` builds it; what requests lead to is left to the
modules one level up.
"""
