"""What lies in a manager beside what its computers need: packages by platform."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from kanmon.check import Finding, Problem, Unknown
from kanmon.facts.dsm.manager import Computer
from kanmon.facts.dsm.system import Package, Packages
from kanmon.knowledge.lookup import is_release, package_platform, unserved_agents
from kanmon.knowledge.packages import PackagePlatform
from kanmon.matching import name
from kanmon.text import Text, shortened
from kanmon.versions import DeepSecurity, VersionError

BITS = re.compile(r"\((32|64) bit([^)]*)\)")
KERNEL = re.compile(r"\((\d+\.\d+[^()\s]*)\)")


@dataclass(frozen=True, slots=True)
class Group:
    """The computers of one platform, which one package serves.

    Attributes:
        platform: without its architecture, build and kernel, e.g. "Red Hat Enterprise 7".
        architecture: "64-bit", "32-bit" or "64-bit Arm"; empty where the manager does not say.
        row: which package serves it, None where no row says.
    """

    platform: str
    architecture: str
    computers: tuple[Computer, ...]
    row: PackagePlatform | None

    @property
    def subject(self) -> str:
        """What an operator can search for."""
        platform = self.platform or Text("no platform")
        if self.architecture:
            platform = Text(
                "{platform} ({architecture})", platform=platform, architecture=self.architecture
            )
        named = shortened([name(computer) for computer in self.computers], 1)
        return Text("{platform}: {named}", platform=platform, named=named)

    @property
    def kernels(self) -> list[str]:
        """The kernels that the manager tells of them."""
        found = {m[1] for computer in self.computers if (m := KERNEL.search(computer.platform))}
        return sorted(found)


def groups(computers: Iterable[Computer]) -> list[Group]:
    """Every computer in the group of its platform and architecture."""
    found: dict[tuple[str, str], list[Computer]] = {}
    for computer in computers:
        bits = BITS.search(computer.platform)
        platform = computer.platform.partition(" (")[0].strip()
        architecture = f"{bits[1]}-bit{bits[2]}" if bits else ""
        found.setdefault((platform, architecture), []).append(computer)
    return [
        Group(platform, architecture, tuple(members), package_platform(platform))
        for (platform, architecture), members in found.items()
    ]


def reaching(target: DeepSecurity) -> Callable[[DeepSecurity], bool]:
    """Whether a version is of the target's line and not older."""

    def reaches(version: DeepSecurity) -> bool:
        return version.line == target.line and version.build is not None and version.reaches(target)

    return reaches


def parsed(package: Package) -> DeepSecurity | None:
    """Its version; None for one that nobody understands, which will not do."""
    try:
        return DeepSecurity.parse(package.version)
    except VersionError:
        return None


def lacking(
    group: Group,
    packages: Packages,
    kind: str,
    fits: Callable[[DeepSecurity], bool],
    wanted: str,
) -> Iterator[Problem]:
    """Why a package for a group does not count as imported.

    Args:
        group: the computers that it is for.
        packages: what lies there.
        kind: of the package, e.g. "Agent".
        fits: whether a version is one of those that will do.
        wanted: those versions in words.
    """
    listed = _listed(group, packages)
    serving = [one for one in packages.items if _serves(one, group, kind, listed)]
    serving = [one for one in serving if (version := parsed(one)) and fits(version)]
    if serving and not group.architecture and any(one.architecture for one in serving):
        yield Unknown(
            group.subject,
            Text("its platform does not say whether {name} fits it", name=serving[0].name),
        )
        return
    if serving:
        return
    unclear = [one.name for one in packages.items if not one.kind]
    if packages.source == "soap" and group.row is None:
        yield Unknown(
            group.subject,
            Text("no row of {table} says which package serves it", table="package_platforms"),
        )
    elif packages.source == "api" and _listed(group, packages) is None:
        yield Unknown(
            group.subject, Text("the manager's agent version control lists no such platform")
        )
    elif unclear:
        yield Unknown(
            group.subject,
            Text("packages of names that nobody understands: {unclear}", unclear=unclear[0]),
        )
    else:
        source = group.row.citation if group.row and packages.source == "soap" else None
        yield Finding(
            group.subject, Text("no such {kind} package is imported", kind=kind), wanted, source
        )


def _listed(group: Group, packages: Packages) -> str | None:
    """The platform of the agent version control that a group is; of several the longest."""
    own = [platform for platform in packages.platforms if is_release(group.platform, platform)]
    return max(own, key=len, default=None)


def kernel_support(group: Group, packages: Packages, target: DeepSecurity) -> Iterator[Problem]:
    """Why no kernel support package for a group counts as imported: none is, or none serves agents.

    Args:
        group: the computers that it is for.
        packages: what lies there.
        target: of the agents.
    """
    row = unserved_agents(target) if target.build is not None else None

    def too_new(version: DeepSecurity) -> bool:
        return row is not None and version.build is not None and version in row.packages

    def fits(version: DeepSecurity) -> bool:
        return target.line.covers(version) and not too_new(version)

    wanted = Text("one of {line}", line=target.line)
    problems = list(lacking(group, packages, "KernelSupport", fits, wanted))
    of_group = [one for one in packages.items if _serves(one, group, "KernelSupport", None)]
    others = [one for one in of_group if (version := parsed(one)) and too_new(version)]
    if row and others and any(isinstance(one, Finding) for one in problems):
        found = Text("{name} does not serve agent {target}", name=others[0].name, target=target)
        problems = [Finding(group.subject, found, row.remedy, row.citation)]
    yield from problems


def _serves(package: Package, group: Group, kind: str, listed: str | None) -> bool:
    """Whether a package is imported and of the group's platform and architecture."""
    told = "" not in (package.architecture, group.architecture)
    if not package.imported or package.kind != kind:
        return False
    if told and package.architecture != group.architecture:
        return False
    if package.token:
        return group.row is not None and group.row.package == package.token
    return bool(package.platform) and package.platform == listed
