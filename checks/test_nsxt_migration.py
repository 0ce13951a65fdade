"""NSX-T before the migration: what stands in it, and what its own checks say."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import timedelta

from kanmon.check import NSX, Attestable, Finding, Judge, Note, Problem, Severity, Unknown, check
from kanmon.environment.change import Tolerances
from kanmon.environment.file import Environment
from kanmon.environment.targets import NsxT
from kanmon.facts.nsxt.inventory import ComputeManager, Manager
from kanmon.facts.nsxt.state import Feedback, Item, Migration, UpgradeChecks, UpgradeComponent
from kanmon.facts.run import Moment
from kanmon.knowledge import load
from kanmon.knowledge.lookup import nsxt_word
from kanmon.knowledge.requirements import NsxtBeforeMigration, NsxtMigrationMode
from kanmon.text import Text
from kanmon.versions import Nsx

DEFAULT_MODE = "ONPREMISE_V2T"
"""What the coordinator takes where no mode was chosen."""
COORDINATOR = "migration coordinator"

Result = tuple[Problem, ...]
"""What a result of NSX's own checks comes to; a good one is empty."""


@check(
    "NSXT-EMPTY-001",
    severity=Severity.BLOCKER,
    attestable=Attestable.CONFIGURATION,
    steps=("nsx-migration",),
    phases=("pre",),
    remediation="Remove the named object from NSX-T, or deploy a new NSX Manager for the "
    "migration. Ask the vendor where the finding says that no text answers.",
    refs=("table:nsxt_before_migration", "table:nsxt_migration_modes"),
)
def test_nsxt_is_empty(
    nsxt: NsxT,
    nsxt_contents: tuple[Item, ...],
    nsxt_migration: Migration,
    environment: Environment,
    judge: Judge,
) -> None:
    """NSX-T is new and empty before the migration coordinator starts.

    The coordinator writes NSX-V's configuration into an NSX-T that has none. Beside what somebody
    made there it stops half way, or two rule sets are mixed. What `nsxt-build` leaves (the
    registered vCenter, the service of the appliance, edge nodes) is listed, and no finding.
    """
    if not _migrates(nsxt, environment):
        judge.not_applicable(Text("no NSX-V is attached to a vCenter of {slug}", slug=nsxt.slug))
    mode = load(NsxtMigrationMode).get(nsxt_migration.mode or DEFAULT_MODE)
    if mode is None:
        judge.undetermined(
            Text(
                "{slug}: no text says whether the mode {mode} starts from an empty NSX-T",
                slug=nsxt.slug,
                mode=nsxt_migration.mode,
            )
        )
    problems = [one for item in nsxt_contents for one in _against(item)] if mode.empty else []
    named = {problem.subject for problem in problems}
    judge(
        examined=len(nsxt_contents) + 1,
        of=Text("objects of {slug}, and NSX-T itself", slug=nsxt.slug),
        problems=problems,
        rests_on=[mode.citation],
        notes=_listed([item for item in nsxt_contents if _named(item) not in named]),
    )


def _migrates(nsxt: NsxT, environment: Environment) -> bool:
    """Whether there is an NSX-V that could be migrated to it."""
    return any(one.vcenter in nsxt.vcenters for one in environment.nsxv)


def _named(item: Item) -> str:
    return f"{item.kind} {item.name}" + (f" ({item.id})" if item.id != item.name else "")


def _against(item: Item) -> Iterator[Problem]:
    row = load(NsxtBeforeMigration).get(item.kind)
    if row is None:
        yield Unknown(
            _named(item), Text("no row says whether a {kind} may stand there", kind=item.kind)
        )
    elif not row.accepted:
        yield Finding(
            _named(item), Text("it stands in NSX-T"), Text("an empty NSX-T"), row.citation
        )


def _listed(items: Sequence[Item]) -> list[Note]:
    """What may stand there, a note for each kind."""
    names = defaultdict(list)
    for item in items:
        names[item.kind].append(item.name)
    return [
        Note(f"{kind} ({len(named)})", Text("may stand there: {named}", named=", ".join(named)))
        for kind, named in names.items()
    ]


@check(
    "NSXT-PRE-001",
    severity=Severity.BLOCKER,
    attestable=Attestable.CONFIGURATION,
    steps=NSX,
    phases=("pre",),
    remediation="Run NSX's own checks and resolve what they name: before an upgrade in System > "
    "Upgrade (Run Pre Checks); before the migration start the service migration-coordinator on one "
    "manager, import NSX-V's configuration in System > Migrate, which changes nothing yet, and "
    "answer its questions. kanmon only reads the results and starts neither.",
    refs=("table:nsxt_state_words",),
)
def test_nsxts_own_checks_have_no_failure(
    nsxt: NsxT,
    nsxt_manager: Manager,
    nsxt_compute_managers: tuple[ComputeManager, ...],
    nsxt_upgrade_checks: UpgradeChecks,
    nsxt_migration: Migration,
    environment: Environment,
    moment: Moment,
    judge: Judge,
) -> None:
    """NSX's own upgrade or migration pre-checks have no failure.

    They see what no interface shows from outside, and stop the change at the same place inside the
    window. Those of an upgrade are asked for where NSX-T is not at its planned version yet, those
    of the migration where NSX-V is there to be migrated and a vCenter is registered already. Old
    results of an upgrade's say nothing: what has changed since, no check has seen.
    """
    asked: list[Result] = []
    if _is_upgraded(nsxt_manager, environment):
        asked += _upgrade(nsxt_upgrade_checks, environment.tolerances, moment)
    build = moment.step == "nsxt-build" or (moment.step is None and not nsxt_compute_managers)
    if _migrates(nsxt, environment) and not build:
        asked += _migration(nsxt_migration)
    if not asked:
        reason = Text("no upgrade or migration of {slug} is next", slug=nsxt.slug)
        later = Text(
            "{reason}; the migration's are asked for once nsxt-build has ended", reason=reason
        )
        judge.not_applicable(later if build else reason)
    judge(
        examined=len(asked),
        of=Text("results of {slug}'s own checks", slug=nsxt.slug),
        problems=[problem for problems in asked for problem in problems],
        notes=[
            Note(COORDINATOR, Text("it has looked at NSX-V {one}", one=one))
            for one in nsxt_migration.sources
        ],
    )


def _is_upgraded(manager: Manager, environment: Environment) -> bool:
    """Whether an upgrade of NSX-T itself lies ahead; one that is newer than planned has none."""
    if environment.upgrade.nsx is None:
        return False
    planned = Nsx.parse(environment.upgrade.nsx)
    return planned.product == "NSX-T" and not Nsx.parse(manager.version).reaches(planned)


def _upgrade(checks: UpgradeChecks, accepted: Tolerances, moment: Moment) -> Iterator[Result]:
    """The pre-upgrade checks: by component that they ran, and each that failed or warns."""
    if not checks.components:
        yield (Unknown("pre-upgrade checks", Text("NSX lists no component to upgrade")),)
    for component in checks.components:
        failed = (one for one in checks.failures if one.severity != "WARNING")
        told = any(one.component == component.kind for one in failed)
        yield (*_component(component, told=told), *_age(component, accepted, moment))
    for number, failure in enumerate(checks.failures, 1):
        subject = f"{failure.component} {failure.origin} (result {number})"
        severity = Severity.WARNING if failure.severity == "WARNING" else None
        yield (Finding(subject, failure.message, Text("no failure"), severity=severity),)


def _component(component: UpgradeComponent, *, told: bool) -> Iterator[Problem]:
    subject = f"pre-upgrade checks of {component.kind}"
    if component.checks != "COMPLETED":
        state = component.checks or Text("no status")
        yield Unknown(
            subject,
            Text("{state}: they did not run to their end; run them and read again", state=state),
        )
    elif component.failures and not told:
        yield Finding(
            subject,
            Text("{failures} failed, NSX names none", failures=component.failures),
            Text("no failure"),
        )


def _age(component: UpgradeComponent, accepted: Tolerances, moment: Moment) -> Iterator[Problem]:
    """Why the results are not of these days."""
    subject = f"pre-upgrade checks of {component.kind}"
    ended = component.ended
    if component.checks != "COMPLETED":
        return
    if ended is None:
        reason = Text("NSX does not say when they ended: run them again and read again")
        yield Unknown(subject, reason)
    elif ended > moment.now + timedelta(seconds=accepted.clock_seconds):
        reason = Text(
            "they ended {ended} UTC, which is in the future: set the clock right, run them again "
            "and read again",
            ended=f"{ended:%Y-%m-%d %H:%M}",
        )
        yield Unknown(subject, reason)
    elif moment.now - ended > timedelta(hours=accepted.precheck_hours):
        reason = Text(
            "they ended {ended} UTC, more than {hours} h ago: run them again and read again",
            ended=f"{ended:%Y-%m-%d %H:%M}",
            hours=f"{accepted.precheck_hours:g}",
        )
        yield Unknown(subject, reason)


def _migration(migration: Migration) -> Iterator[Result]:
    """The migration coordinator: the stages that it came to, and what it wants to know."""
    if migration.service != "running":
        reason = Text(
            "its service is {service} on the node that answered: start it and import NSX-V's "
            "configuration",
            service=migration.service,
        )
        yield (Unknown(COORDINATOR, reason),)
        return
    words = [(f"{COORDINATOR}: {one.kind}", one.status, one.details) for one in migration.stages]
    words = [(COORDINATOR, migration.status or Text("no status"), ""), *words]
    begun = [one for one in words if one[1] != "NOT_STARTED"]
    if not migration.sources or not (begun or migration.feedback):
        yield (
            Unknown(COORDINATOR, Text("it has not looked at NSX-V yet: import its configuration")),
        )
        return
    yield from (tuple(_word(*one)) for one in begun)
    yield from (tuple(_request(one)) for one in migration.feedback)


def _word(subject: str, word: str, details: str) -> Iterator[Problem]:
    """What the status of a stage says against it."""
    row = nsxt_word("migration", word)
    found = Text("{word}: {details}", word=word, details=details) if details else word
    if row is None:
        yield Unknown(
            subject,
            Text("{found}: it says nothing yet, or no document says what it means", found=found),
        )
    elif row.meaning == "bad":
        yield Finding(subject, found, Text("no failure"), row.citation)


def _request(request: Feedback) -> Iterator[Problem]:
    """A question that nobody answered, or whose answer NSX did not take."""
    subject = f"{request.subject or 'question'} (feedback {request.id})"
    if request.rejected:
        yield Finding(
            subject,
            Text("NSX refused the answer to: {message}", message=request.message),
            Text("resolved"),
        )
    elif not request.resolved:
        yield Finding(subject, request.message, Text("resolved"))
