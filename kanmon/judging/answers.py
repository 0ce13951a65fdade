"""What the tables' answers come to in a judge."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from kanmon.check import Finding, Judge, Problem, Severity, Unknown
from kanmon.knowledge import Citation
from kanmon.knowledge.compatibility import Answer, Word
from kanmon.text import Text

Asked = tuple[str, Answer]
"""An object or a group of them, and what the tables say of it."""


def problems(asked: Iterable[Asked]) -> Iterator[Problem]:
    """What is wrong with an object: a row says no, or there is none.

    A no that is not verified, or for which the vendor's upgrade does not stop, is a warning.
    """
    for subject, answer in asked:
        if answer.word is Word.SILENCE:
            yield Unknown(subject, Text("no row answers: {question}", question=answer.question))
        elif answer.word is Word.OPEN:
            yield Unknown(
                subject, Text("{question}: {why}", question=answer.question, why=answer.why)
            )
        elif answer.word in (Word.NO, Word.UNVERIFIED_NO):
            found = Text("{question}: not supported", question=answer.question)
            severity = None if answer.word is Word.NO else Severity.WARNING
            yield Finding(subject, found, Text("supported"), answer.citation, severity=severity)


def rested(answers: Iterable[Answer]) -> list[Citation]:
    """The rows that answered, each once."""
    cited = (answer.citation for answer in answers)
    return list(dict.fromkeys(citation for citation in cited if citation))


def conclude(
    judge: Judge,
    asked: Sequence[Asked],
    of: str,
    *,
    unplaced: Sequence[Unknown] = (),
    more: Sequence[Problem] = (),
) -> None:
    """The judgement of answers.

    Args:
        judge: of the check.
        asked: one or more answers for each object.
        of: what the objects are, in words.
        unplaced: objects of which nothing could be asked.
        more: problems of the same objects that come from elsewhere.
    """
    asked = list(dict.fromkeys(asked))
    subjects = {subject for subject, _ in asked} | {one.subject for one in (*unplaced, *more)}
    judge(
        examined=len(subjects),
        of=of,
        problems=[*unplaced, *problems(asked), *more],
        rests_on=rested(answer for _, answer in asked),
    )
