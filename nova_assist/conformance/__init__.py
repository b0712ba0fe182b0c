# SPDX-License-Identifier: Apache-2.0
"""Whether a volume driver's class is what Cinder takes it for, told without starting it."""
