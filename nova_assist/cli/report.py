# SPDX-License-Identifier: Apache-2.0
"""``nova-assist report``: the report of an earlier run in another form.

Main function: :func:`report`.
"""

from __future__ import annotations

from nova_assist.cli.errors import ExitCode
from nova_assist.cli.output import print_report
from nova_assist.cli.run_arguments import ReportArguments
from nova_assist.reports.folder import ReportFolder


def report(arguments: ReportArguments) -> ExitCode:
    """Print the report that lies in the folder.

    :raises nova_assist.reports.errors.UnreadableError: there is none, or it is damaged.
    """
    print_report(ReportFolder(arguments.folder).read(), arguments.form)
    return ExitCode.PASSED
