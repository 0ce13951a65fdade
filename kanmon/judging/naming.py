"""The names and addresses of a vCenter, as far as they were read."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from kanmon.check import Finding, Problem, Severity, Unknown
from kanmon.environment.targets import VCenter, is_address
from kanmon.facts import Unread
from kanmon.facts.vcenter.deployment import Naming
from kanmon.facts.vcenter.inventory import Extension
from kanmon.knowledge import load
from kanmon.knowledge.vcenter import VCenterName
from kanmon.matching import is_at
from kanmon.text import Text
from kanmon.versions import VSphere

LOOPBACK = ("localhost", "127.0.0.1", "::1")


def hosts(extension: Extension) -> list[str]:
    """The hosts that the addresses of an extension name, each once."""
    return list(dict.fromkeys(map(_host, extension.urls)))


def _host(url: str) -> str:
    """The host of an address; what is no address stands for itself."""
    try:
        return urlsplit(url if "//" in url else f"//{url}").hostname or url
    except ValueError:
        return url


def is_own(host: str, vcenter: VCenter, naming: Naming | Unread) -> bool | Unread:
    """Whether a name or address is this vCenter's own; why nobody can say.

    A certificate proves nothing here: one that several machines share names them all, and another
    domain may have a machine of the same short name.
    """
    own = [vcenter.address, *LOOPBACK]
    if not isinstance(naming, Unread):
        texts = (naming.node_name, naming.host_name)
        own += [one for one in texts if not isinstance(one, Unread)]
        lists = (naming.addresses, naming.reverse)
        own += [name for part in lists if not isinstance(part, Unread) for name in part]
    if any(_names(own_name, host) for own_name in own):
        return True
    if isinstance(naming, Unread):
        return _open(host, naming)
    for part in (naming.node_name, naming.addresses):
        if isinstance(part, Unread):
            return _open(host, part)
    certificate = () if isinstance(naming.certificate, Unread) else naming.certificate
    if is_at(host, *own, *certificate):
        return Unread(Text("is {host} this vCenter? It may be another of that name", host=host))
    return False


def _names(own: str, host: str) -> bool:
    """Whether an own name is that of a host; one without a domain is not that of any domain."""
    return is_at(host, own) and ("." in own or "." not in host)


def _open(host: str, why: Unread) -> Unread:
    return Unread(
        Text(
            "is {host} this vCenter? Not all of its names are known: {reason}",
            host=host,
            reason=why.reason,
        )
    )


def compared(naming: Naming, node: str, target: VSphere) -> tuple[list[VCenterName], list[Problem]]:
    """The rows that a node name is held against, and what differs from it.

    Args:
        naming: of the vCenter.
        node: its node name, as it was read.
        target: the release that the upgrade leads to.
    """
    host = naming.host_name
    beside: dict[str, tuple[str, ...] | Unread] = {
        "host name": host if isinstance(host, Unread) else (host,),
        "certificate": naming.certificate,
        "DNS": naming.reverse,
    }
    if is_address(node):  # names that lead to it are other words by nature
        del beside["host name"], beside["DNS"]
    rows = [row for row in load(VCenterName).rows if target in row.target]
    told = [_compared(rows, subject, names, node) for subject, names in beside.items()]
    return [row for row in rows if row.subject in beside], [one for one in told if one]


def _compared(
    rows: Sequence[VCenterName], subject: str, names: tuple[str, ...] | Unread, node: str
) -> Problem | None:
    """What is wrong with the names of something; nothing where one of them is the node name."""
    if isinstance(names, Unread):
        return Unknown(subject, names.reason if subject != "DNS" else _asked(node, names))
    if node in names:
        return None
    case = node.casefold() in map(str.casefold, names)
    if case and subject == "DNS":
        return None
    row = next((one for one in rows if one.subject == subject and one.case is case), None)
    if row is None:
        return Unknown(subject, Text("no row of vcenter_names says what a difference weighs"))
    found = ", ".join(names) or Text("no name at all")
    expected = Text("{node}, the node name, letter by letter", node=node)
    return Finding(subject, found, expected, row.citation, Severity.named(row.weight))


def _asked(node: str, why: Unread) -> str:
    return Text(
        "does the DNS of the installer lead from {node} to its address and back? Not told here:"
        " {reason}",
        node=node,
        reason=why.reason,
    )
