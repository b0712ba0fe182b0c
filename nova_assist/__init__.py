# SPDX-License-Identifier: Apache-2.0
"""The Nova side of assisted volume snapshots.

A client for the driver, an embedded compute service over QEMU's block layer, an embedded cloud
around a real Cinder, and a lifecycle suite that judges any RemoteFS driver.
"""
