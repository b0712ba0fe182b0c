# SPDX-License-Identifier: Apache-2.0
"""The images of the embedded cloud and their data, on disk.

Main class: :class:`~nova_assist.compute.glance.store.ImageStore`. How clients see and change them
is left to :mod:`nova_assist.compute.api.images` and its neighbours.
"""
