"""Judges facts made by hand with a real check, without pytest's fixtures in between."""

from __future__ import annotations

import importlib.util
import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from types import FunctionType
from typing import Any, NoReturn

from kanmon.check import Card, Finding, Note, Outcome, Problem, Severity, Unknown
from kanmon.environment.change import Attestation, Tolerances
from kanmon.errors import Undetermined
from kanmon.gate.accepted import AnyWaiver
from kanmon.gate.attesting import Moment, attest, questions
from kanmon.gate.judgement import Judgement, judge
from kanmon.knowledge import Citation
from kanmon.suite.made import MADE, made_of, make

HOME = Path(__file__).parents[1] / "checks"
SEEN = datetime(2026, 11, 23, 9, tzinfo=UTC)
"""When whoever answers looked, and when the run judges that."""


@cache
def functions() -> tuple[FunctionType, ...]:
    """Every check function, in the order of files and lines."""
    return tuple(function for path in sorted(HOME.glob("test_*.py")) for function in _of(path))


def _of(path: Path) -> list[FunctionType]:
    spec = importlib.util.spec_from_file_location(f"checks_by_path_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return [value for name, value in vars(module).items() if name.startswith("test_")]


def card(function: Callable[..., None]) -> Card:
    """The card of a check function."""
    marks = [mark for mark in getattr(function, "pytestmark", ()) if mark.name == "check"]
    (found,) = (mark.args[0] for mark in marks)
    assert isinstance(found, Card)
    return found


@cache
def by_id() -> Mapping[str, FunctionType]:
    """Every check function by its permanent id."""
    return {card(function).id: function for function in functions()}


def judged(check_id: str, **facts: Any) -> Judgement:
    """How a check ends on these facts; what it raises beside its judge is left to the caller.

    Args:
        check_id: e.g. "DSM-NODE-001".
        facts: what the check asks for, each by its name; what is made of others may be left out.
    """
    function = by_id()[check_id]
    severity = card(function).severity
    judge = _Recorder(severity)
    try:
        function(**_given(function, facts), judge=judge)
    except Undetermined as error:
        return Judgement(Outcome.UNDETERMINED, severity, error.message)
    except _NotApplicable as error:
        return Judgement(Outcome.NOT_APPLICABLE, severity, str(error))
    assert judge.made is not None, f"{check_id} ended without a judge"
    return judge.made


def _given(function: FunctionType, facts: Mapping[str, Any]) -> dict[str, Any]:
    """What a check gets: the facts, and what is made of them."""
    names = set(inspect.signature(function).parameters) - {"judge"}
    stray = facts.keys() - {part for name in names for part in _parts(name)}
    assert not stray, f"{function.__name__} asks for no {', '.join(sorted(stray))}"

    def given(name: str) -> Any:
        if name in MADE and name not in facts:
            return make(name, given)
        return facts.get(name, USUAL[name]) if name in USUAL else facts[name]

    return {name: given(name) for name in inspect.signature(function).parameters if name in names}


def _parts(name: str) -> Iterator[str]:
    """What may be given for a parameter: itself, or what it is made of."""
    yield name
    for part in made_of(name) if name in MADE else ():
        yield from _parts(part)


def nobody_accepts(
    check: str, slug: str, findings: Sequence[Finding]
) -> list[tuple[Finding, AnyWaiver | None]]:
    """An estate without waivers."""
    del check, slug
    return [(one, None) for one in findings]


USUAL: Mapping[str, Any] = {"accept": nobody_accepts, "unseen": {}}
"""What a check gets of it where its test says nothing: no waiver, and every object was read."""


def told(judgement: Judgement) -> list[tuple[str, str, str]]:
    """What a report says of each finding: subject, found, expected."""
    return [(finding.subject, finding.found, finding.expected) for finding in judgement.findings]


def missed(judgement: Judgement) -> list[tuple[str, str]]:
    """What a report says of each object that could not be judged: subject, reason."""
    return [(unknown.subject, unknown.reason) for unknown in judgement.unknown]


class _NotApplicable(Exception):  # noqa: N818 - the name is the outcome
    """The check said that its claim has no meaning here."""


class _Recorder:
    """A ``kanmon.check.Judge`` that keeps the judgement."""

    def __init__(self, severity: Severity) -> None:
        self.severity = severity
        self.made: Judgement | None = None

    def __call__(
        self,
        *,
        examined: int,
        of: str,
        problems: Iterable[Problem] = (),
        severity: Severity | None = None,
        rests_on: Sequence[Citation] = (),
        notes: Sequence[Note] = (),
    ) -> None:
        assert self.made is None, "a check is judged once, and this is the second time"
        mixed = list(problems)
        self.made = judge(
            self.severity if severity is None else severity,
            examined=examined,
            of=of,
            findings=[one for one in mixed if isinstance(one, Finding)],
            unknown=[one for one in mixed if isinstance(one, Unknown)],
            rests_on=rests_on,
            notes=notes,
        )

    def not_applicable(self, reason: str) -> NoReturn:
        raise _NotApplicable(reason)

    def undetermined(self, reason: str) -> NoReturn:
        raise Undetermined(reason)


def answered(check_id: str, judgement: Judgement, target: str | None = None) -> Judgement:
    """The judgement once a named person answers for all of it that one may answer for.

    What nobody may answer for stays open.
    """
    of = card(by_id()[check_id])
    attestations = [
        Attestation(
            check=check_id,
            target=target,
            subjects=list(one.subjects),
            answers=one.answers,
            bound=one.bound,
            says="seen to",
            by="Taro Yamada",
            at=SEEN,
        )
        for one in questions(judgement, of)
    ]
    return attest(judgement, of, target, attestations, Moment(SEEN, Tolerances()))
