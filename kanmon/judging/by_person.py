"""What a product keeps no record of: a named person must answer for it."""

from __future__ import annotations

from kanmon.check import Judge, Note, Unknown
from kanmon.facts.common import NotKept
from kanmon.text import Text


def by_person(judge: Judge, *, subject: str, of: str, record: NotKept) -> None:
    """Leave an object open, with what the product does tell.

    Args:
        judge: of the check.
        subject: the one object that is judged.
        of: what it is one of, in words.
        record: what the product does not tell, and what it does.
    """
    asked = Text("{untold}, and attest what you find in [[attestation]]", untold=record.untold)
    told = [Note(subject, text) for text in record.told]
    judge(examined=1, of=of, problems=[Unknown(subject, asked)], notes=told)
