"""NSX-V itself: its health, and its backup."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from kanmon.check import Attestable, Finding, Judge, Note, Problem, Severity, Unknown, check
from kanmon.environment.file import Environment
from kanmon.environment.targets import NsxV
from kanmon.facts.nsxv.inventory import Feature, Manager, Preparation
from kanmon.facts.nsxv.state import Backups, Connection, Firewall, Job, State
from kanmon.facts.run import Moment
from kanmon.knowledge import load
from kanmon.knowledge.lookup import nsxv_word
from kanmon.knowledge.nsx import NsxvStateWord
from kanmon.text import Text

CONTROLLERS = "number of controllers"


@dataclass(frozen=True, slots=True)
class Said:
    """A word that NSX-V says of something.

    Attributes:
        of: as in the table ``nsxv_state_words``.
        what: part of the object that it is about, "" for all of it.
        detail: NSX's own explanation, may be empty.
    """

    of: str
    word: str
    what: str = ""
    detail: str = ""

    @property
    def text(self) -> str:
        """As findings print it."""
        said = Text("{what}: {word}", what=self.what, word=self.word) if self.what else self.word
        return Text("{said} ({detail})", said=said, detail=self.detail) if self.detail else said


Object = tuple[str, Sequence[Said]]
"""What an operator can search for, and what is said of it."""


@check(
    "NSXV-STATE-001",
    severity=Severity.BLOCKER,
    attestable=Attestable.MOMENTARY,
    steps=("vsphere-bridge", "nsx-migration"),
    phases=("pre",),
    remediation="Open Installation and Upgrade in NSX-V (Management, Host Preparation), resolve "
    "what it reports of the named object, end the upgrade or the job that is under way, and see "
    "everything green and published.",
    refs=("table:nsxv_state_words",),
)
def test_nsxv_is_healthy_and_at_rest(
    nsxv: NsxV,
    nsxv_manager: Manager,
    nsxv_state: State,
    nsxv_preparation: tuple[Preparation, ...],
    nsxv_connections: tuple[Connection, ...],
    nsxv_firewall: Firewall,
    nsxv_jobs: tuple[Job, ...],
    judge: Judge,
) -> None:
    """Manager, controllers and host preparation are green, nothing is pending, nothing upgrades.

    Hosts that are evacuated or migrated while NSX-V is not whole lose their rules or their
    overlay, and a manager that is out of touch with vCenter or ESX Agent Manager installs nothing
    on a host that comes back. Controllers, where there are any, are three. A cluster that is not
    prepared is none of it: guest introspection needs no preparation; but a host is prepared where
    its cluster is. Of the jobs the newest are looked at.
    """
    names = {one.resource: one.name for one in nsxv_preparation}
    objects = [
        *_manager(nsxv_manager, nsxv_state),
        *((one.label, _features(one)) for one in nsxv_preparation),
        *(_connection(one, names, nsxv_manager) for one in nsxv_connections),
        *_firewall(nsxv_firewall),
        *((f"job {one.label}", [Said("job", one.status)]) for one in nsxv_jobs),
    ]
    problems = [problem for one in objects for problem in _gravest(*one)]
    problems += [*_loose(nsxv, nsxv_manager, nsxv_state), *_pending(nsxv_preparation, nsxv_state)]
    problems += [*_left_out(nsxv_preparation), *_another_number(nsxv_manager)]
    judge(
        examined=len({subject for subject, _ in objects} | {one.subject for one in problems}),
        of=Text("parts, hosts and jobs of {slug}", slug=nsxv.slug),
        problems=problems,
        rests_on=[row.citation for row in load(NsxvStateWord).rows if row.meaning == "good"],
        notes=_switched_off(nsxv_state),
    )


def _manager(manager: Manager, state: State) -> Iterator[Object]:
    """The manager's own parts; a service that is not meant to run may stand still."""
    for component in state.components:
        if component.enabled:
            subject = f"component {component.label}"
            yield subject, [Said("component", component.status)]
    for name, status in manager.controllers:
        yield f"controller {name}", [Said("controller", status)]
    yield "ESX Agent Manager", [Said("agent manager", state.agent_manager)]


def _features(prepared: Preparation) -> list[Said]:
    """What is installed, and what failed to be: of the rest NSX says nothing."""
    return [
        Said("host preparation", one.status, one.feature_id, one.message)
        for one in prepared.features
        if (one.installed and not _is_good_by_itself(one)) or _failed(one)
    ]


def _failed(feature: Feature) -> bool:
    row = nsxv_word("host preparation", feature.status)
    return row is not None and row.meaning == "bad"


def _is_good_by_itself(feature: Feature) -> bool:
    """Some features use a word in good health that is none of the others'."""
    row = nsxv_word(feature.feature_id, feature.status)
    return row is not None and row.meaning == "good"


def _connection(one: Connection, names: dict[str, str], manager: Manager) -> Object:
    """The connections of one host; without controllers none leads to them."""
    words = {
        Text("firewall agent"): one.firewall,
        Text("control plane agent"): one.control_plane,
    }
    if manager.controllers:
        words[Text("controllers")] = one.controller
    subject = f"connections of {names.get(one.host, one.host)} ({one.host})"
    return subject, [Said("connection", word, what) for what, word in words.items()]


def _firewall(firewall: Firewall) -> Iterator[Object]:
    yield "distributed firewall", [Said("firewall", firewall.status)]
    for one in firewall.hosts:
        yield f"firewall rules of {one.label}", [Said("firewall", one.status)]


def _gravest(subject: str, said: Sequence[Said]) -> Iterator[Problem]:
    """The gravest of what is said of an object: one object, one line."""
    rows = [(one, nsxv_word(one.of, one.word)) for one in said]
    bad = [(one, row) for one, row in rows if row and row.meaning == "bad"]
    warn = [(one, row) for one, row in rows if row and row.meaning == "warn"]
    strange = [one for one, row in rows if row is None]
    if bad:
        found = Text.joined("; ", (one.text for one, _ in bad))
        yield Finding(subject, found, Text("running, connected, green"), bad[0][1].citation)
    elif strange:
        words = Text.joined("; ", (one.text for one in strange))
        yield Unknown(subject, Text("{words}; no document says what this means", words=words))
    elif warn:
        found = Text.joined("; ", (one.text for one, _ in warn))
        yield Finding(
            subject,
            found,
            Text("green and at rest"),
            warn[0][1].citation,
            severity=Severity.WARNING,
        )


def _loose(nsxv: NsxV, manager: Manager, state: State) -> Iterator[Finding]:
    """What the manager is out of touch with."""
    if not manager.vcenter_connected:
        yield Finding(
            f"vCenter {manager.vcenter_address} of {nsxv.slug}",
            Text("not connected"),
            Text("connected"),
        )
    if not state.sso_connected:
        yield Finding(f"single sign-on of {nsxv.slug}", Text("not connected"), Text("connected"))


def _pending(prepared: Sequence[Preparation], state: State) -> Iterator[Finding]:
    """What an upgrade of NSX-V has not reached yet."""
    if state.controllers_upgradable:
        yield Finding("controllers", Text("older than the manager"), Text("no upgrade under way"))
    for one in prepared:
        old = [feature.feature_id for feature in one.features if feature.update_available]
        if old:
            found = Text("older than the manager: {old}", old=", ".join(old))
            yield Finding(f"update of {one.label}", found, Text("no upgrade under way"))


def _another_number(manager: Manager) -> Iterator[Finding]:
    """Controllers, where there are any, in another number than the vendor supports."""
    rows = (row for row in load(NsxvStateWord).rows if row.of == CONTROLLERS)
    supported = next(row for row in rows if row.meaning == "good")
    number = str(len(manager.controllers))
    if manager.controllers and number != supported.word:
        yield Finding(CONTROLLERS, number, supported.word, supported.citation, Severity.WARNING)


def _left_out(prepared: Sequence[Preparation]) -> Iterator[Finding]:
    """Hosts that are not prepared in a cluster that is: VMs that move there have no rules."""
    clusters = {one.cluster for one in prepared if one.resource == one.cluster and one.is_ready}
    for one in prepared:
        if one.cluster in clusters and not one.is_ready:
            subject = f"preparation of {one.label}"
            yield Finding(
                subject, Text("not prepared, and its cluster is"), Text("prepared like its cluster")
            )


def _switched_off(state: State) -> list[Note]:
    off = [one.name for one in state.components if not one.enabled]
    return [Note("components", Text("switched off: {off}", off=", ".join(off)))] if off else []


@check(
    "NSXV-BKP-001",
    severity=Severity.BLOCKER,
    attestable=Attestable.MOMENTARY,
    steps=("nsx-migration",),
    phases=("pre",),
    remediation="Set a place for backups in the NSX-V appliance (Manage Appliance Settings > "
    "Backup & Restore), start one, and see its file there.",
    refs=("https://docs.vmware.com (NSX-T 3.1 migration guide, GUID-4FB2D7A1)",),
)
def test_nsxv_has_a_recent_backup(
    nsxv: NsxV,
    nsxv_backups: Backups,
    environment: Environment,
    moment: Moment,
    judge: Judge,
) -> None:
    """A backup of the NSX-V manager exists within the allowed age.

    The migration coordinator takes NSX-V apart as it goes; the way back ends in a restore of the
    manager, and one from before the last change of rules brings back other rules.
    """
    notes = []
    if nsxv_backups.server and not nsxv_backups.frequency:
        notes = [Note(nsxv.slug, Text("backups have no schedule: only those made by hand exist"))]
    judge(
        examined=1,
        of=Text("newest backup of {slug}", slug=nsxv.slug),
        problems=_backup(nsxv, nsxv_backups, environment, moment.now),
        notes=notes,
    )


def _backup(
    nsxv: NsxV, backups: Backups, environment: Environment, now: datetime
) -> Iterator[Problem]:
    tolerances = environment.tolerances
    subject = f"backup of {nsxv.slug}"
    expected = Text("one of the last {backup_hours} h", backup_hours=f"{tolerances.backup_hours:g}")
    if not backups.server:
        yield Finding(subject, Text("no place for backups is set"), expected)
        return
    if not backups.files:
        yield Finding(subject, Text("no file on {server}", server=backups.server), expected)
        return
    newest = max(backups.files, key=lambda one: one.created)
    found = Text(
        "{name} of {created} UTC", name=newest.name, created=f"{newest.created:%Y-%m-%d %H:%M}"
    )
    if newest.created > now + timedelta(seconds=tolerances.clock_seconds):
        yield Unknown(
            subject, Text("{found}, which is in the future: whose clock is wrong?", found=found)
        )
    elif newest.size is None:
        yield Unknown(
            subject, Text("{found}, of which NSX-V tells no size: it may be empty", found=found)
        )
    elif newest.size == 0:
        yield Finding(subject, Text("{found}, which is empty", found=found), expected)
    elif now - newest.created > timedelta(hours=tolerances.backup_hours):
        yield Finding(subject, found, expected)
