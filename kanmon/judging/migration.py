"""Where a run stands to the migration from NSX-V to NSX-T."""

from __future__ import annotations

from kanmon.environment.file import Environment
from kanmon.facts.run import Moment
from kanmon.versions import Nsx


def is_migrated(environment: Environment, moment: Moment) -> bool:
    """Whether the migration from NSX-V has to be over; a declared order may put it last."""
    wanted = environment.upgrade.nsx
    to_nsxv = wanted is not None and Nsx.parse(wanted).product == "NSX-V"
    if to_nsxv or (moment.step is None and wanted is None):
        return False
    if moment.step != "vsphere-target":
        return moment.phase == "post"
    steps = [one.step for one in environment.plan]
    after = steps[steps.index(moment.step) :] if moment.step in steps else []
    return "nsx-migration" not in after
