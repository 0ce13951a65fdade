"""What may disturb a change from within the manager: alerts, tasks, connectors, licences."""

from collections.abc import Iterable, Iterator, Sequence

from kanmon.check import Attestable, Finding, Judge, Note, Problem, Severity, Unknown, check
from kanmon.environment.change import Window
from kanmon.environment.file import Environment
from kanmon.environment.targets import Dsm, VCenter
from kanmon.facts import Unread
from kanmon.facts.dsm.manager import Computer
from kanmon.facts.dsm.system import (
    SWITCHES,
    Alert,
    Connector,
    Connectors,
    Schedule,
    SelfProtection,
    Switches,
    Task,
)
from kanmon.facts.run import Moment
from kanmon.matching import is_at
from kanmon.text import Text


@check(
    "DSM-ALERT-001",
    severity=Severity.WARNING,
    attestable=Attestable.MOMENTARY,
    steps=("manager", "agent", "appliance"),
    phases=("pre", "post"),
    remediation="Open the Alerts page of the manager, mend what the named alert is about, and see "
    "it vanish; dismiss it only when it is known to be harmless.",
    refs=("https://automation.deepsecurity.trendmicro.com/legacy-rest/20_0/index.html",),
)
def test_no_critical_alert_is_open(
    dsm: Dsm,
    dsm_computers: tuple[Computer, ...],
    dsm_alerts: tuple[Alert, ...],
    judge: Judge,
) -> None:
    """No critical alert is open.

    An upgrade makes alerts of its own: trouble that was open before hides what it broke, and a full
    disk or a relay without updates stops it half way. System events carry no severity in any
    interface, so those of the last day are for a person to look at. An account that may not view
    computers is shown no alerts either, so that they can be read is asked for first.
    """
    alerts = [(one, f"{one.name} (alert {one.id})") for one in dsm_alerts]
    mild = [one for one, _ in alerts if one.severity == "warning"]
    judge(
        examined=1 + len(alerts),
        of=Text(
            "alerts of {slug} about itself and {count} computers",
            slug=dsm.slug,
            count=len(dsm_computers),
        ),
        problems=[
            *(
                Finding(
                    subject,
                    Text("critical since {raised} UTC", raised=f"{one.raised:%Y-%m-%d %H:%M}"),
                    Text("no such alert"),
                )
                for one, subject in alerts
                if one.severity == "critical"
            ),
            *(
                Unknown(
                    subject,
                    Text("nobody knows the severity {severity}", severity=repr(one.severity)),
                )
                for one, subject in alerts
                if one.severity not in ("critical", "warning")
            ),
        ],
        notes=[Note(dsm.slug, _listed(mild))] if mild else [],
    )


def _listed(alerts: Iterable[Alert]) -> str:
    return Text("open warnings: {name}", name=", ".join(sorted({one.name for one in alerts})))


@check(
    "DSM-TASK-001",
    severity=Severity.WARNING,
    attestable=Attestable.CONFIGURATION,
    steps=("manager",),
    phases=("pre",),
    remediation="Disable the named task (Administration > Scheduled Tasks) until the change has "
    "ended. Where no interface tells of tasks, look there and attest it in the environment file.",
    refs=(
        "https://github.com/eriktechwriter/ai-docs-poc (docs, scheduled tasks)",
        "https://automation.deepsecurity.trendmicro.com",
    ),
)
def test_no_scheduled_task_fires_in_the_window(
    dsm: Dsm,
    dsm_schedule: Schedule,
    window: Window,
    judge: Judge,
) -> None:
    """No scheduled task fires inside the change window.

    A task that is due while the manager is down does not run, and one that is due when it comes
    back runs into the upgrade of agents: a scan, a discovery, a synchronisation. A task that comes
    again counts from its next run on, since the ones after it are not told. Jobs that run at the
    moment no interface lists.
    """
    problems = [problem for task in dsm_schedule.tasks for problem in _due(task, window)]
    if not dsm_schedule.tasks:
        reason = dsm_schedule.untold or Text(
            "an empty list, as an account without the right sees it"
        )
        problems.append(Unknown(dsm.slug, reason))
    judge(
        examined=len(dsm_schedule.tasks) or 1,
        of=Text("scheduled tasks of {slug}", slug=dsm.slug),
        problems=problems,
    )


def _due(task: Task, window: Window) -> Iterator[Problem]:
    """Why a task may run in the window."""
    if not task.enabled:
        return
    if task.next_run is None:
        yield Unknown(task.name, Text("it is enabled, and the manager does not say when it runs"))
    elif task.next_run <= window.end and (task.next_run >= window.start or not task.once):
        when = f"{task.next_run:%Y-%m-%d %H:%M}"
        found = Text("{type} runs at {when} UTC and again after it", type=task.type, when=when)
        if task.once:
            found = Text("{type} runs at {when} UTC once", type=task.type, when=when)
        yield Finding(
            task.name, found, Text("disabled until {end}", end=f"{window.end:%Y-%m-%d %H:%M %Z}")
        )


@check(
    "DSM-AUTO-001",
    severity=Severity.WARNING,
    attestable=Attestable.CONFIGURATION,
    steps=("manager", "agent"),
    phases=("pre",),
    remediation="Switch it off until the change has ended (Administration > System Settings > "
    "Agents, and > Updates). What no interface tells, look up there and attest it.",
    refs=("https://automation.deepsecurity.trendmicro.com (SDK 20.0.463, SystemSettings)",),
)
def test_no_agent_upgrade_fires_by_itself(
    dsm: Dsm,
    dsm_switches: Switches,
    judge: Judge,
) -> None:
    """No agent upgrade fires by itself in the window, and no software is fetched.

    An agent that upgrades when it is activated does so outside the order of the change: before its
    relay, on a machine that nobody has prepared, with a restart that nobody expects.
    """
    told = {one.name: one.on for one in dsm_switches.told}
    judge(
        examined=len(SWITCHES),
        of=Text("switches of {slug}", slug=dsm.slug),
        problems=[
            *(
                Finding(name, Text("on"), Text("off in the window"))
                for name, on in told.items()
                if on
            ),
            *(
                Unknown(name, dsm_switches.untold or Text("the manager does not tell it"))
                for name in SWITCHES
                if name not in told
            ),
        ],
    )


@check(
    "DSA-SELF-001",
    severity=Severity.ADVICE,
    attestable=Attestable.CONFIGURATION,
    steps=("agent",),
    phases=("pre",),
    remediation="Upgrade the agents below the named policy from the manager; where one is upgraded "
    "by hand, have its password at hand or switch self-protection off for that time.",
    refs=("https://github.com/eriktechwriter/ai-docs-poc (docs/upgrade-agent.md)",),
)
def test_no_agent_guards_itself_against_whoever_upgrades_it(
    dsm: Dsm,
    dsm_self_protection: SelfProtection,
    moment: Moment,
    judge: Judge,
) -> None:
    """No agent refuses whoever upgrades it on its own machine.

    Self-protection stops installers and commands on the machine itself. An agent that the manager
    cannot upgrade, and that somebody goes to by hand on the night, asks for a password then. The
    manager tells of it from 20.0 on, which is before its agents are upgraded.
    """
    told = dsm_self_protection
    if told.untold and moment.step is None:
        judge.not_applicable(Text("{slug} tells it once it is upgraded", slug=dsm.slug))
    named = [Text("policy {policy}", policy=one) for one in told.policies]
    on = [*named, *told.computers]
    judge(
        examined=max(1, len(on)),
        of=Text("settings of self-protection of {slug}", slug=dsm.slug),
        problems=[
            *(Finding(one, Text("on"), Text("off, or upgraded from the manager")) for one in on),
            *([Unknown(dsm.slug, told.untold)] if told.untold else []),
        ],
    )


@check(
    "DSM-CONN-001",
    severity=Severity.BLOCKER,
    attestable=Attestable.CONFIGURATION,
    steps=("appliance", "nsxt-build", "nsx-migration", "vsphere-bridge", "vsphere-target"),
    phases=("pre", "post"),
    remediation="Open the vCenter under Computers, correct the address of vCenter or NSX Manager "
    "in its properties, and synchronise it. See that it ends without an error, then attest that in "
    "the environment file.",
    refs=("https://automation.deepsecurity.trendmicro.com (SDK 20.0.463, VCenterConnectors)",),
)
def test_connectors_are_in_order(
    dsm: Dsm,
    dsm_computers: tuple[Computer, ...],
    dsm_connectors: Connectors,
    all_dsm_connectors: dict[str, Connectors | Unread],
    environment: Environment,
    judge: Judge,
) -> None:
    """The manager's connectors to vCenter and NSX are healthy and synchronised.

    Appliances are deployed, and VMs protected, through what the connector knows: a manager that
    still asks an NSX of the past, or fails to log in, protects no VM that is new. No interface
    tells whether a connector works, so a person attests it; 20.0 tells to which addresses it leads.
    """
    protects = any(c.by_appliance or c.kind == "appliance" for c in dsm_computers)
    others = [one for slug, one in all_dsm_connectors.items() if slug != dsm.slug]
    served = [*_served(environment, others)] if protects else []
    untold = [dsm_connectors.untold] if dsm_connectors.untold else []
    known = [*served, *dsm_connectors.items, *untold]
    problems: list[Problem] = []
    if protects and not known:
        reason = Text(
            "appliances protect its VMs, but it tells no connector: may the account see them? And "
            "no nsxv or nsxt is named"
        )
        problems.append(Unknown(dsm.slug, reason, by_person=False))
    if not untold:
        for vcenter, nsx in served:
            problems += _led(vcenter, nsx, dsm_connectors.items, others)
    if untold or dsm_connectors.items:
        reason = Text(
            "whether the connectors work nobody tells: {untold}",
            untold=dsm_connectors.untold or Text("/api tells addresses only"),
        )
        problems.append(Unknown(dsm.slug, reason))
    judge(
        examined=len(known) or len(problems),
        of=Text(
            "connectors of {slug}, and the vCenters whose VMs appliances protect", slug=dsm.slug
        ),
        problems=problems,
        notes=[*_unnamed(environment, dsm_connectors.items)],
    )


def _unnamed(environment: Environment, connectors: Iterable[Connector]) -> Iterator[Note]:
    """The vCenters that a manager serves and this run does not look at."""
    named = [vcenter.address for vcenter in environment.vcenter]
    for one in connectors:
        if not is_at(one.vcenter, *named):
            text = Text(
                "it leads to {vcenter}, which is not looked at: add [[vcenter]] with address = "
                '"{address}" where the step concerns it',
                vcenter=one.vcenter,
                address=one.vcenter,
            )
            yield Note(Text("connector {id} of the manager", id=one.id), text)


def _served(
    environment: Environment, others: Sequence[Connectors | Unread]
) -> Iterator[tuple[VCenter, list[str]]]:
    """Each vCenter that an NSX belongs to, with the addresses of its NSX managers.

    One to which another manager's connector leads is that manager's.
    """
    elsewhere = [one.vcenter for told in others for one in getattr(told, "items", ())]
    for vcenter in environment.vcenter:
        old = [nsx.address for nsx in environment.nsxv if nsx.vcenter == vcenter.slug]
        new = [nsx.address for nsx in environment.nsxt if vcenter.slug in nsx.vcenters]
        if (old or new) and not is_at(vcenter.address, *elsewhere):
            yield vcenter, [*old, *new]


def _led(
    vcenter: VCenter,
    nsx: list[str],
    connectors: Iterable[Connector],
    others: Sequence[Connectors | Unread],
) -> Iterator[Problem]:
    """Why a connector does not lead to a vCenter and its NSX."""
    leading = [one for one in connectors if is_at(vcenter.address, one.vcenter)]
    if not leading and any(isinstance(one, Unread) or one.untold for one in others):
        yield Unknown(
            vcenter.slug, Text("no connector leads to it, and another manager's are not told")
        )
    elif not leading:
        yield Finding(
            vcenter.slug,
            Text("no connector leads to it"),
            Text("one to {address}", address=vcenter.address),
        )
    for one in leading:
        if not any(is_at(address, one.nsx) for address in nsx):
            found = Text("the connector's NSX Manager is {nsx}", nsx=one.nsx or Text("none"))
            yield Finding(f"connector {one.id} to {vcenter.slug}", found, " / ".join(nsx))


@check(
    "DSM-LIC-001",
    severity=Severity.BLOCKER,
    attestable=Attestable.DOCUMENT,
    steps=("manager",),
    phases=("pre",),
    remediation="Look at Administration > Licenses: every module in use is licensed beyond the "
    "change window. Attest it in the environment file.",
    refs=("https://automation.deepsecurity.trendmicro.com (SDK 20.0.463 has no licences)",),
)
def test_licences_outlive_the_window(dsm: Dsm, judge: Judge) -> None:
    """Licences are valid beyond the window.

    When the licence of a module ends its protection is no longer updated, and the installer asks
    for an activation code that nobody has at hand. No interface of the manager tells of licences:
    a named person attests it.
    """
    judge.undetermined(Text("no interface of {slug} tells of licences", slug=dsm.slug))
