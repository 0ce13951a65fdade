"""Whether the accounts at a manager see all that is judged by what they read."""

from collections.abc import Iterator

from kanmon.check import ALL, Judge, Note, Severity, Unknown, check, known
from kanmon.environment.file import Environment
from kanmon.environment.targets import Dsm
from kanmon.facts import Unread
from kanmon.facts.dsm.role import Role, Roles
from kanmon.facts.run import Moment
from kanmon.text import Text


@check(
    "DSM-ROLE-001",
    severity=Severity.BLOCKER,
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
    all_dsm_roles: dict[str, Roles | Unread],
    environment: Environment,
    moment: Moment,
    judge: Judge,
) -> None:
    """The account used sees every computer, every policy and every alert of the manager.

    A role may be limited to some computers. Those that it does not select are missing from the
    manager's answers, nothing says so, and no total tells that some are missing: they would not be
    judged, and the change would start without them.
    """
    roles = all_dsm_roles[dsm.slug]
    attested = environment.attested("DSM-ROLE-001", dsm.slug, moment.now)
    of = Text("roles of the accounts that read {slug}", slug=dsm.slug)
    if attested and (isinstance(roles, Unread) or roles.untold):
        unread = ["roles"] if isinstance(roles, Unread) else []
        judge(examined=1, of=of, notes=[Note(dsm.slug, str(attested))], attested=unread)
        return
    told = known(roles)
    if not told.items:
        reason = told.untold or Text("the manager names no account")
        judge.undetermined(
            Text(
                "nobody says what the account may see, and nobody attests it: {reason}",
                reason=reason,
            )
        )
    judge(
        examined=len(told.items),
        of=of,
        problems=[Unknown(one.account, reason) for one in told.items for reason in _hidden(one)],
        notes=[Note(one.account, Text("role {name}", name=one.name)) for one in told.items],
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
