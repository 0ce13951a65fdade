"""The tenants of a multi-tenant manager."""

from collections.abc import Iterable, Iterator

from kanmon.check import Attestable, Finding, Judge, Note, Problem, Severity, Unknown, check
from kanmon.comparing import Baseline
from kanmon.environment.targets import Dsm
from kanmon.facts import Unread
from kanmon.facts.dsm.tenants import Tenant, Tenants
from kanmon.facts.run import Moment
from kanmon.knowledge.lookup import tenant_state
from kanmon.text import Text


@check(
    "DSM-TENANT-001",
    severity=Severity.BLOCKER,
    attestable=Attestable.CONFIGURATION,
    steps=("manager",),
    phases=("pre", "post"),
    remediation="Under Administration > Tenants bring the named tenant into the expected state, "
    "and start its Database Upgrade where that failed. Where no interface tells, look there and "
    "attest it: that there are no tenants, or that each is active; after the step also that none "
    "is missing, where the run before it could not tell them.",
    refs=(
        "table:tenant_states",
        "https://help.deepsecurity.trendmicro.com/11_0/on-premise/multi-tenancy.html",
    ),
)
def test_tenants_are_healthy(
    dsm: Dsm, dsm_tenants: Tenants, baseline: Baseline | Unread, moment: Moment, judge: Judge
) -> None:
    """Every tenant of a multi-tenant manager is healthy, and none is lost.

    Each tenant has a database of its own, which is upgraded apart, after that of the primary
    tenant. One that failed before starts from a schema of long ago and fails again; its computers
    are then without a manager although the console of the primary tenant is green.
    """
    if dsm_tenants.untold:
        judge.undetermined(dsm_tenants.untold)
    items = dsm_tenants.items
    lost = list(_lost(dsm, items, baseline)) if moment.phase == "post" else []
    if not (items or lost):
        judge.not_applicable(Text("{slug} has no tenants", slug=dsm.slug))
    rows = [row.citation for one in items if (row := tenant_state(one.state))]
    judge(
        examined=len(items) + len(lost),
        of=Text("tenants of {slug}", slug=dsm.slug),
        problems=[*(problem for one in items for problem in _state(one)), *lost],
        notes=[Note(dsm.slug, _apart(items))],
        rests_on=list(dict.fromkeys(rows)),
    )


def _state(tenant: Tenant) -> Iterator[Problem]:
    row = tenant_state(tenant.state)
    if row is None:
        yield Unknown(
            tenant.label, Text("no row knows the state {state}", state=repr(tenant.state))
        )
    elif row.meaning != "good":
        weight = None if row.meaning == "bad" else Severity.WARNING
        found = Text("state {state}", state=tenant.state)
        yield Finding(tenant.label, found, row.expected, row.citation, weight)


def _lost(dsm: Dsm, items: Iterable[Tenant], baseline: Baseline | Unread) -> Iterator[Problem]:
    """Tenants that the run before the step told, and the manager does no more."""
    if isinstance(baseline, Unread):
        yield Unknown(dsm.slug, baseline.reason)
        return
    before = baseline.tenants(dsm.slug)
    if isinstance(before, Unread):
        yield Unknown(dsm.slug, before.reason)
        return
    unseen = baseline.unseen.get((dsm.slug, "tenants"), ())
    left = {one.id for one in items}
    for one in before.items:
        if one.id not in left and one.label not in unseen:
            yield Finding(one.label, Text("gone"), Text("as before the step"))


def _apart(items: Iterable[Tenant]) -> str:
    told = list(items)
    return Text(
        "{count} tenants on {servers} database servers: each database is upgraded apart, after "
        "that of the primary tenant; count each in for backup, room and time",
        count=len(told),
        servers=len({one.database_server for one in told}),
    )
