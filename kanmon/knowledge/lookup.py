"""Questions to the knowledge tables, asked with versions.

Each answers with the row that decides, or with None where no row does: then nobody can judge, which
is neither a pass nor a fail.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection, Iterable
from functools import cache
from typing import Literal, TypeVar

from kanmon.errors import Undetermined
from kanmon.knowledge import load
from kanmon.knowledge.agents import AgentHandshake, AgentSignature, KernelScope
from kanmon.knowledge.appliances import (
    ApplianceSize,
    CertificateMargin,
    CertificateSignature,
    PartitionLimit,
    VCenterDeployment,
)
from kanmon.knowledge.compatibility import At
from kanmon.knowledge.databases import LoginRight, SqlServerEngine, UpgradeSpace
from kanmon.knowledge.floors import Floor, Need
from kanmon.knowledge.health import (
    NsxtStateWord,
    StatusWord,
    TenantState,
    ToolsDefect,
    ToolsUpgradeRace,
)
from kanmon.knowledge.installers import ManagerDisk, ManagerPartner
from kanmon.knowledge.interop import DeepSecurityHop, ToolsFloor
from kanmon.knowledge.machines import Guest, OsAgent, OsAppliance
from kanmon.knowledge.nsx import (
    GiFailureMode,
    NsxvMigrationLimit,
    NsxvMigrationSetting,
    NsxvStateWord,
)
from kanmon.knowledge.packages import KernelPackage, PackagePlatform
from kanmon.knowledge.releases import EsxiRelease, Release, SqlServerRelease, ToolsRelease
from kanmon.knowledge.requirements import (
    AgentFootprint,
    Database,
    DatabaseTlsRule,
    KernelReserve,
    ManagerOs,
    ManagerSizing,
    NsxtLicence,
    RelayFloor,
    RelayFootprint,
    SecureBootKey,
    SqlServerTls12,
    WindowsSignature,
)
from kanmon.knowledge.vcenter import ExtensionNeed, ExtensionOwner, SwitchFloor
from kanmon.text import Text
from kanmon.versions import DeepSecurity, Nsx, SqlServer, Tools, VersionError, VSphere

AnyRelease = TypeVar("AnyRelease", bound=Release)
AnyGuest = TypeVar("AnyGuest", bound=Guest)

_BUNDLED = re.compile(r"ESXi \S+ \((\d+)\)")
_deep_security = cache(DeepSecurity.parse)


def release(model: type[AnyRelease], build: str | int) -> AnyRelease | None:
    """The release with this build."""
    return load(model).get(str(build))


def tools_defect(number: int) -> ToolsDefect | None:
    """The defect of the release of VMware Tools with this number, whatever else holds.

    None when none is known, and when the number stands for no release, such as 0.
    """
    try:
        tools = Tools.from_number(number)
    except VersionError:
        return None
    rows = load(ToolsDefect).rows
    return next((row for row in rows if not row.condition and tools in row.tools), None)


def bundled_tools(esxi: At) -> tuple[ToolsRelease, ...]:
    """The VMware Tools that a release of ESXi brings along: those of the newest build up to it.

    Some builds bring two releases, for old and for new guests. Empty where nobody can say: the day
    of the release is not known, or no row names a build of its line.
    """
    days: dict[dt.date, list[ToolsRelease]] = {}
    for row in load(ToolsRelease).rows:
        for build in _BUNDLED.findall(row.bundled_with):
            host = load(EsxiRelease).get(build)
            if host and host.date and VSphere.parse(host.version).line == esxi.version.line:  # type: ignore[union-attr] # a host's
                days.setdefault(host.date, []).append(row)
    before = [day for day in days if esxi.released and day <= esxi.released]
    return tuple(days[max(before)]) if before else ()


def tools_upgrade_race(tools: Tools, policy: str) -> ToolsUpgradeRace | None:
    """How likely an upgrade of these Tools at power-on meets Windows Update."""
    rows = load(ToolsUpgradeRace).rows
    return next((row for row in rows if row.policy == policy and tools in row.tools), None)


def tools_floor(nsx: Nsx) -> ToolsFloor | None:
    """The lowest VMware Tools for guest introspection on this NSX."""
    rows = load(ToolsFloor).rows
    return next((row for row in rows if Nsx.parse(row.nsx).covers(nsx)), None)


def status_word(product: Literal["NSX-V", "NSX-T"], word: str) -> StatusWord | None:
    """What this word for a state means."""
    return load(StatusWord).get(f"{product} {word}")


def nsxt_word(of: str, word: str) -> NsxtStateWord | None:
    """What this word means where NSX-T says it of its own state."""
    return load(NsxtStateWord).get(f"{of} {word}")


def tenant_state(word: str) -> TenantState | None:
    """What this state of a tenant means for the upgrade of its database."""
    return load(TenantState).get(word)


def nsxv_word(of: str, word: str) -> NsxvStateWord | None:
    """What this word means where NSX-V says it of its own state."""
    return load(NsxvStateWord).get(f"{of} {word.upper()}")


def nsxv_migration_limit(feature: str, value: str) -> NsxvMigrationLimit | None:
    """Whether what is configured in NSX-V can be migrated."""
    limits = load(NsxvMigrationLimit)
    return limits.get(f"{feature} {value}") or limits.get(feature)


def nsxv_migration_setting(
    setting: Literal["DRS", "HA"], mode: str, vcenter: VSphere
) -> NsxvMigrationSetting | None:
    """How DRS or HA has to be set in a cluster that is migrated in this mode.

    Args:
        setting: which one.
        mode: of the migration of hosts.
        vcenter: the line that vCenter runs; its update does not matter.
    """
    rows = load(NsxvMigrationSetting).rows
    fitting = (row for row in rows if (row.setting, row.mode) == (setting, mode))
    return next((row for row in fitting if vcenter in row.vcenter), None)


def gi_failure_mode(nsx: Nsx) -> GiFailureMode | None:
    """What this NSX does with the network of VMs whose appliance is away."""
    return next((row for row in load(GiFailureMode).rows if nsx in row.nsx), None)


def nsxt_licence(nsx: Nsx, edition: str) -> NsxtLicence | None:
    """What is known of an edition of NSX-T's licences."""
    rows = load(NsxtLicence).rows
    return next((row for row in rows if row.edition == edition and nsx in row.nsx), None)


def sqlserver_engine(number: int | None) -> SqlServerEngine | None:
    """The product that gives its engine edition this number; None where nobody knows it."""
    return load(SqlServerEngine).get(str(number))


def sqlserver_tls12(build: SqlServer) -> SqlServerTls12 | None:
    """Whether builds such as this one speak TLS 1.2."""
    for row in load(SqlServerTls12).rows:
        below = SqlServer.parse(row.below) if row.below else None
        if SqlServer.parse(row.first) <= build and (below is None or build < below):
            return row
    return None


def sqlserver_with_tls12(build: SqlServer) -> SqlServerTls12 | None:
    """The builds that speak TLS 1.2 and run on, next after this one in its line."""
    for row in load(SqlServerTls12).rows:
        first = SqlServer.parse(row.first)
        newer = (first.major, first.minor) == (build.major, build.minor) and first > build
        if newer and row.supported and not row.crashes:
            return row
    return None


def sqlserver_release(build: str) -> SqlServerRelease | None:
    """The release of SQL Server with this build."""
    return load(SqlServerRelease).get(str(SqlServer.parse(build)))


def database_support(product: str, version: str, manager: DeepSecurity) -> Database | None:
    """Whether a manager takes a database.

    Args:
        product: as the table names it, e.g. "SQL Server Express".
        version: as the server reports it.
        manager: that is to use it.

    Raises:
        VersionError: the manager is a line, and its builds differ.
    """
    for row in load(Database).rows:
        fits = row.version is None or version.startswith(row.version)
        if row.product == product and fits and manager in row.manager:
            return row
    return None


def upgrade_space(manager: DeepSecurity) -> UpgradeSpace | None:
    """How much must be free in the database while its schema is upgraded for a manager."""
    return next((row for row in load(UpgradeSpace).rows if manager in row.manager), None)


def login_right(product: str) -> LoginRight | None:
    """What the manager's login must be in a database of this product."""
    return load(LoginRight).get(product)


def sizing(deep_security: DeepSecurity, agents: int) -> ManagerSizing | None:
    """What a manager node of this version needs at this number of agents."""
    for row in load(ManagerSizing).rows:
        fits = row.agents_from <= agents and (row.agents_below is None or agents < row.agents_below)
        if fits and _deep_security(row.deep_security) == deep_security.line:
            return row
    return None


def relay_footprint(deep_security: DeepSecurity) -> RelayFootprint | None:
    """What a relay of this version takes beside a manager."""
    rows = load(RelayFootprint).rows
    return next((r for r in rows if _deep_security(r.deep_security) == deep_security.line), None)


def manager_disk(manager: DeepSecurity) -> ManagerDisk | None:
    """The free disk that the installer of this manager needs."""
    return next((row for row in load(ManagerDisk).rows if manager in row.manager), None)


def floor(of: Need) -> Floor:
    """The least of something, by a rule of our own."""
    return next(row for row in load(Floor).rows if row.of == of)


def manager_os(system: str, manager: DeepSecurity) -> ManagerOs | None:
    """Whether the manager runs on a system such as "RHEL 7", in either case.

    Raises:
        VersionError: the manager is a line, and its builds differ.
    """
    rows = (row for row in load(ManagerOs).rows if row.os.casefold() == system.casefold())
    return next((row for row in rows if manager in row.manager), None)


def manager_partners(manager: DeepSecurity) -> tuple[ManagerPartner, ...]:
    """What a manager of this version reaches over TLS, by a Java that its upgrade replaces."""
    return tuple(row for row in load(ManagerPartner).rows if manager in row.manager)


def memory_reserve() -> KernelReserve:
    """What Linux keeps from its MemTotal."""
    return load(KernelReserve).rows[0]


def deep_security_hop(
    product: Literal["manager", "agent", "appliance", "relay"],
    before: DeepSecurity,
    after: DeepSecurity,
) -> DeepSecurityHop | None:
    """Whether the product may go to a version of another line in one hop."""
    for row in load(DeepSecurityHop).rows:
        if row.product == product and before in row.before and after in row.after:
            return row
    return None


def relay_floor(relay: DeepSecurity, platform: Literal["linux", "windows"]) -> RelayFloor | None:
    """The lowest relay of this one's line that can check the signature of agent packages.

    For one that is older than every line of the table it is that of the oldest, which it misses.
    """
    rows = load(RelayFloor).rows
    oldest = min(rows, key=lambda row: _deep_security(row.line))
    if relay.line < _deep_security(oldest.line):
        return oldest
    for row in rows:
        if _deep_security(row.line) == relay.line and row.platform in (None, platform):
            return row
    return None


def agent_signatures(agent: DeepSecurity) -> tuple[AgentSignature, ...]:
    """How an agent for Windows is signed.

    Raises:
        VersionError: it is a line, and its builds differ.
    """
    return tuple(row for row in load(AgentSignature).rows if agent in row.agent)


def refused_certificates(agent: DeepSecurity, manager: DeepSecurity) -> dict[str, AgentHandshake]:
    """Which certificates of a manager an agent refuses, by the hash that they are signed with.

    Raises:
        VersionError: one of them is a line, and its builds differ.
    """
    rows = load(AgentHandshake).rows
    return {row.hash: row for row in rows if agent in row.agent and manager in row.manager}


def windows_signatures(
    kind: Literal["SHA-2", "Azure Code Signing"], system: int
) -> tuple[WindowsSignature, ...]:
    """What makes a Windows accept a signature; the newest that has it natively, where it is newer.

    Args:
        kind: of the signature.
        system: CurrentBuildNumber, e.g. 14393.
    """
    rows = [row for row in load(WindowsSignature).rows if row.kind == kind and row.system]
    own = [row for row in rows if int(row.system or 0) == system]
    older = [row for row in rows if row.native and int(row.system or 0) < system]
    return tuple(own or sorted(older, key=lambda row: int(row.system or 0))[-1:])


def agent_disk(platform: Literal["linux", "windows"]) -> tuple[AgentFootprint, ...]:
    """The least disk that texts name for an agent, the largest figure first.

    Raises:
        Undetermined: no row names any.
    """
    rows = load(AgentFootprint).rows
    fitting = [r for r in rows if (r.role, r.platform, r.kind) == ("agent", platform, "minimum")]
    named = [row for row in fitting if row.disk_gib]
    if not named:
        raise Undetermined(
            Text(
                "no row of {table} names the disk of an agent on {platform}",
                table="agent_footprint",
                platform=platform,
            )
        )
    return tuple(sorted(named, key=lambda row: -(row.disk_gib or 0)))


def kernel_scope(system: str, kernel: str) -> KernelScope | None:
    """Why the vendor has no drivers for a kernel of a system; None where no row says it."""
    names = {"system": system.lower(), "kernel": kernel.lower()}
    return next((row for row in load(KernelScope).rows if row.mark in names[row.of]), None)


def secure_boot_keys(system: str, agent: DeepSecurity, day: dt.date) -> tuple[SecureBootKey, ...]:
    """The keys that sign an agent's modules for a system such as "RHEL 7", and hold on a day.

    Raises:
        VersionError: the agent is a line, and its builds differ.
    """
    names = {system, system.rpartition(" ")[0]}
    rows = [row for row in load(SecureBootKey).rows if names & set(row.systems)]
    return tuple(row for row in rows if agent in row.agent and day < row.expires)


def replaced_secure_boot_keys(hashes: Collection[str]) -> tuple[SecureBootKey, ...]:
    """The keys with one of these SHA-256 that another key has replaced."""
    rows = load(SecureBootKey).rows
    return tuple(row for row in rows if row.sha256 in hashes and row.replaced_by)


def agents_for(platform: str) -> tuple[OsAgent, ...]:
    """What is known of agents for the system that a manager reports as this platform, oldest first.

    So the last row that supports it names the newest agents that it can have.
    """
    rows = load(OsAgent).rows
    told = {row.machine for row in rows if row.machine and row.machine in platform}
    fitting = (row for row in rows if row.machine in told or not (told or row.machine))
    return _of_platform(fitting, platform)


def os_agent(platform: str, agent: DeepSecurity) -> OsAgent | None:
    """Whether the agent protects the system that a manager reports as this platform.

    Raises:
        VersionError: the agent is a line, and its builds differ.
    """
    return next((row for row in agents_for(platform) if agent in row.agent), None)


def os_appliance(platform: str, appliance: DeepSecurity) -> OsAppliance | None:
    """Whether the appliance protects the system, without an agent in it."""
    rows = _of_platform(load(OsAppliance).rows, platform)
    return next((row for row in rows if appliance in row.appliance), None)


def package_platform(platform: str) -> PackagePlatform | None:
    """Which package serves the system that a manager reports as this platform."""
    fitting = [
        row
        for row in load(PackagePlatform).rows
        if (begins if row.family else is_release)(platform, row.platform)
    ]
    return max(fitting, key=lambda row: len(row.platform), default=None)


def unserved_agents(agent: DeepSecurity) -> KernelPackage | None:
    """The kernel support packages that do not serve an agent, though they are of its line.

    Raises:
        VersionError: it is a line, and its builds differ.
    """
    return next((row for row in load(KernelPackage).rows if agent in row.agent), None)


def switch_floors(
    change: Literal["vcenter", "nsx-migration"], vcenter: VSphere
) -> tuple[SwitchFloor, ...]:
    """What a change asks of a distributed switch: of the switch, and of its Network I/O Control.

    Args:
        change: which one.
        vcenter: the release that vCenter is upgraded to; of a migration, the one that it runs on.
    """
    rows = load(SwitchFloor).rows
    return tuple(row for row in rows if row.change == change and vcenter in row.vcenter)


def extension_owner(key: str, company: str) -> str | None:
    """Whose an extension of vCenter is, by its key and its company."""
    told = f"{key} {company}".lower()
    return next((row.owner for row in load(ExtensionOwner).rows if row.word in told), None)


def extension_need(key: str, company: str) -> ExtensionNeed | None:
    """What the product of an extension of vCenter needs before vCenter is upgraded."""
    told = f"{key} {company}".lower()
    return next((row for row in load(ExtensionNeed).rows if row.word in told), None)


def _of_platform(rows: Iterable[AnyGuest], platform: str) -> tuple[AnyGuest, ...]:
    """The rows of the system whose name says most of the platform: 2012 R2 rather than 2012."""
    fitting = [(row, _longest_name(row, platform)) for row in rows]
    longest = max((length for _, length in fitting), default=0)
    return tuple(row for row, length in fitting if length and length == longest)


def _longest_name(row: Guest, platform: str) -> int:
    """How much of the platform a system's names say; 0 where it is another system."""
    fits = begins if row.family else is_release
    return max((len(name) for name in row.names if fits(platform, name)), default=0)


def is_release(platform: str, name: str) -> bool:
    """Whether the platform is this system, of any edition: a number behind it is another one's."""
    return begins(platform, name) and not platform[len(name) :].lstrip()[:1].isdigit()


def begins(platform: str, name: str) -> bool:
    """Whether the platform is of this name: RHEL 10 is no RHEL 1."""
    return platform.startswith(name) and not platform[len(name) :][:1].isalnum()


def tls_rule(
    source: DeepSecurity | None, target: DeepSecurity, installation: Literal["new", "upgrade"]
) -> DatabaseTlsRule | None:
    """The first rule that fits.

    Args:
        source: today's manager; None where there is none or where it is not known.
        target: the manager that is installed.
        installation: for an upgrade from an unknown source the answer is None as soon as a rule
            turns on the source.
    """
    for row in load(DatabaseTlsRule).rows:
        if row.installation != installation or not _between(
            target, row.target_from, row.target_below
        ):
            continue
        if not (row.source_from or row.source_below):
            return row
        if source is None:
            return None
        if _between(source, row.source_from, row.source_below):
            return row
    return None


def _between(version: DeepSecurity, first: str | None, below: str | None) -> bool:
    """Whether the version's line lies in a range of lines."""
    starts = first is None or _deep_security(first) <= version.line
    return starts and (below is None or version.line < _deep_security(below))


def partition_limits(partition: str) -> tuple[PartitionLimit, ...]:
    """How full a file system of a vCenter appliance may be, the highest limit first."""
    rows = load(PartitionLimit).rows
    named = [row for row in rows if row.partition == partition]
    limits = named or [row for row in rows if row.partition is None]
    return tuple(sorted(limits, key=lambda row: row.percent or 0, reverse=True))


def certificate_margin(of: str) -> CertificateMargin:
    """How long a certificate of vCenter is to last beyond a change."""
    return next(row for row in load(CertificateMargin).rows if row.of == of)


def certificate_signatures(target: VSphere) -> dict[str, CertificateSignature]:
    """Which digests of certificates this release of vCenter takes; empty where it takes all."""
    rows = load(CertificateSignature).rows
    return {row.digest: row for row in reversed(rows) if target in row.target}


def appliance_size(target: VSphere, hosts: int, vms: int) -> ApplianceSize | None:
    """The smallest appliance of a release that is for so many hosts and VMs."""
    rows = (row for row in load(ApplianceSize).rows if target in row.target)
    fitting = [row for row in rows if row.hosts >= hosts and row.vms >= vms]
    return min(fitting, key=lambda row: row.storage, default=None)


def deployments(target: VSphere) -> dict[str, VCenterDeployment]:
    """What the upgrade to this release does with each deployment of vCenter, by its word for it."""
    rows = load(VCenterDeployment).rows
    return {row.deployment: row for row in reversed(rows) if target in row.target}
