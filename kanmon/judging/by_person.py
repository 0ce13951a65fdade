"""How a check ends that a product keeps no record for: by a named person's word, or not at all."""

from __future__ import annotations

from kanmon.check import Judge, Note, Unknown
from kanmon.environment.change import Attestation
from kanmon.facts.database.state import NotKept
from kanmon.text import Text


def by_person(
    judge: Judge, *, subject: str, of: str, record: NotKept, attested: Attestation | None
) -> None:
    """Pass by an attestation that holds, undetermined without one; both say what is known.

    Args:
        judge: of the check.
        subject: the one object that is judged.
        of: what it is one of, in words.
        record: what the product does not tell, and what it does.
        attested: what a person answers for.
    """
    told = [Note(subject, text) for text in record.told]
    if attested:
        judge(examined=1, of=of, notes=[Note(subject, str(attested)), *told])
        return
    asked = Unknown(
        subject, Text("{untold}, and attest what you find in [[attestation]]", untold=record.untold)
    )
    judge(examined=1, of=of, problems=[asked], notes=told)
