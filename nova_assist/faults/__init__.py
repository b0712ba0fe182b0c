# SPDX-License-Identifier: Apache-2.0
"""Faults on purpose: services that die at each point of an operation, one after the other.

Main class: :class:`nova_assist.faults.exhaustion.Exhaustion`. Nothing is imported here: the Cinder
process takes the trap from this package before it imports anything else.
"""
