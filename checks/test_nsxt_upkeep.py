"""What keeps NSX-T going: its licences, its backups, its passwords."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from kanmon.check import NSX, Attestable, Finding, Judge, Note, Problem, Severity, Unknown, check
from kanmon.environment.file import Environment
from kanmon.environment.targets import NsxT
from kanmon.facts import Unread
from kanmon.facts.nsxt.inventory import Manager
from kanmon.facts.nsxt.state import Backup, Backups, Licence, NodePasswords, Password
from kanmon.facts.run import Moment
from kanmon.knowledge.lookup import nsxt_licence
from kanmon.knowledge.requirements import NsxtLicence
from kanmon.text import Text
from kanmon.versions import Nsx

KINDS = ("cluster", "node", "inventory")


@check(
    "NSXT-LIC-001",
    severity=Severity.BLOCKER,
    attestable=Attestable.DOCUMENT,
    steps=("nsxt-build",),
    phases=("pre", "post"),
    remediation="Renew the named licence in NSX Manager (System > Licenses), or remove the key "
    "that is not used any more. Ask the vendor whether the edition covers endpoint protection, "
    "then attest it in the environment file or add its row to an overlay of nsxt_licences.",
    refs=("table:nsxt_licences",),
)
def test_licence_covers_endpoint_protection(
    nsxt: NsxT,
    nsxt_manager: Manager,
    nsxt_licences: tuple[Licence, ...],
    last_until: datetime,
    judge: Judge,
) -> None:
    """The licence of NSX-T covers endpoint protection and outlives the window.

    Without it the appliances cannot be deployed once NSX-V is gone. Of several valid licences the
    one of the highest edition counts; an expired key beside one that covers it is noted only. Which
    editions cover endpoint protection is known of one only: of the others a named person may attest
    it.
    """
    faulty = {one: fault for one in nsxt_licences if (fault := _fault(one, last_until))}
    valid = [one for one in nsxt_licences if one not in faulty]
    best = _best(valid, Nsx.parse(nsxt_manager.version))
    covered = best.endpoint_protection if best else None
    spare = [one for one in faulty if covered and one.expired]
    problems: list[Problem] = [
        Finding(
            _named(one),
            fault,
            Text("valid until {last_until} UTC", last_until=f"{last_until:%Y-%m-%d %H:%M}"),
        )
        for one, fault in faulty.items()
        if one not in spare
    ]
    if not nsxt_licences:
        problems.append(
            Finding(nsxt.slug, Text("no licence"), Text("one that covers endpoint protection"))
        )
    elif valid and not covered:
        problems.append(_unproven(nsxt, valid, best))
    notes = [Note(_named(one), Text("an evaluation licence")) for one in valid if one.evaluation]
    notes += [
        Note(_named(one), Text("{faulty}; a valid licence covers it", faulty=faulty[one]))
        for one in spare
    ]
    judge(
        examined=len(nsxt_licences) + 1,
        of=Text("licences of {slug}, and what they cover", slug=nsxt.slug),
        problems=[*problems, *_endless(valid)],
        rests_on=[best.citation] if best and covered else [],
        notes=notes,
    )


def _endless(valid: Sequence[Licence]) -> Iterator[Unknown]:
    """Evaluations that seem to last for ever, which none does."""
    for one in valid:
        if one.evaluation and one.expires is None:
            yield Unknown(_named(one), Text("an evaluation of which NSX tells no end"))


def _named(licence: Licence) -> str:
    return f"{licence.edition} (key ending in {licence.key_end})"


def _fault(licence: Licence, last_until: datetime) -> str:
    """Why a licence does not outlive the window, empty where it does."""
    ends = f"{licence.expires:%Y-%m-%d %H:%M} UTC" if licence.expires else ""
    if licence.expired:
        fault = Text("expired {ends}", ends=ends) if ends else Text("expired at a time NSX hides")
    elif licence.expires and licence.expires <= last_until:
        fault = Text("expires {ends}", ends=ends)
    else:
        return ""
    return Text("an evaluation licence: {fault}", fault=fault) if licence.evaluation else fault


def _best(valid: Sequence[Licence], nsx: Nsx) -> NsxtLicence | None:
    """The row of the highest edition; None where one has no row: it could be the highest."""
    rows = [nsxt_licence(nsx, one.edition) for one in valid]
    known = [row for row in rows if row]
    return min(known, key=lambda row: row.rank) if rows and len(known) == len(rows) else None


def _unproven(nsxt: NsxT, valid: Sequence[Licence], best: NsxtLicence | None) -> Problem:
    """An edition that does not cover endpoint protection, or of which no text says so."""
    if best is None or best.endpoint_protection is None:
        edition = best.edition if best else ", ".join(sorted({one.edition for one in valid}))
        reason = Text("does {edition} cover endpoint protection? No text says so", edition=edition)
        return Unknown(nsxt.slug, reason)
    return Finding(
        nsxt.slug,
        Text("{edition} does not cover endpoint protection", edition=best.edition),
        Text("a licence that covers endpoint protection"),
        best.citation,
    )


@check(
    "NSXT-BKP-001",
    severity=Severity.WARNING,
    attestable=Attestable.MOMENTARY,
    steps=("nsx-migration",),
    phases=("pre",),
    remediation="Configure the backup in NSX Manager (System > Backup & Restore) with a schedule, "
    "start one, and see cluster, node and inventory succeed.",
    refs=("https://docs.vmware.com (NSX-T 3.1 administration guide: backing up NSX Manager)",),
)
def test_backup_of_nsxt_is_recent(
    nsxt: NsxT,
    nsxt_backups: Backups,
    environment: Environment,
    moment: Moment,
    judge: Judge,
) -> None:
    """Backup of NSX-T is configured, and the last one is recent.

    A migration that fails is rolled back to NSX-V, and NSX-T starts again from its backup: without
    a recent one it is deployed and registered anew inside the window.
    """
    tolerances = environment.tolerances
    oldest = timedelta(hours=tolerances.backup_hours)
    skew = timedelta(seconds=tolerances.clock_seconds)
    problems: list[Problem] = []
    if not nsxt_backups.enabled:
        problems.append(Finding(f"backup of {nsxt.slug}", Text("not scheduled"), Text("scheduled")))
    for kind in KINDS:
        tries = sorted(
            (one for one in nsxt_backups.history if one.kind == kind), key=lambda one: one.ended
        )
        problems += _backup(kind, tries, moment.now, oldest, skew)
    judge(
        examined=len(KINDS) + 1,
        of=Text("schedule and kinds of backup of {slug}", slug=nsxt.slug),
        problems=problems,
    )


def _backup(
    kind: str, tries: Sequence[Backup], now: datetime, oldest: timedelta, skew: timedelta
) -> Iterator[Problem]:
    """Problems of one kind of backup; a later try that failed is told with it."""
    subject = f"{kind} backup"
    expected = Text("a success in the last {oldest} h", oldest=f"{oldest / timedelta(hours=1):g}")
    succeeded = [one.ended for one in tries if one.success]
    when = f"{succeeded[-1]:%Y-%m-%d %H:%M} UTC" if succeeded else ""
    found = Text("last success {when}", when=when) if when else Text("no success is known")
    failed = bool(tries) and not tries[-1].success
    if failed:
        error = tries[-1].error or Text("no reason")
        found = Text("{found}; the last try failed: {error}", found=found, error=error)
    if succeeded and succeeded[-1] > now + skew:
        yield Unknown(
            subject,
            Text("it ended {when}, which is in the future: whose clock is wrong?", when=when),
        )
    elif not succeeded or failed or now - succeeded[-1] > oldest:
        yield Finding(subject, found, expected)


@check(
    "NSXT-PWD-001",
    severity=Severity.WARNING,
    attestable=Attestable.CONFIGURATION,
    steps=NSX,
    phases=("pre",),
    remediation="Set a new password for the named user on the named node (reset it in its "
    "command line, or in System > Fabric > Nodes), and in whatever logs in with it.",
    refs=("https://developer.broadcom.com (NSX-T REST API, NodeUserProperties)",),
)
def test_passwords_of_nsxt_outlive_the_step(
    nsxt: NsxT,
    nsxt_passwords: tuple[NodePasswords, ...],
    last_until: datetime,
    moment: Moment,
    judge: Judge,
) -> None:
    """No password of NSX-T's manager nodes and edges ends before the step does.

    They end after 90 days where nobody changed that. With a password that has ended nobody logs in
    to the node when it has to be helped, and what is done through it, such as the migration of
    edges, stops. What NSX tells in whole days is taken for the day that it may be too short.
    """
    problems = [
        problem for node in nsxt_passwords for problem in _ending(node, moment.now, last_until)
    ]
    unread = sum(isinstance(one.passwords, Unread) for one in nsxt_passwords)
    judge(
        examined=sum(len(_active(one)) for one in nsxt_passwords) + unread,
        of=Text("passwords of manager nodes and edges of {slug}", slug=nsxt.slug),
        problems=problems,
    )


def _active(node: NodePasswords) -> tuple[Password, ...]:
    """The passwords that a node has: a user that was never activated has none."""
    told = () if isinstance(node.passwords, Unread) else node.passwords
    return tuple(one for one in told if one.status != "NOT_ACTIVATED")


def _ending(node: NodePasswords, now: datetime, last_until: datetime) -> Iterator[Problem]:
    if isinstance(node.passwords, Unread):
        yield Unknown(node.node, node.passwords.reason)
    days = (last_until - now) / timedelta(days=1)
    for one in _active(node):
        subject = f"{one.user} on {node.node}"
        if one.age is None or one.life is None:
            yield Unknown(subject, Text("NSX-T does not say how long its password holds"))
        elif one.life and one.life - one.age - 1 <= days:
            found = Text("set {age} days ago, holds for {life} days", age=one.age, life=one.life)
            until = f"{last_until:%Y-%m-%d %H:%M}"
            yield Finding(subject, found, Text("one that holds beyond {until} UTC", until=until))
