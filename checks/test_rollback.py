"""The way back."""

from collections.abc import Iterator

from kanmon.check import Finding, Severity, Unknown, Verdict, check, known
from kanmon.environment import Dsm, DsmNode, Environment
from kanmon.facts import Unread
from kanmon.facts.dsm import Manager
from kanmon.facts.linux_manager import ManagerNode
from kanmon.installer import of_version
from kanmon.nodes import each, fact_of
from kanmon.versions import DeepSecurity


@check(
    "RB-INST-001",
    severity=Severity.WARNING,
    steps=("manager",),
    phases=("pre",),
    remediation="Put the installer of today's version on a node, by its own name, where kanmon's "
    "account may read it, and say where in the environment file (old_installer of its linux host).",
    refs=("https://help.deepsecurity.trendmicro.com/aws/release-lifecycle.html",),
)
def test_todays_installer_is_at_hand(
    dsm: Dsm,
    dsm_manager: Manager,
    all_linux_node: dict[str, ManagerNode | Unread],
    environment: Environment,
    verdict: Verdict,
) -> None:
    """Today's manager installer is at hand on one of the nodes.

    The product does not go back by itself: the way back is today's installer and the restored
    database, and the download centre may not offer an old build in the night of the change.
    """
    today = DeepSecurity.parse(dsm_manager.version)
    kept: list[str] = []

    def judge(node: DsmNode) -> Iterator[Unknown]:
        files = of_version(known(fact_of(node, environment, all_linux_node).old_installers), today)
        kept.extend(file.path for file in files if file.readable)
        if closed := [file.path for file in files if not file.readable]:
            yield Unknown(node.slug, f"kanmon's account may not read {', '.join(closed)}")

    _, unknown, _ = each(dsm, judge)
    nowhere = Finding(dsm.slug, "no such file on its nodes", f"an installer of {today}")
    verdict(
        examined=len(dsm.nodes),
        of=f"nodes of {dsm.slug} on which it may lie",
        findings=[] if kept or unknown else [nowhere],
        unknown=[] if kept else unknown,
    )
