"""The environment file: what an operator writes about an estate (``envs/<name>.toml``).

Unknown keys, wrong types, dangling relations and duplicate slugs are errors that name the file, the
key and what was expected.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, ValidationError, model_validator

from kanmon.environment.change import Attestation, Change, PlannedStep, Tolerances, Upgrade
from kanmon.environment.credentials import Credential, Login, resolve
from kanmon.environment.targets import (
    KINDS,
    Database,
    Dsm,
    DsmNode,
    Endpoint,
    Linux,
    ManagerHost,
    Model,
    NsxT,
    NsxV,
    Target,
    Targets,
    Text,
    VCenter,
    Windows,
    WindowsMachine,
    place,
    takes_key,
)
from kanmon.errors import UsageError
from kanmon.knowledge import Overlay, read_overlay

__all__ = [
    "KINDS",
    "WAIVERS",
    "Database",
    "Dsm",
    "DsmNode",
    "Environment",
    "Linux",
    "ManagerHost",
    "NsxT",
    "NsxV",
    "Target",
    "VCenter",
    "Windows",
    "WindowsMachine",
    "faults",
    "load",
    "names",
    "parse",
]

WAIVERS = ".waivers.toml"
"""How the name of a file of waivers ends: it stands beside environments and is none."""


SeverityName = Literal["advice", "warning", "blocker"]


class Lab(Model):
    """A simulated estate: started for the run, stopped after it; it gives every target."""

    world: Text


class Knowledge(Model):
    """The operator's own rules.

    Attributes:
        overlay: directory of tables whose rows stand before the project's.
    """

    overlay: Text


class Environment(Targets):
    """A whole environment file."""

    name: str
    change: Change | None = None
    upgrade: Upgrade = Upgrade()
    plan: list[PlannedStep] = Field(default_factory=list)
    credentials: dict[str, Credential] = Field(default_factory=dict)
    severity: dict[str, SeverityName] = Field(default_factory=dict)
    tolerances: Tolerances = Field(default_factory=Tolerances)
    attestation: list[Attestation] = Field(default_factory=list)
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
            if target.kind == kind and isinstance(target, Endpoint | Linux | ManagerHost):
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
        for host in self.manager_host:
            yield f"manager_host {host.slug}: node", host.node, "dsm node"
        for windows in self.windows:
            if windows.from_dsm:
                yield f"windows {windows.slug}: from_dsm", windows.from_dsm, "dsm"

    def _attested(self) -> Iterator[tuple[str, str, str]]:
        for attestation in self.attestation:
            if attestation.target is not None:
                yield f"attestation of {attestation.check}: target", attestation.target, "target"

    def _planned(self) -> Iterator[tuple[str, str, str]]:
        for number, planned in enumerate(self.plan, start=1):
            for slug in planned.vcenters or ():
                yield f"plan, step {number}: vcenters", slug, "vcenter"

    def _dangling(self) -> Iterator[str]:
        known = {kind: [target.slug for target in self.of_kind(kind)] for kind in KINDS}
        known["dsm node"] = [node.slug for dsm in self.dsm for node in dsm.nodes]
        known["target"] = [*(target.slug for target in self.targets), *known["dsm node"]]
        for key, slug, kind in (*self._relations(), *self._attested(), *self._planned()):
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


def names(directory: Path) -> list[str]:
    """The environments of a directory."""
    files = directory.glob("*.toml") if directory.is_dir() else ()
    return sorted(path.stem for path in files if not path.name.endswith(WAIVERS))


def load(path: Path) -> Environment:
    """The environment of a file; its name is the file's.

    Raises:
        UsageError: the file is absent, is not TOML, or does not hold together.
    """
    if path.name.endswith(WAIVERS):
        raise UsageError(f"{path} is a file of waivers: name the environment that it is of")
    try:
        text = path.read_text(encoding="utf-8-sig")  # Windows' editors put a mark before it
    except FileNotFoundError:
        known = ", ".join(names(path.parent)) or "none"
        raise UsageError(
            f"there is no environment {path.stem!r}: {path} (there are: {known})"
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
        return Environment.model_validate({**_linux_as_linux(values), "name": name})
    except ValidationError as error:
        raise UsageError("\n  ".join([f"{path} cannot be used:", *faults(error)])) from None


def _linux_as_linux(values: dict[str, Any]) -> dict[str, Any]:
    """The values where a manager's host on Linux stands as ``[[linux]]`` with its node."""
    hosts, linux = values.get("manager_host"), values.get("linux", [])
    if not (isinstance(hosts, list) and isinstance(linux, list)):
        return values
    moved = [one for one in hosts if isinstance(one, dict) and one.get("platform") == "linux"]
    as_linux = [{key: one[key] for key in one if key != "platform"} for one in moved]
    rest = [one for one in hosts if one not in moved]
    return {**values, "linux": [*linux, *as_linux], "manager_host": rest}


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
