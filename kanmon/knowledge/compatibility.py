"""What the tables say of versions beside each other, and of a hop from one to the next.

Every question gets an answer, and "no row says so" is one of them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from functools import wraps
from itertools import product
from typing import Any, NamedTuple, TypeVar, cast

from kanmon.knowledge import Citation, Row, load
from kanmon.knowledge.cells import Cell, Cells, between, cells_of
from kanmon.knowledge.interop import (
    ApplianceNsx,
    DateRule,
    DeepSecurityHop,
    DeepSecurityPair,
    EsxiVCenter,
    NsxHop,
    NsxVSphere,
    ToolsEsxi,
    ToolsFloor,
    UpgradeCells,
    VSphereHop,
)
from kanmon.text import Text
from kanmon.versions import DeepSecurity, Nsx, Tools, Version, VersionError, VSphere

R = TypeVar("R", bound=Row)

NAMES = {
    "vcenter": "vCenter",
    "esxi": "ESXi",
    "nsx": "NSX",
    "tools": "VMware Tools",
    "manager": "manager",
    "relay": "relay",
    "agent": "agent",
    "appliance": "appliance",
}
"""What the vendors call each kind of component."""


@dataclass(frozen=True, slots=True)
class At:
    """Where a component stands.

    Attributes:
        released: when this very build came out, or of one that no row names the one before it;
            None where no table gives it.
        build: as the product shows it; empty for a release that is only planned.
        bounds: of a build that no row names, what it came out after and before.
        beyond: it is newer than every row of its line.
    """

    version: Version
    released: dt.date | None = None
    build: str = ""
    bounds: tuple[At, ...] = ()
    beyond: bool = False

    def reaches(self, other: At) -> bool:
        """Whether an upgrade to the other has arrived."""
        return self.version.reaches(other.version)  # type: ignore[arg-type] # of one family

    def __str__(self) -> str:
        return f"{self.version} (build {self.build})" if self.build else str(self.version)


Question = tuple[Any, ...]
"""A text with places, and the versions that stand there."""


ESXI_UNDER_VCENTER = Text("ESXi {} under vCenter {}")
NSX_WITH_VCENTER = Text("{} with vCenter {}")
NSX_WITH_ESXI = Text("{} with ESXi {}")
APPLIANCE_ON = Text("appliance {} on {} and ESXi {}")
TOOLS_ON_NSX = Text("VMware Tools {} on {}")
TOOLS_ON_ESXI = Text("VMware Tools {} on ESXi {}")
PAIR = Text("{} {} with {} {}")
HOP = Text("{} from {} to {}")
"""Questions, made once: a search asks them thousands of times."""


class Word(IntEnum):
    """An answer, from the best to the worst.

    Open is what rows say in several ways of a version that is not told exactly: nobody knows, but
    no way is closed by it.
    """

    YES = 0
    UNVERIFIED_YES = 1
    UNVERIFIED_NO = 2
    OPEN = 3
    SILENCE = 4
    NO = 5


class Answer(NamedTuple):
    """What the tables say to one question.

    Attributes:
        asked: a text with places, and what stands there.
        citation: the row that decides; None where no row does, or where none is needed.
        why: of an open one, why the rows do not decide.
    """

    word: Word
    asked: Question
    citation: Citation | None
    why: str = ""

    @property
    def question(self) -> str:
        """What was asked, e.g. "NSX-V 6.4.5 with vCenter 7.0 U2"."""
        return str(self.asked[0].format(*self.asked[1:]))


HOPS: dict[str, type[Row]] = {
    "vcenter": VSphereHop,
    "esxi": VSphereHop,
    "nsx": NsxHop,
    "manager": DeepSecurityHop,
    "relay": DeepSecurityHop,
    "agent": DeepSecurityHop,
    "appliance": DeepSecurityHop,
}
"""The table of each kind's hops; VMware Tools have none."""


class _Dated(NamedTuple):
    """A version that is told with its day."""

    at: At

    def __str__(self) -> str:
        known = self.at.released and not self.at.bounds
        day = f"of {self.at.released}" if known else "of no known day"
        return f"{self.at} {day}"

    def __format__(self, _: str) -> str:
        return str(self)


Ask = TypeVar("Ask", bound=Callable[..., Answer])


def _by_both_bounds(ask: Ask) -> Ask:
    """A question of a build that no row names: what holds of both its neighbours holds of it."""

    @wraps(ask)
    def asked(self: Rules, *of: Any) -> Answer:
        bounds = [getattr(one, "bounds", None) or (one,) for one in of]
        if all(these == (one,) for these, one in zip(bounds, of, strict=True)):
            return ask(self, *of)
        answers = [ask(self, *these) for these in product(*bounds)]
        words = [answer.word for answer in answers]
        if max(words) <= Word.UNVERIFIED_YES:
            return max(answers, key=lambda answer: answer.word)
        if len(set(words)) == 1:
            return answers[0]
        if min(words) in NOES and max(words) in NOES:
            return min(answers, key=lambda answer: answer.word)
        return _open(answers[0].asked, of, bounds)

    return cast("Ask", asked)


def _open(asked: Question, of: Iterable[Any], bounds: Iterable[Sequence[Any]]) -> Answer:
    """What nobody can say before a row names the build."""
    between = [(one, these) for one, these in zip(of, bounds, strict=True) if len(these) > 1]
    known = {these[0]: one for one, these in between if isinstance(one, At)}
    told = [_Dated(known[v.at]) if isinstance(v, _Dated) and v.at in known else v for v in asked]
    builds = ", ".join(str(one) for one, _ in between)
    why = Text(
        "{build} is in no row, and the rows say different things of the releases that it lies "
        "between: a row of your own for this build in {table} decides",
        build=builds,
        table="vcenter_releases, esxi_releases",
    )
    return Answer(Word.OPEN, tuple(told), None, why)


NOES = (Word.UNVERIFIED_NO, Word.NO)


class Rules:
    """The tables as questions; each question is looked up once.

    Args:
        table: gives the rows of a model, in the order in which they decide.
        granted: rows that are taken for a yes whatever they say, by table and key.

    Attributes:
        concluded: what was worked out from these rows alone, kept for whoever asks next.
    """

    def __init__(
        self,
        table: Callable[[type[Any]], Iterable[Any]] = lambda model: load(model).rows,
        granted: frozenset[tuple[str, str]] = frozenset(),
    ) -> None:
        self._table = table
        self._granted = granted
        self.concluded: dict[object, Any] = {}
        self._known: dict[Question, Answer] = {}
        self._rows: dict[type[Row], tuple[Any, ...]] = {}
        self._matrix: dict[str, Cells] = {}
        self._cells: dict[tuple[str, Version, Version], Cell | None] = {}

    def granting(self, citation: Citation) -> Rules:
        """The same rules with one row taken for a yes; what does not rest on it stays known."""
        kinder = Rules(self._table, self._granted | {(citation.table, citation.row)})
        kinder._known = {q: a for q, a in self._known.items() if a.citation != citation}
        kinder._rows, kinder._matrix, kinder._cells = self._rows, self._matrix, self._cells
        return kinder

    @_by_both_bounds
    def esxi_under_vcenter(self, esxi: VSphere, vcenter: VSphere) -> Answer:
        """Whether the vCenter manages the host."""
        return self._asked(
            (ESXI_UNDER_VCENTER, esxi, vcenter),
            EsxiVCenter,
            lambda r: esxi in r.esxi and vcenter in r.vcenter,
        )

    @_by_both_bounds
    def nsx_with_vcenter(self, nsx: Nsx, vcenter: VSphere) -> Answer:
        """Whether the NSX fits the vCenter."""
        return self._asked(
            (NSX_WITH_VCENTER, nsx, vcenter),
            NsxVSphere,
            lambda r: r.vcenter is not None and nsx in r.nsx and vcenter in r.vcenter,
        )

    @_by_both_bounds
    def nsx_with_esxi(self, nsx: Nsx, esxi: VSphere) -> Answer:
        """Whether the NSX fits the host."""
        return self._asked(
            (NSX_WITH_ESXI, nsx, esxi),
            NsxVSphere,
            lambda r: r.esxi is not None and nsx in r.nsx and esxi in r.esxi,
        )

    @_by_both_bounds
    def appliance_on(self, appliance: DeepSecurity, nsx: Nsx, esxi: VSphere) -> Answer:
        """Whether the appliance can be deployed on this NSX and this host."""
        return self._asked(
            (APPLIANCE_ON, appliance, nsx, esxi),
            ApplianceNsx,
            lambda r: appliance in r.appliance and nsx in r.nsx and esxi in r.esxi,
        )

    def tools_for(self, tools: Tools, nsx: Nsx) -> Answer:
        """Whether guest introspection of this NSX works with these Tools."""
        return self._asked(
            (TOOLS_ON_NSX, tools, nsx),
            ToolsFloor,
            lambda r: Nsx.parse(r.nsx).covers(nsx),
            lambda r: not tools < Tools.parse(r.minimum),
        )

    @_by_both_bounds
    def tools_on_esxi(self, tools: Tools, esxi: VSphere) -> Answer:
        """Whether these Tools run on the host."""
        return self._asked(
            (TOOLS_ON_ESXI, tools, esxi),
            ToolsEsxi,
            lambda r: tools in r.tools and esxi in r.esxi,
        )

    def deep_security(
        self, product: str, version: DeepSecurity, partner: str, partner_version: DeepSecurity
    ) -> Answer:
        """Whether two parts of Deep Security work with each other."""
        return self._asked(
            (PAIR, product, version, partner, partner_version),
            DeepSecurityPair,
            lambda r: (
                (r.product, r.partner) == (product, partner)
                and version in r.version
                and partner_version in r.partner_version
            ),
        )

    @_by_both_bounds
    def hop(self, kind: str, before: At, after: At) -> Answer:
        """Whether the vendor allows the hop; inside a line no row is needed, but for NSX.

        A cell of the vendor's matrix decides where there is one. That a hop goes back in time is
        told by `in_time`, which nobody asks of an NSX.
        """
        old, new = before.version, after.version
        question = (HOP, NAMES[kind], old, new)
        cell = self._cell(kind, old, new)
        if cell and (kind == "nsx" or not cell.back_in_time):
            return self._of_cell(question, cell)
        model = HOPS.get(kind)
        if model is None or (kind != "nsx" and old.line == new.line):  # type: ignore[union-attr] # Tools have no hops
            return self._without_row(question)
        product = {"nsx": None, "vcenter": "vCenter", "esxi": "ESXi"}.get(kind, kind)
        return self._asked(
            question,
            model,
            lambda r: (
                (product is None or r.product == product) and old in r.before and new in r.after
            ),
        )

    @_by_both_bounds
    def in_time(self, kind: str, before: At, after: At) -> Answer:
        """Whether the hop of a vCenter or a host does not go back in time.

        A cell of the vendor's matrix decides, for some hops are supported whose dates speak against
        them. Where there is none the dates do, and where the vendor's upgrade does not stop for
        them, support is in doubt: an unverified no.
        """
        question = (HOP, NAMES[kind], _Dated(before), _Dated(after))
        cell = self._cell(kind, before.version, after.version)
        if cell and (cell.allowed or cell.back_in_time):
            return self._of_cell(question, cell)
        if before.released is None or after.released is None:
            return Answer(Word.SILENCE, question, None)
        if before.released <= after.released:
            return self._without_row(question)
        rule = next((row for row in self._all(DateRule) if row.product == NAMES[kind]), None)
        if rule is None or self._grants(rule):
            return self._without_row(question)
        word = Word.NO if rule.refuses and _sure(rule) else Word.UNVERIFIED_NO
        return Answer(word, question, rule.citation)

    def _cell(self, kind: str, old: Version, new: Version) -> Cell | None:
        """What the matrix says of a hop; None where it has no cell."""
        hop = kind, old, new
        if hop not in self._cells:
            if kind not in self._matrix:
                self._matrix[kind] = cells_of(self._all(UpgradeCells), NAMES[kind])
            self._cells[hop] = between(self._matrix[kind], old, new)
        return self._cells[hop]

    def _of_cell(self, question: Question, cell: Cell) -> Answer:
        if question not in self._known:
            citation = replace(cell.row.citation, row=cell.key, note=cell.footnote)
            good = cell.allowed or (citation.table, citation.row) in self._granted
            self._known[question] = _told(question, cell.row, citation, good)
        return self._known[question]

    def _without_row(self, question: Question) -> Answer:
        """A yes that needs no row."""
        if question not in self._known:
            self._known[question] = Answer(Word.YES, question, None)
        return self._known[question]

    def _all(self, model: type[R]) -> tuple[R, ...]:
        if model not in self._rows:
            self._rows[model] = tuple(self._table(model))
        return self._rows[model]

    def _asked(
        self,
        question: Question,
        model: type[Row],
        fits: Callable[[Any], bool],
        says: Callable[[Any], bool] = lambda row: row.says,
    ) -> Answer:
        """What the first row that fits says."""
        if question not in self._known:
            self._known[question] = self._decided(question, self._all(model), fits, says)
        return self._known[question]

    def _decided(
        self,
        question: Question,
        rows: Iterable[Any],
        fits: Callable[[Any], bool],
        says: Callable[[Any], bool],
    ) -> Answer:
        """What the first row that fits says, unless one before it may fit and says otherwise.

        A row that is finer than the question, as one of NSX-T 3.1.3.7 is where NSX-T 3.1.3 is
        asked, may fit or not.
        """
        finer: list[tuple[Answer, str]] = []
        decided = Answer(Word.SILENCE, question, None)
        for row in rows:
            try:
                fitting = fits(row)
            except VersionError as error:
                finer.append((self._said(question, row, says), error.message))
                continue
            if fitting:
                decided = self._said(question, row, says)
                break
        for answer, why in finer:
            if answer.word is not decided.word:
                return Answer(Word.OPEN, question, None, why)
        return decided

    def _said(self, question: Question, row: Row, says: Callable[[Any], bool]) -> Answer:
        return _answer(question, row, self._grants(row) or says(row))

    def _grants(self, row: Row) -> bool:
        return (row.table, row.key) in self._granted


def _answer(question: Question, row: Row, good: bool) -> Answer:  # noqa: FBT001 - what the row says
    return _told(question, row, row.citation, good)


def _told(question: Question, row: Row, citation: Citation, good: bool) -> Answer:  # noqa: FBT001 - as above
    if _sure(row):
        return Answer(Word.YES if good else Word.NO, question, citation)
    return Answer(Word.UNVERIFIED_YES if good else Word.UNVERIFIED_NO, question, citation)


def _sure(row: Row) -> bool:
    return row.confidence != "unverified"


def closing(answers: Iterable[Answer]) -> Iterator[Answer]:
    """The answers that are no yes."""
    return (answer for answer in answers if answer.word >= Word.UNVERIFIED_NO)
