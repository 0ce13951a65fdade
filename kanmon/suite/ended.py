"""How the check of one target ends: its judgement, and what a crash comes to."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NoReturn

import pytest
from _pytest.outcomes import Failed, Skipped

from kanmon.check import Card, Finding, Note, Outcome, Problem, Severity, Unknown
from kanmon.errors import Undetermined
from kanmon.gate.attesting import attest
from kanmon.gate.judgement import Judged, Judgement, explain, judge
from kanmon.knowledge import Citation
from kanmon.redaction import clean, cleaned
from kanmon.suite.arguments import (
    NotApplicable,
    argument,
    attested_at,
    refuse_needless,
    waived,
)
from kanmon.suite.names import judged_by
from kanmon.suite.run import Run
from kanmon.suite.whole import Claim
from kanmon.text import Text

OWN_JUDGE = "judge"
"""The parameter by which every check says how it ends."""


class Recorder:
    """The judge of a check of one target; see ``kanmon.check.Judge``.

    Attributes:
        made: the judgement that the check came to; None while it has come to none.
    """

    def __init__(
        self, run: Run, card: Card, slug: str | None, parameters: Iterable[str] = ()
    ) -> None:
        self.made: Judgement | None = None
        self._run = run
        self._card = card
        self._slug = slug
        self._parameters = tuple(parameters)

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
        """Record what was examined and found."""
        least = Severity.named(self._run.environment.severity.get(self._card.id, "advice"))
        told = list(problems)
        apart = [one for one in self._apart() if one not in told]
        mixed = [*told, *apart]
        made = judge(
            max(least, self._card.severity if severity is None else severity),
            examined=examined + len(apart),
            of=of,
            findings=[one for one in mixed if isinstance(one, Finding)],
            unknown=[one for one in mixed if isinstance(one, Unknown)],
            rests_on=rests_on,
            notes=notes,
        )
        self._end(answered(self._run, self._card, self._slug, made))

    def _apart(self) -> list[Unknown]:
        """The objects of what the check asked for that could not be read by themselves.

        Those of this run; and of the run before, where the check looks at that too.
        """
        asked = sorted(judged_by(self._run, self._slug, self._parameters))
        apart = self._run.facts.apart if self._run.facts else {}
        found = [Unknown(o.subject, o.reason) for key in asked for o in apart.get(key, ())]
        if "baseline" in self._parameters and (before := self._run.baseline):
            found += [
                Unknown(o.subject, Text("{run}: {reason}", run=before.name, reason=o.reason))
                for key in asked
                for o in before.saved.facts.apart.get(key, ())
            ]
        return list(dict.fromkeys(found))

    def not_applicable(self, reason: str) -> NoReturn:
        """The claim has no meaning here, unless in what could not be read."""
        if not (apart := self._apart()):
            raise NotApplicable(reason)
        unread = [Text("{subject}: {reason}", subject=o.subject, reason=o.reason) for o in apart]
        raise Undetermined(
            Text(
                "{reason}, as far as was read; {unread}",
                reason=reason,
                unread=Text.joined("; ", unread),
            )
        )

    def undetermined(self, reason: str) -> NoReturn:
        """Nobody can say whether the claim holds."""
        raise Undetermined(reason)

    def _end(self, made: Judgement) -> None:
        if self.made is not None:
            raise RuntimeError("a check is judged once, and this is the second time")
        self.made = made = cleaned(made)
        if made.outcome is Outcome.NOT_APPLICABLE:
            raise NotApplicable(made.reason)
        if made.outcome not in (Outcome.PASS, Outcome.WAIVED, Outcome.ATTESTED):
            pytest.fail(explain(made), pytrace=False)


def answered(run: Run, card: Card, slug: str | None, judgement: Judgement) -> Judgement:
    """A judgement with what named persons accept and answer for."""
    accepted = waived(run, card, slug, judgement)
    return attest(accepted, card, slug, run.environment.attestation, attested_at(run))


def settled(
    run: Run,
    card: Card,
    slug: str | None,
    made: Judgement | None,
    error: BaseException | None,
    how: str,
) -> Judgement:
    """The judgement that a check's end comes to.

    Only its judge makes a pass, a fail or a "not applicable"; all else is undetermined. Of what
    could not even be asked a named person may answer, of a check that broke down nobody.

    Args:
        run: that it is of.
        card: of the check.
        slug: of the target under judgement.
        made: what its judge recorded.
        error: what it raised.
        how: pytest's word for its end: "passed", "failed" or "skipped".
    """
    fits = {
        Outcome.PASS: "passed",
        Outcome.FAIL: "failed",
        Outcome.UNDETERMINED: "failed",
        Outcome.NOT_APPLICABLE: "skipped",
        Outcome.WAIVED: "passed",
        Outcome.ATTESTED: "passed",
    }
    if made and fits[made.outcome] == how and not isinstance(error, Undetermined):
        return made
    if isinstance(error, Undetermined):
        return answered(run, card, slug, unjudged(card, error.message))
    if isinstance(error, NotApplicable):
        return Judgement(Outcome.NOT_APPLICABLE, card.severity, error.msg)
    if error is not None:
        return crashed(card, error)
    return unjudged(card, Text("the check ended unjudged"))


def unjudged(card: Card, reason: str) -> Judgement:
    """What nobody can judge, with its reason cleaned of secrets."""
    return Judgement(Outcome.UNDETERMINED, card.severity, clean(reason))


def crashed(card: Card, error: BaseException) -> Judgement:
    """A check that broke down: where, and on what."""
    frame = error.__traceback__
    while frame and frame.tb_next:
        frame = frame.tb_next
    if frame is None:  # it was never raised
        return unjudged(card, Text("the check crashed"))
    place = f"{Path(frame.tb_frame.f_code.co_filename).name}:{frame.tb_lineno}"
    text = " ".join(str(error).split())[:300]
    return unjudged(
        card,
        Text(
            "the check crashed at {place}: {error}: {text}",
            place=place,
            error=type(error).__name__,
            text=text,
        ),
    )


def judged(run: Run, claim: Claim) -> Judged:
    """A claim judged on the facts of the run; whatever its check does, it ends in a judgement."""
    card = claim.check.card
    recorder = Recorder(run, card, claim.slug, claim.check.parameters)
    started = time.monotonic()
    error: BaseException | None = None
    try:
        refuse_needless(run, card)
        names = [name for name in claim.check.parameters if name != OWN_JUDGE]
        given = {name: argument(run, claim.slug, name) for name in names}
        claim.check.function(**given, **{OWN_JUDGE: recorder})
    except (Exception, SystemExit, Failed, Skipped) as raised:  # noqa: BLE001 - whatever it does
        error = raised
    ended = settled(run, card, claim.slug, recorder.made, error, _how(error))
    return Judged(card, claim.slug, ended, time.monotonic() - started)


def _how(error: BaseException | None) -> str:
    """How pytest would name the end of a function that raised this."""
    if error is None:
        return "passed"
    return "skipped" if isinstance(error, Skipped) else "failed"
