"""How a manager is reached by its agents, and whom it reaches itself."""

import re
from collections.abc import Iterator

from kanmon.check import Attestable, Finding, Judge, Problem, Severity, Unknown, check
from kanmon.environment.targets import Dsm, is_address
from kanmon.facts import Certificate
from kanmon.facts.dsm.manager import Manager
from kanmon.knowledge.lookup import manager_partners
from kanmon.text import Text
from kanmon.versions import DeepSecurity


@check(
    "DSM-NAME-001",
    severity=Severity.WARNING,
    attestable=Attestable.CONFIGURATION,
    steps=("manager", "agent"),
    phases=("pre",),
    remediation="Under Administration > Manager Nodes give the node a host name that every agent "
    "resolves, in a change of its own: it updates all computers. Then renew its certificate.",
    refs=("https://success.trendmicro.com/en-US/solution/KA-0013021",),
)
def test_nodes_are_named_by_a_host_name(
    dsm: Dsm, dsm_certificates: tuple[Certificate, ...], judge: Judge
) -> None:
    """The certificate of every manager node is made out to a host name, not to an IP address.

    Agents dial a node by what it is called in the manager. An agent of 20.0 names no server in its
    TLS handshake where that is an IP address, so a proxy or balancer that goes by the name loses
    it; and the node can never move to another address. No interface tells what a node is called:
    its certificate is made out to it unless somebody put in another one.
    """
    shown = {one.endpoint: one.subject for one in dsm_certificates}
    judge(
        examined=len(dsm.nodes),
        of=Text("nodes of {slug}", slug=dsm.slug),
        problems=[
            problem
            for node in dsm.nodes
            for problem in _named(f"{node.slug} ({node.where})", shown.get(node.where))
        ],
    )


def _named(subject: str, issued_to: str | None) -> Iterator[Problem]:
    """What is wrong with the name that a node's certificate is made out to, if it showed one."""
    if issued_to is None:
        yield Unknown(subject, Text("it could not be reached, so its certificate was not seen"))
        return
    found = re.search(r"(?:^|,)CN=([^,+]+)", issued_to)
    if not found:
        yield Unknown(
            subject, Text("its certificate names no CN: {issued_to}", issued_to=issued_to or "-")
        )
    elif is_address(found[1]):
        yield Finding(subject, found[1], Text("a host name"))


@check(
    "DSM-TLS-001",
    severity=Severity.ADVICE,
    attestable=Attestable.CONFIGURATION,
    steps=("manager",),
    phases=("pre",),
    remediation="Try each of them that is in use with TLS 1.2 (openssl s_client -tls1_2) from the "
    "node's machine before the step.",
    refs=("table:manager_partners",),
)
def test_partners_of_the_new_java_speak_tls_12(
    dsm: Dsm, dsm_manager: Manager, judge: Judge
) -> None:
    """What the manager reaches over TLS beside its database takes TLS 1.2.

    The new manager brings a new Java along. A directory, mail server or log server that speaks
    TLS 1.0 alone is lost with the upgrade: nobody signs in with a directory's account, and alerts
    reach nobody. No interface of an 11.0 tells which of them are in use.
    """
    release = DeepSecurity.parse(dsm_manager.version)
    rows = manager_partners(release)
    if not rows:
        judge.not_applicable(Text("the Java of {release} is a new one", release=release))
    judge(
        examined=len(rows),
        of=Text("partners that {slug} may have", slug=dsm.slug),
        problems=[
            Finding(
                row.partner,
                Text("reached by the Java of {release}, if it is in use", release=release),
                Text("tried with TLS 1.2; set under {where}", where=row.where),
                row.citation,
            )
            for row in rows
        ],
    )
