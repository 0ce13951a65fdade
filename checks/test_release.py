"""The releases that run and those that are to come: sound, and supported on the day."""

from datetime import datetime

from kanmon.check import ALL, Attestable, Judge, Severity, check
from kanmon.environment.file import Environment
from kanmon.facts import Unread
from kanmon.facts.database.server import Server
from kanmon.facts.dsm.manager import Computer
from kanmon.judging.releases import (
    defects,
    events,
    late_hops,
    releases,
    servers,
    suspects,
    systems,
    unheard,
    unsupported,
)
from kanmon.planning.course import Planned
from kanmon.text import Text


@check(
    "REL-BAD-001",
    severity=Severity.BLOCKER,
    attestable=Attestable.DOCUMENT,
    steps=ALL,
    phases=("pre",),
    remediation="Take the named other release as the target; where what runs and stays is named, "
    "bring it there first. Look a build that is only suspected up in the vendor's article, and let "
    "the board waive it where it is not in its list.",
    refs=(
        "table:bad_releases",
        "table:certificate_events",
        "table:deep_security_days",
    ),
)
def test_no_release_is_known_to_be_bad(
    planned: Planned,
    environment: Environment,
    all_dsm_computers: dict[str, tuple[Computer, ...] | Unread],
    all_database_server: dict[str, Server | Unread],
    judge: Judge,
) -> None:
    """No release that runs and stays, or is to come, is recalled, known-bad or past a certificate.

    Whoever upgrades to a build that its vendor took back, or that met a new certificate without
    knowing it, does the change twice: machines come back without patterns, or not at all. What runs
    and is replaced by the upgrade is advice.
    """
    here = releases(planned)
    builds, unread = servers(environment, all_database_server)
    on = systems(all_dsm_computers)
    unplaced = planned.unplaced()
    problems = [*unplaced, *unread]
    judge(
        examined=len(here) + len(builds) + len({one.subject for one in problems}),
        of=Text("releases"),
        problems=[
            *problems,
            *(problem for one in (*here, *builds) for problem in defects(one, on)),
            *(problem for one in here for problem in suspects(one)),
            *unheard(planned),
        ],
        notes=list(events(here, on)),
    )


@check(
    "REL-LIFE-001",
    severity=Severity.WARNING,
    attestable=Attestable.DOCUMENT,
    steps=ALL,
    phases=("pre",),
    remediation="Choose a target that its vendor still supports. Where a contract extends the "
    "support, put its last day as a row of your own into an overlay; else let the board decide.",
    refs=("table:life_cycles", "table:deep_security_hops", "table:deep_security_days"),
)
def test_targets_are_supported_on_the_day(
    planned: Planned,
    last_until: datetime,
    judge: Judge,
) -> None:
    """Where the upgrade leads is supported when the window ends, and so is each hop there.

    A vendor that no longer stands by a release corrects nothing that the change brings to light,
    and takes no call on the night. A hop that is allowed only while its source is supported is made
    without its vendor afterwards. That what runs today is out of support is advice: it is why one
    upgrades.
    """
    day = last_until.date()
    here, unplaced, late = releases(planned), planned.unplaced(), late_hops(planned, day)
    judge(
        examined=len(here) + len({one.subject for one in unplaced}) + len(late),
        of=Text("releases and hops"),
        problems=[
            *unplaced,
            *(problem for one in here for problem in unsupported(one, day)),
            *late,
        ],
    )
