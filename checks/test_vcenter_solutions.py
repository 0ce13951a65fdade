"""Products beside a vCenter that its upgrade concerns."""

from collections.abc import Iterator, Sequence

from kanmon.check import VSPHERE, Attestable, Finding, Judge, Problem, Severity, Unknown, check
from kanmon.environment.targets import VCenter
from kanmon.facts import Unread
from kanmon.facts.vcenter.deployment import Naming
from kanmon.facts.vcenter.inventory import Extension
from kanmon.judging.naming import hosts, is_own
from kanmon.knowledge.lookup import extension_need
from kanmon.knowledge.vcenter import ExtensionNeed
from kanmon.text import Text


@check(
    "VC-VUM-001",
    severity=Severity.WARNING,
    attestable=Attestable.CONFIGURATION,
    steps=VSPHERE,
    phases=("pre",),
    remediation="See to what each named product needs before vCenter is upgraded; unregister what "
    "is gone. Where the address of Update Manager is no name that kanmon knows of this vCenter, "
    "look whose machine it is, and attest it.",
    refs=("table:extension_needs",),
)
def test_registered_solutions_are_seen_to(
    vcenter: VCenter,
    vcenter_extensions: tuple[Extension, ...],
    all_vcenter_naming: dict[str, Naming | Unread],
    judge: Judge,
) -> None:
    """No registered solution needs a step of its own before vCenter is upgraded.

    The new vCenter takes over the registrations and not the products: an Update Manager on a
    machine of its own is lost without the Migration Assistant on it, and replication or recovery
    stops where its release does not know the new vCenter.
    """
    needy: dict[ExtensionNeed, list[Extension]] = {}
    for one in vcenter_extensions:
        if row := extension_need(one.key, one.company):
            needy.setdefault(row, []).append(one)
    naming = all_vcenter_naming[vcenter.slug]
    judge(
        examined=len(vcenter_extensions),
        of=Text("extensions of {slug}", slug=vcenter.slug),
        problems=[
            problem
            for row, extensions in needy.items()
            for problem in _problems(row, extensions, vcenter, naming)
        ],
    )


def _problems(
    row: ExtensionNeed, extensions: Sequence[Extension], vcenter: VCenter, naming: Naming | Unread
) -> Iterator[Problem]:
    """What is said of a product, once for all its extensions."""
    doubts: list[Unknown] = []
    strange = list(extensions)
    if row.elsewhere:
        own = {one.key: _is_own(one, vcenter, naming) for one in extensions}
        doubts = [
            Unknown(key, said.reason) for key, said in own.items() if isinstance(said, Unread)
        ]
        strange = [one for one in extensions if own[one.key] is False]
    yield from doubts
    if strange:
        listed = Text.joined(", ", map(_told, strange))
        found = Text("{product}: {listed}", product=row.product, listed=listed)
        severity = Severity.named(row.weight)
        yield Finding(strange[0].key, found, row.needs, row.citation, severity)


def _is_own(extension: Extension, vcenter: VCenter, naming: Naming | Unread) -> bool | Unread:
    """Whether each address of an extension is one of its vCenter's own."""
    told = [is_own(host, vcenter, naming) for host in hosts(extension)]
    if not told:
        return Unread(Text("it says no address: on which machine is it?"))
    doubts = [one for one in told if isinstance(one, Unread)]
    return False if False in told else doubts[0] if doubts else True


def _told(extension: Extension) -> str:
    if not (named := hosts(extension)):
        return f"{extension.key} {extension.version}"
    return Text(
        "{key} {version} at {hosts}",
        key=extension.key,
        version=extension.version,
        hosts=", ".join(named),
    )
