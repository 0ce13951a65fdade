"""Whether the accounts at a manager see all that is judged by what they read."""

from collections.abc import Iterator

from kanmon.check import ALL, Attestable, Judge, Note, Severity, Unknown, check
from kanmon.environment.targets import Dsm
from kanmon.facts.dsm.role import Role, Roles
from kanmon.text import Text


@check(
    "DSM-ROLE-001",
    severity=Severity.BLOCKER,
    attestable=Attestable.CONFIGURATION,
    waivable=False,
    steps=ALL,
    phases=("pre", "post"),
    remediation="Under Administration > User Management > Roles give the account's role all "
    "computers and all policies, and let it view events and alerts that are not related to "
    "computers; then run again. Where the manager does not tell the role, look there and attest "
    "it in the environment file.",
    refs=("https://automation.deepsecurity.trendmicro.com (SDK 20.0.463, Role, ComputerRights)",),
)
def test_account_sees_every_computer(
    dsm: Dsm,
    dsm_roles: Roles,
    judge: Judge,
) -> None:
    """The account used sees every computer, every policy and every alert of the manager.

    A role may be limited to some computers. Those that it does not select are missing from the
    manager's answers, nothing says so, and no total tells that some are missing: they would not be
    judged, and the change would start without them.
    """
    if not dsm_roles.items:
        reason = dsm_roles.untold or Text("the manager names no account")
        judge.undetermined(
            Text(
                "the manager does not tell what the account may see: {reason}",
                reason=reason,
            )
        )
    judge(
        examined=len(dsm_roles.items),
        of=Text("roles of the accounts that read {slug}", slug=dsm.slug),
        problems=[
            Unknown(one.account, reason, by_person=False)
            for one in dsm_roles.items
            for reason in _hidden(one)
        ],
        notes=[Note(one.account, Text("role {name}", name=one.name)) for one in dsm_roles.items],
    )


def _hidden(role: Role) -> Iterator[str]:
    """What the account does not see, and nobody tells it of."""
    if not (role.all_computers or role.other_computers):
        yield Text(
            "its role {name} selects some computers only, and the manager leaves the others out of "
            "its answers without a word",
            name=role.name,
        )
    if not (role.all_policies or role.other_policies):
        yield Text(
            "its role {name} selects some policies only, and the manager leaves the others out of "
            "its answers without a word",
            name=role.name,
        )
    if not role.unrelated:
        yield Text(
            "its role {name} may not view alerts that are not related to a computer", name=role.name
        )
