"""What can go wrong, told so that an operator can act on it."""

from __future__ import annotations

from kanmon.text import Text


class KanmonError(Exception):
    """The base of every error that kanmon raises on purpose."""

    @property
    def message(self) -> str:
        """What it says, with its template where it has one: ``str`` knows the words alone."""
        return self.args[0] if self.args else ""


class UsageError(KanmonError):
    """The operator asked for something that does not exist, or wrote a file that cannot be used."""


class CouldNotRead(KanmonError):  # noqa: N818 - the name is the outcome, as the report words it
    """One fact of a target could not be read; its other facts may still be.

    Args:
        tried: what the reader did, e.g. "log in as kanmon-ro".
        got: what came back, e.g. "InvalidLogin: incorrect user name or password".
        advice: what the operator can do about it, empty where nothing helps.
    """

    def __init__(self, tried: str, got: str, advice: str = "") -> None:
        self.tried = tried
        self.got = got
        self.advice = advice
        text = self._said()
        super().__init__(Text("{text}; {advice}", text=text, advice=advice) if advice else text)

    def _said(self) -> Text:
        return Text("tried to {tried}; got: {got}", tried=self.tried, got=self.got)


class Denied(CouldNotRead):
    """The account sees too little: a right is missing, and no person may answer in its place."""

    def _said(self) -> Text:
        return Text("tried to {denied}; got: {got}", denied=self.tried, got=self.got)


class TargetLost(CouldNotRead):
    """The whole target is out of reach: nothing more is asked of it in this run."""

    def _said(self) -> Text:
        return Text("tried to {lost}; got: {got}", lost=self.tried, got=self.got)


OUT_OF_REACH = ("lost", "denied")
"""Places of sentences that say so: of a target that was not read at all, of a missing right."""


class NotAllowed(KanmonError):  # noqa: N818 - the name is the outcome
    """A reader was about to send something that is not on its allow-list; nothing was sent."""


class Undetermined(KanmonError):  # noqa: N818 - one of the four outcomes
    """A check cannot judge: what it needs could not be read or is not known."""
