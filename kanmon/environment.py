"""The environment file: what an operator writes about an estate (``envs/<name>.toml``).

Unknown keys, wrong types, dangling relations and duplicate slugs are errors that name the file, the
key and what was expected.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, AwareDatetime, Field, ValidationError, model_validator

from kanmon.credentials import SCHEMES, Login, is_reference, resolve
from kanmon.errors import UsageError
from kanmon.knowledge import Overlay, read_overlay
from kanmon.steps import NSX, VSPHERE
from kanmon.targets import (
    KINDS,
    Database,
    Dsm,
    DsmNode,
    Endpoint,
    Linux,
    Model,
    NsxT,
    NsxV,
    Target,
    Text,
    VCenter,
    Windows,
    WindowsMachine,
    place,
    takes_key,
)
from kanmon.versions import DeepSecurity, Nsx, VersionError, VSphere

__all__ = [
    "KINDS",
    "Database",
    "Dsm",
    "DsmNode",
    "Environment",
    "Linux",
    "NsxT",
    "NsxV",
    "Target",
    "VCenter",
    "Windows",
    "WindowsMachine",
    "faults",
    "load",
    "parse",
]


def _reference(text: str) -> str:
    if not is_reference(text):
        raise ValueError(f"a secret never stands in this file: write {SCHEMES}")
    return text


def _path(text: str) -> str:
    if "\n" in text or "PRIVATE KEY" in text:
        raise ValueError("a key never stands in this file: write the path of its file")
    return text


SecretReference = Annotated[str, AfterValidator(_reference)]
SeverityName = Literal["advice", "warning", "blocker"]


class Window(Model):
    """The change window; both ends carry a time zone."""

    start: AwareDatetime
    end: AwareDatetime

    @model_validator(mode="after")
    def _ends_after_start(self) -> Self:
        if self.end <= self.start:
            raise ValueError("the window ends before it starts")
        return self


class Change(Model):
    """The change that the run gates."""

    number: Text
    window: Window


def _version(parse: Callable[[str], object]) -> AfterValidator:
    """Refuse a version that its family does not understand."""

    def understood(text: str) -> str:
        try:
            parse(text)
        except VersionError as error:
            raise ValueError(str(error)) from None
        return text

    return AfterValidator(understood)


def _whole_nsx(text: str) -> str:
    """A line such as NSX-T 3.1 fits no row: its releases differ in what they fit."""
    if len(Nsx.parse(text).numbers) < 3:  # noqa: PLR2004 - of 3.1.2
        raise ValueError(f"got {text!r}, expected a release as in NSX-T 3.1.2")
    return text


class Upgrade(Model):
    """Where the estate is to end; today's versions are read, not written.

    Attributes:
        deep_security: of the manager, and of what the next two do not say.
        agent: of agents and relays.
        appliance: of the appliances.
    """

    vcenter: Annotated[Text, _version(VSphere.parse)] | None = None
    esxi: Annotated[Text, _version(VSphere.parse)] | None = None
    nsx: Annotated[Text, _version(Nsx.parse), AfterValidator(_whole_nsx)] | None = None
    deep_security: Annotated[Text, _version(DeepSecurity.parse)] | None = None
    agent: Annotated[Text, _version(DeepSecurity.parse)] | None = None
    appliance: Annotated[Text, _version(DeepSecurity.parse)] | None = None
    installation: Literal["upgrade", "new"] = "upgrade"


class Tolerances(Model):
    """What the operator accepts; the defaults are kanmon's policy, not a vendor's.

    Attributes:
        backup_hours: age of a backup at the time of the run.
        snapshot_hours: age of a snapshot; VMware's KB 1025279 asks for no more than 72 hours.
        clock_seconds: how far two clocks may be apart.
    """

    backup_hours: Annotated[float, Field(gt=0)] = 24
    snapshot_hours: Annotated[float, Field(gt=0)] = 72
    clock_seconds: Annotated[float, Field(gt=0)] = 60


class PlannedStep(Model):
    """A step of the order in which the operator means to go.

    Attributes:
        vcenter: where the step takes vCenter, for a vsphere step; its end where left out.
        esxi: likewise the hosts.
        vcenters: the vCenters that it is about; all that it concerns where left out.
    """

    step: Literal[
        "vsphere-bridge",
        "manager",
        "agent",
        "appliance",
        "nsxt-build",
        "nsx-migration",
        "vsphere-target",
    ]
    vcenter: Annotated[Text, _version(VSphere.parse)] | None = None
    esxi: Annotated[Text, _version(VSphere.parse)] | None = None
    vcenters: Annotated[list[Text], Field(min_length=1)] | None = None

    @model_validator(mode="after")
    def _says_where_to(self) -> Self:
        if self.step == "vsphere-bridge" and not (self.vcenter or self.esxi):
            raise ValueError("a vsphere-bridge says the release that vcenter and esxi go to")
        if self.step not in VSPHERE and (self.vcenter or self.esxi):
            raise ValueError(f"vcenter and esxi move in {' and '.join(VSPHERE)} only")
        if self.step not in (*VSPHERE, *NSX) and self.vcenters:
            raise ValueError(f"{self.step} is about managers: it names no vcenters")
        return self


class Credential(Model):
    """Where a login is to be found."""

    username: Text | None = None
    password: SecretReference | None = None
    api_key: SecretReference | None = None
    private_key: Annotated[Text, AfterValidator(_path)] | None = None
    passphrase: SecretReference | None = None

    @model_validator(mode="after")
    def _is_complete(self) -> Self:
        if self.username and not (self.password or self.private_key):
            raise ValueError("a username needs a password or a private_key")
        if not self.username and not self.api_key:
            raise ValueError("expected a username with a password or private_key, or an api_key")
        return self


class Lab(Model):
    """A simulated estate: started for the run, stopped after it; it gives every target."""

    world: Text


class Knowledge(Model):
    """The operator's own rules.

    Attributes:
        overlay: directory of tables whose rows stand before the project's.
    """

    overlay: Text


class Environment(Model):
    """A whole environment file."""

    name: str
    change: Change | None = None
    upgrade: Upgrade = Upgrade()
    plan: list[PlannedStep] = Field(default_factory=list)
    vcenter: list[VCenter] = Field(default_factory=list)
    nsxv: list[NsxV] = Field(default_factory=list)
    nsxt: list[NsxT] = Field(default_factory=list)
    dsm: list[Dsm] = Field(default_factory=list)
    database: list[Database] = Field(default_factory=list)
    linux: list[Linux] = Field(default_factory=list)
    windows: list[Windows] = Field(default_factory=list)
    credentials: dict[str, Credential] = Field(default_factory=dict)
    severity: dict[str, SeverityName] = Field(default_factory=dict)
    tolerances: Tolerances = Field(default_factory=Tolerances)
    knowledge: Knowledge | None = None
    lab: Lab | None = None

    @cached_property
    def targets(self) -> tuple[Target, ...]:
        """Every target, in the order of the kinds and of the file."""
        return tuple(target for kind in KINDS for target in getattr(self, kind))

    def of_kind(self, kind: str) -> tuple[Target, ...]:
        """The targets of one kind, in the order of the file."""
        return tuple(getattr(self, kind))

    def target(self, slug: str) -> Target:
        """The target with this slug.

        Raises:
            KeyError: there is none.
        """
        return {target.slug: target for target in self.targets}[slug]

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        problems = [
            *self._duplicates(),
            *self._same_addresses(),
            *self._dangling(),
            *self._logins(),
        ]
        problems += self._beside_the_lab() if self.lab else self._absent()
        if problems:
            raise ValueError("; ".join(problems))
        return self

    def _beside_the_lab(self) -> Iterator[str]:
        """A lab gives the whole estate: what stands beside it would be read by nobody."""
        for key in sorted(self.model_fields_set - {"name", "lab", "knowledge"}):
            yield f"{key} stands beside [lab], which gives the whole estate: remove one of them"

    def _absent(self) -> Iterator[str]:
        """What the file must name: at least one target, and each product that is to be upgraded."""
        if not self.targets:
            yield f"it names no target: expected tables of {', '.join(KINDS)}"
        products = {
            "vcenter": self.vcenter,
            "esxi": self.vcenter,
            "nsx": [*self.nsxv, *self.nsxt],
            "deep_security": self.dsm,
        }
        kinds = {"esxi": "vcenter", "nsx": "nsxv or nsxt", "deep_security": "dsm"}
        for key, targets in products.items():
            if getattr(self.upgrade, key) and not targets:
                yield f"upgrade.{key} is given, but no {kinds.get(key, key)} is named"
        if (self.nsxv or self.nsxt) and not self.dsm:
            yield "an NSX is named, but no dsm: nobody could tell which VMs an appliance protects"

    def _slugs(self) -> Iterator[str]:
        for target in self.targets:
            yield target.slug
        for dsm in self.dsm:
            yield from (node.slug for node in dsm.nodes)

    def _duplicates(self) -> Iterator[str]:
        seen: set[str] = set()
        for slug in self._slugs():
            if slug in seen:
                yield f"slug {slug!r} is used twice"
            seen.add(slug)

    def _same_addresses(self) -> Iterator[str]:
        """Two targets at one address are one target: the other would never be looked at."""
        for kind in (*KINDS, "node"):
            placed: dict[str, str] = {}
            for slug, where in self._places(kind):
                if where in placed:
                    yield f"{placed[where]} and {slug} have the same address {where}"
                placed[where] = slug

    def _places(self, kind: str) -> Iterator[tuple[str, str]]:
        """Slug or name, and place, of everything of a kind that is dialled."""
        for fleet in self.windows if kind == "windows" else ():
            yield from ((one.name, place(one.address, fleet.port)) for one in fleet.machines)
        for dsm in self.dsm if kind == "node" else ():
            yield from ((one.slug, place(one.address, one.port)) for one in dsm.nodes)
        for target in self.targets:
            if target.kind == kind and isinstance(target, Endpoint | Linux):
                within = f", {target.database}" if isinstance(target, Database) else ""
                yield target.slug, place(target.address, target.port) + within

    def _relations(self) -> Iterator[tuple[str, str, str]]:
        for nsxv in self.nsxv:
            yield f"nsxv {nsxv.slug}: vcenter", nsxv.vcenter, "vcenter"
        for nsxt in self.nsxt:
            for slug in nsxt.vcenters:
                yield f"nsxt {nsxt.slug}: vcenters", slug, "vcenter"
        for dsm in self.dsm:
            yield f"dsm {dsm.slug}: database", dsm.database, "database"
        for linux in self.linux:
            if linux.node:
                yield f"linux {linux.slug}: node", linux.node, "dsm node"
        for windows in self.windows:
            if windows.from_dsm:
                yield f"windows {windows.slug}: from_dsm", windows.from_dsm, "dsm"

    def _planned(self) -> Iterator[tuple[str, str, str]]:
        for number, planned in enumerate(self.plan, start=1):
            for slug in planned.vcenters or ():
                yield f"plan, step {number}: vcenters", slug, "vcenter"

    def _dangling(self) -> Iterator[str]:
        known = {kind: [target.slug for target in self.of_kind(kind)] for kind in KINDS}
        known["dsm node"] = [node.slug for dsm in self.dsm for node in dsm.nodes]
        for key, slug, kind in (*self._relations(), *self._planned()):
            if slug not in known[kind]:
                names = ", ".join(known[kind]) or "none is named"
                yield f"{key} names {slug!r}, expected a {kind}: {names}"

    def _logins(self) -> Iterator[str]:
        for target in self.targets:
            key = f"{target.kind} {target.slug}: credential"
            found = self.credentials.get(target.credential)
            if found is None:
                names = ", ".join(self.credentials) or "none is named"
                yield f"{key} names {target.credential!r}, expected one of [credentials]: {names}"
            elif target.kind != "dsm" and not found.username:
                yield f"{key} {target.credential!r} needs a username"
            elif found.username and not found.password and not takes_key(target):
                yield f"{key} {target.credential!r} needs a password"

    def read_overlay(self) -> Overlay | None:
        """The operator's own tables; None where the file names none.

        Raises:
            KnowledgeError: the directory is not there, or a table in it cannot be used.
        """
        return read_overlay(Path(self.knowledge.overlay)) if self.knowledge else None

    def resolve_logins(self, slugs: frozenset[str], home: Path) -> dict[str, Login]:
        """The logins of the named targets, by the name of the credential.

        Raises:
            UsageError: one or more references point at nothing; all of them are named.
        """
        names = {target.credential for target in self.targets if target.slug in slugs}
        logins: dict[str, Login] = {}
        problems: list[str] = []
        for name in sorted(names):
            try:
                logins[name] = self._login(name, home)
            except UsageError as error:
                problems.append(str(error))
        if problems:
            raise UsageError("\n".join(problems))
        return logins

    def _login(self, name: str, home: Path) -> Login:
        credential = self.credentials[name]
        secrets = {
            field: resolve(reference, f"credentials.{name}.{field}", home)
            for field in ("password", "api_key", "passphrase")
            if (reference := getattr(credential, field))
        }
        key = home / Path(credential.private_key).expanduser() if credential.private_key else None
        if key and not key.is_file():
            raise UsageError(f"credentials.{name}.private_key: there is no file {key}")
        return Login(username=credential.username, private_key=key, **secrets)


def load(path: Path) -> Environment:
    """The environment of a file; its name is the file's.

    Raises:
        UsageError: the file is absent, is not TOML, or does not hold together.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")  # Windows' editors put a mark before it
    except FileNotFoundError:
        known = sorted(p.stem for p in path.parent.glob("*.toml")) if path.parent.is_dir() else []
        names = ", ".join(known) or "none"
        raise UsageError(
            f"there is no environment {path.stem!r}: {path} (there are: {names})"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read: {error}") from None
    return parse(text, path.stem, path)


def parse(text: str, name: str, path: Path) -> Environment:
    """The environment that a TOML text describes; its paths are relative to ``path``'s directory.

    Raises:
        UsageError: the text is not TOML or does not hold together.
    """
    try:
        values = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path} is not TOML: {error}") from None
    if "name" in values:
        raise UsageError(f"{path}: name: unknown key (the file's own name is the environment's)")
    try:
        _absolute_paths(values, path.parent)
    except RuntimeError as error:  # the home of a user that does not exist
        raise UsageError(f"{path}: a path cannot be used: {error}") from None
    try:
        return Environment.model_validate({**values, "name": name})
    except ValidationError as error:
        raise UsageError("\n  ".join([f"{path} cannot be used:", *faults(error)])) from None


def _absolute_paths(values: Any, home: Path) -> None:
    """Turn every path that is judged or read later into an absolute path, in place."""
    if isinstance(values, list):
        for value in values:
            _absolute_paths(value, home)
    elif isinstance(values, dict):
        for key, value in values.items():
            if key in ("ca", "known_hosts", "overlay") and isinstance(value, str) and value:
                values[key] = str(home / Path(value).expanduser())
            else:
                _absolute_paths(value, home)


def faults(error: ValidationError) -> list[str]:
    """What is wrong with a file, a line for each key; no value is repeated: it may be secret."""
    told = []
    for problem in error.errors(include_input=False):
        where = ".".join(str(part) for part in problem["loc"]) or "the file"
        message = problem["msg"].removeprefix("Value error, ")
        unknown = problem["type"] == "extra_forbidden"
        told.append(f"{where}: {'unknown key' if unknown else message}")
    return told
