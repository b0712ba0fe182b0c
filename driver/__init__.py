# SPDX-License-Identifier: Apache-2.0
"""A Cinder volume driver for NFS shares whose snapshots survive secure mode and crashes.

Enable it with ``volume_driver = driver.nfs.NfsDriver`` in a backend section of cinder.conf.
"""
