"""All that a board accepts of an environment: waivers by hand, and those of runs."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from pydantic import Field, ValidationError

from kanmon.environment.file import WAIVERS, Environment, faults
from kanmon.environment.targets import Model
from kanmon.errors import UsageError
from kanmon.gate.run_waivers import RunWaiver
from kanmon.gate.waivers import State, Waiver

AnyWaiver = Waiver | RunWaiver
M = TypeVar("M", bound=Model)


class _File(Model):
    waiver: list[Waiver] = Field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Waivers:
    """The waivers of an environment.

    Attributes:
        text: of the file that is written by hand; None where there is none.
        each: those of the file in its order, then those of runs.
        files: the texts of those of runs, by name.
        allowed_signers: SHA-256 of the file that says whose signatures are believed.
    """

    text: str | None
    each: tuple[AnyWaiver, ...]
    files: Mapping[str, str] = field(default_factory=dict)
    allowed_signers: str | None = None

    @property
    def of_runs(self) -> dict[str, RunWaiver]:
        """Those of runs, by the name of their file."""
        runs = [one for one in self.each if isinstance(one, RunWaiver)]
        return dict(zip(self.files, runs, strict=True))


@dataclass(frozen=True, slots=True)
class Told:
    """What became of a waiver in a run.

    Attributes:
        matched: findings that it names, whether or not it applies to them.
    """

    waiver: AnyWaiver
    state: State
    matched: int


def beside(path: Path) -> Path:
    """Where the waivers of an environment file stand."""
    return path.with_name(path.stem + WAIVERS)


def of_runs(path: Path) -> Path:
    """The directory of the waivers of runs, by the file of the others."""
    return path.with_suffix("")


def load(path: Path, environment: Environment, waived: str = "") -> Waivers | None:
    """The waivers of a file, and of the directory of its name; None where there is neither.

    Args:
        path: of the file.
        environment: that they are of.
        waived: what stands before the file's own; of a simulated estate what its board accepts.

    Raises:
        UsageError: a file cannot be read, is not TOML, or does not hold together.
    """
    slugs = [target.slug for target in environment.targets]
    text = _text(path)
    text = "\n".join((waived, text or "")) if waived else text
    by_hand = _parsed(path, text or "", _File, slugs).waiver
    home = of_runs(path)
    files = {one.name: _text(one) or "" for one in sorted(home.glob("*.toml"))}
    of_run = [_parsed(home / name, told, RunWaiver, slugs) for name, told in files.items()]
    if wrong := list(_strangers(by_hand, slugs)):
        raise UsageError("\n  ".join([f"{path} cannot be used:", *wrong]))
    return Waivers(text, (*by_hand, *of_run), files) if text is not None or files else None


def _text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8-sig")  # Windows' editors put a mark before it
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read: {error}") from None


def _parsed(path: Path, text: str, model: type[M], slugs: Sequence[str]) -> M:
    try:
        return model.model_validate(tomllib.loads(text), context=slugs)
    except ValidationError as error:
        raise UsageError("\n  ".join([f"{path} cannot be used:", *faults(error)])) from None
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path} is not TOML: {error}") from None


def _strangers(each: Sequence[Waiver], slugs: Sequence[str]) -> Iterator[str]:
    """The targets that no environment names, each with what was expected."""
    for number, one in enumerate(each):
        if one.target is not None and one.target not in slugs:
            expected = ", ".join(slugs)
            yield f"waiver.{number}.target names {one.target!r}, expected a target: {expected}"
