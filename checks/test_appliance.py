"""The virtual appliances (DSVA) as their manager sees them."""

from collections import Counter

from kanmon.check import NSX, Attestable, Finding, Judge, Severity, Unknown, check
from kanmon.environment.targets import Dsm
from kanmon.facts.dsm.manager import Computer
from kanmon.judging.protection import has_many_errors
from kanmon.matching import installed, label
from kanmon.text import Text
from kanmon.versions import DeepSecurity


@check(
    "DSVA-STATE-001",
    severity=Severity.BLOCKER,
    attestable=Attestable.MOMENTARY,
    steps=("appliance", *NSX),
    phases=("pre", "post"),
    remediation="Bring the named appliance online, or redeploy it; bring all to one version.",
    refs=("https://success.trendmicro.com/ja-JP/solution/KA-0010891",),
)
def test_appliances_are_online_and_alike(
    dsm: Dsm, dsm_computers: tuple[Computer, ...], judge: Judge
) -> None:
    """Every appliance is online and of one version.

    The VMs of an appliance that is away are unprotected already, and whoever redeploys it cannot
    say afterwards what the change did; appliances of several versions are a change half done.
    """
    appliances, unlisted = _appliances(dsm, dsm_computers)
    versions, unclear = installed(appliances)
    counted = Counter(versions.values())
    most = max(counted, key=lambda version: counted[version], default=None)
    findings = [
        Finding(label(one), ", ".join(one.agent_messages) or Text("not managed"), Text("online"))
        for one in appliances
        if has_many_errors(one) or not (one.online or one.doubtful)
    ]
    findings += [
        Finding(
            label(one),
            Text("version {versions}", versions=versions[one.id]),
            Text("{most}, as most of them", most=most),
        )
        for one in appliances
        if versions.get(one.id, most) != most
    ]
    doubtful = [
        Unknown(
            label(one),
            Text(
                "nobody knows what {agent_messages} says",
                agent_messages=repr(", ".join(one.agent_messages)),
            ),
        )
        for one in appliances
        if one.doubtful and not has_many_errors(one)
    ]
    judge(
        examined=len(appliances) + len(unlisted),
        of=Text("appliances of {slug}", slug=dsm.slug),
        problems=[*findings, *unlisted, *unclear, *doubtful],
    )


@check(
    "DSVA-VER-001",
    severity=Severity.BLOCKER,
    attestable=Attestable.MOMENTARY,
    steps=("appliance",),
    phases=("post",),
    remediation="Redeploy the named appliance from the package of the target version.",
    refs=("https://success.trendmicro.com/ja-JP/solution/KA-0010891",),
)
def test_appliances_run_the_promised_version(
    dsm: Dsm,
    dsm_computers: tuple[Computer, ...],
    target_appliance: DeepSecurity,
    judge: Judge,
) -> None:
    """The appliances run the version that the step promised.

    NSX-T deploys no appliance from before 12.0.0-682: one that stayed old ends the protection of
    its host when NSX moves.
    """
    appliances, unlisted = _appliances(dsm, dsm_computers)
    versions, unclear = installed(appliances)
    judge(
        examined=len(appliances) + len(unlisted),
        of=Text("appliances of {slug}", slug=dsm.slug),
        problems=[
            *(
                Finding(
                    label(one),
                    Text("appliance {versions}", versions=versions[one.id]),
                    str(target_appliance),
                )
                for one in appliances
                if one.id in versions and not versions[one.id].reaches(target_appliance)
            ),
            *unlisted,
            *unclear,
        ],
    )


def _appliances(dsm: Dsm, computers: tuple[Computer, ...]) -> tuple[list[Computer], list[Unknown]]:
    """A manager's appliances; none that is listed while some protect VMs is none that is seen."""
    listed = [one for one in computers if one.kind == "appliance"]
    served = sum(one.by_appliance for one in computers)
    if listed or not served:
        return listed, []
    reason = Text(
        "appliances protect {count} of its computers, but it lists no appliance: may the account "
        "view them?",
        count=served,
    )
    return [], [Unknown(dsm.slug, reason)]
