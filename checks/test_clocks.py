"""The clocks of an estate, each beside that of the machine that read it."""

from collections.abc import Iterator, Sequence

from kanmon.check import ALL, Attestable, Finding, Judge, Note, Problem, Severity, check
from kanmon.environment.file import Environment
from kanmon.facts.run import Moment
from kanmon.judging.clocks import READER, clock_problem, off
from kanmon.judging.estate_clocks import AllClocks, Beside, apart_by_themselves, reader_alone
from kanmon.text import Text


@check(
    "NET-TIME-001",
    severity=Severity.WARNING,
    attestable=Attestable.MOMENTARY,
    steps=ALL,
    phases=("pre",),
    remediation="Name the same NTP servers on the named machine and on the one that runs kanmon, "
    "and see its offset settle; then run again.",
    refs=(
        "https://docs.vmware.com (NSX-V 6.4, GUID-62B22E0C)",
        "https://help.deepsecurity.trendmicro.com/10_3/on-premise/Manage-Components/multinode-dsm.html",
    ),
)
def test_clocks_agree_with_the_readers(
    all_clocks: AllClocks, environment: Environment, moment: Moment, judge: Judge
) -> None:
    """Every product's clock agrees with that of the machine that runs kanmon.

    Certificates, tickets and sessions are judged by the clock: one product that is years off is
    refused by the others, or refuses them, in the middle of its upgrade, and hosts that take their
    time from a wrong vCenter look right beside it. Hosts apart from their vCenter are named by
    ESX-TIME-001, a manager's nodes apart from their database by DSM-TIME-001.
    """
    told = list(all_clocks.told(environment, moment.step))
    clocks = [one for one in told if isinstance(one, Beside)]
    problems: list[Problem] = [one for one in told if not isinstance(one, Beside)]
    notes: list[Note] = []
    for said in _said(clocks, environment, moment):
        if isinstance(said, Note):
            notes.append(said)
        else:
            problems.append(said)
    judge(
        examined=len(told),
        of=Text("clocks of the estate"),
        problems=problems,
        notes=notes,
    )


def _said(
    clocks: Sequence[Beside], environment: Environment, moment: Moment
) -> Iterator[Problem | Note]:
    limit = environment.tolerances.clock_seconds
    if alone := reader_alone(clocks, limit):
        found = Text(
            "all {count} clocks that were read agree, {measured}",
            count=len(clocks),
            measured=off((alone.low + alone.high) / 2, READER),
        )
        yield Finding(READER, found, Text("within {limit} s of it", limit=f"{limit:g}"))
        return
    judged = moment.step in (None, "manager")
    named = apart_by_themselves(environment, clocks, limit) if judged else set()
    for one in clocks:
        said = clock_problem(one.subject, one.span, limit, READER, one.way)
        if isinstance(said, Finding) and one.target in named:
            yield Note(one.subject, Text("{found}; see DSM-TIME-001", found=said.found))
        elif said:
            yield said
