"""``kanmon verify``: whether a run is what kanmon wrote, and whether the runs before it are."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from kanmon.evidence import manifest as manifests
from kanmon.evidence import signature
from kanmon.evidence.manifest import SIGNATURE, Manifest, NotIntact
from kanmon.evidence.signature import NotSigned
from kanmon.gate.verdict import Gate
from kanmon.report.words import moment


@dataclass(frozen=True, slots=True)
class Asked:
    """What a verification looks at.

    Attributes:
        alone: only the run itself, not the runs before and after it.
        allowed: file of allowed signers; with it, a run without a signature of one of them is not
            intact.
        signer: the one who must have signed, None for anybody in the file.
        at: when the verdict is to hold, aware; None where nobody asks.
    """

    alone: bool = False
    allowed: Path | None = None
    signer: str | None = None
    at: datetime | None = None


@dataclass(slots=True)
class Verified:
    """What came of it: faults, and what is good to know; intact where there is no fault.

    Attributes:
        verdict: of the run, as its manifest says it; None where that is of no use.
        over: it does not hold at the time that was asked for.
    """

    run: Path
    faults: list[str] = field(default_factory=list)
    known: list[str] = field(default_factory=list)
    verdict: str | None = None
    over: bool = False

    @property
    def status(self) -> int:
        """The exit status of the run's verdict; of a run that is not intact, that of a NO-GO.

        Of a verdict that is over it is that of an INCOMPLETE: nobody can say what is so by now.
        """
        gate = next((one for one in Gate if one.word == self.verdict), Gate.NO_GO)
        if not self.intact:
            gate = Gate.NO_GO
        elif self.over:
            gate = Gate.INCOMPLETE
        return gate.exit_status

    @property
    def intact(self) -> bool:
        """Not one fault."""
        return not self.faults

    def __str__(self) -> str:
        word = "intact" if self.intact else "NOT INTACT"
        return "\n  ".join([f"{self.run.name}: {word}", *self.faults, *self.known])


def verify(run: Path, asked: Asked) -> Verified:
    """Look at every byte of a run, at its signature, and at the chain that it stands in."""
    told = Verified(run)
    manifest = _own(run, told)
    if manifest is None:
        return told
    told.known.append(_about(manifest))
    if asked.at and told.intact:
        _holds(run, asked.at, told)
    _signature(run, manifest, asked, told)
    if asked.alone:
        told.known.append("the runs before and after it were not looked at (--alone)")
    else:
        _beside(run, manifest, _chain(run, manifest, told), told)
    return told


def _own(run: Path, told: Verified) -> Manifest | None:
    """The manifest of a run, None where it is of no use; the run's files are compared with it."""
    try:
        manifest = manifests.read(run)
    except NotIntact as error:
        told.faults.append(str(error))
        return None
    if manifest.run != run.name:
        told.faults.append(f"it is the manifest of another run: {manifest.run}")
    told.faults += manifests.changes(run, manifest)
    told.verdict = manifest.verdict
    if (said := _said(run)) not in (None, manifest.verdict):
        told.faults.append(f"its manifest says {manifest.verdict}, its evidence {said}")
    return manifest


def _said(run: Path) -> str | None:
    """The verdict that stands in the evidence of a run; None where there is none to be read."""
    try:
        return str(json.loads((run / "results.json").read_text(encoding="utf-8"))["verdict"])
    except (OSError, ValueError, LookupError, TypeError):
        return None  # a file that is changed or gone is told by its digest


def _holds(run: Path, at: datetime, told: Verified) -> None:
    """Say whether the verdict holds at a time."""
    evidence = json.loads((run / "results.json").read_text(encoding="utf-8"))
    life = evidence.get("valid_until")
    if life is None:
        told.known.append(f"{told.verdict}: it opens nothing that could end")
        return
    until, asked = datetime.fromisoformat(life["at"]), moment(at.isoformat())
    told.over = at > until
    word = "is OVER" if told.over else "holds"
    told.known.append(
        f"{told.verdict} {word} at {asked}: until {moment(life['at'])}, {life['why']}"
    )


def _about(manifest: Manifest) -> str:
    who = manifest.operator
    sudo = f" (sudo by {who.sudo})" if who.sudo else ""
    origin = f", logged in from {who.login_from}" if who.login_from else ""
    return (
        f"{manifest.verdict}, {len(manifest.files)} files, written "
        f"{moment(manifest.written.isoformat())} by {who.user}{sudo} on {who.host}{origin}"
    )


def _signature(run: Path, manifest: Manifest, asked: Asked, told: Verified) -> None:
    if not (manifest.signed_with or asked.allowed or (run / SIGNATURE).exists()):
        told.known.append("not signed: its manifest proves no more than docs/integrity.md says")
        return
    try:
        key = signature.check(run)
        signer = asked.allowed and signature.verify(run, asked.allowed, asked.signer)
    except NotSigned as error:
        told.faults.append(f"signature: {error}")
        return
    if key != manifest.signed_with:
        named = manifest.signed_with or "no key"
        told.faults.append(f"signature: it is of {key}, but the manifest names {named}")
    whose = f"by {signer}" if signer else "by whom, --allowed-signers tells,"
    told.known.append(f"signed {whose} with {key}")


def _chain(run: Path, manifest: Manifest, told: Verified) -> set[str]:
    """Follow the runs before to the first one; the names of those that were come to."""
    seen = [run.name]
    before = manifest.previous
    while before:
        if before.run in seen or Path(before.run).name != before.run:
            told.faults.append(f"chain: {before.run} comes before itself, or is no run")
            return set(seen)
        seen.append(before.run)
        earlier = run.parent / before.run
        if fault := _link(earlier, before.sha256):
            told.faults.append(f"chain: broken at {before.run}: {fault}")
            return set(seen)
        found = manifests.read(earlier)
        told.faults += [
            f"chain: {earlier.name}: {fault}" for fault in manifests.changes(earlier, found)
        ]
        before = found.previous
    told.known.append(f"chain: {_runs(len(seen))}, the first of them {seen[-1]}")
    return set(seen)


def _link(earlier: Path, sha256: str) -> str | None:
    """What is wrong with the manifest of an earlier run, None where it is the one named."""
    if not earlier.is_dir():
        return "the run is missing"
    try:
        manifests.read(earlier)
        same = manifests.digest(earlier) == sha256
    except NotIntact as error:
        return str(error)
    return None if same else "its manifest is not the one that the run after it saw"


def _beside(run: Path, own: Manifest, seen: set[str], told: Verified) -> None:
    """Whether a later run names this one as it is, and whether an older one stands in no chain."""
    named, younger = False, 0
    for other in (one for one in manifests.beside(run.parent) if one.name not in seen):
        try:
            manifest = manifests.read(other)
        except NotIntact:
            continue  # told when that run is verified
        before = manifest.previous
        if before and before.run == run.name:
            named = True
            if before.sha256 != manifests.digest(run):
                told.faults.append(f"chain: the later run {other.name} saw another manifest of it")
        elif manifest.written > own.written:
            younger += 1
        elif not any(fault.startswith("chain: broken") for fault in told.faults):
            told.faults.append(f"chain: no run names {other.name}, which is older than this one")
    if younger and not named:
        told.faults.append(f"chain: {_runs(younger)} came later, and none of them names it")


def _runs(count: int) -> str:
    return f"{count} run{'' if count == 1 else 's'}"
