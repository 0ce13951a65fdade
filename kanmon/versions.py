"""Versions, one comparable type per product family; a text that could mean two things is refused.

Two versions of one family compare as their vendor orders them. Where a text names less than a whole
version (a line such as Deep Security 20.0, a release such as NSX-T 3.1.2), it is neither older nor
newer than what lies in it: such a comparison raises `VersionError`, and `reaches` is the question
to ask of a target.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import total_ordering
from typing import Self

from kanmon.errors import KanmonError
from kanmon.text import Text

_N = "(?:0|[1-9][0-9]{0,8})"


class VersionError(KanmonError):
    """A text is no version of its family, or two versions cannot be compared.

    Args:
        text: what was given.
        expected: the form that was expected.
    """

    def __init__(self, text: str, expected: str) -> None:
        self.text = text
        self.expected = expected
        super().__init__(
            Text("got version {given}, expected {expected}", given=repr(text), expected=expected)
        )


def _match(pattern: re.Pattern[str], text: str, expected: str) -> re.Match[str]:
    found = pattern.fullmatch(text)
    if found is None:
        raise VersionError(text, expected)
    return found


class _Whole:
    """A family whose versions are all of one precision, so that each has its place in one order."""

    __slots__ = ()

    def covers(self, other: Self) -> bool:
        """Whether the other is this version."""
        return self == other

    def reaches(self, target: Self) -> bool:
        """Whether an upgrade to the target has arrived."""
        return bool(self >= target)  # type: ignore[operator] # each family is ordered

    def comparable(self, other: Self) -> bool:  # noqa: ARG002 - of NSX there are two products
        """Whether both are versions of one product."""
        return True


@total_ordering
@dataclass(frozen=True, slots=True)
class DeepSecurity:
    """A version of a Deep Security manager, relay, agent or appliance, or a line of versions.

    "20.0.0-877", "20.0.0.877" and the manager's "20.0.877" are the same version. "20.0" is a line:
    every build of it, so it has no order against one of them.

    Attributes:
        patch: third part, the manager's always 0; None for a line.
        build: None for a line.
    """

    major: int
    minor: int
    patch: int | None = None
    build: int | None = None

    @classmethod
    def parse(cls, text: str) -> DeepSecurity:
        """The version in a text.

        A third part alone is a build when it has three digits or more: "20.0.2" could mean an
        agent's line or a build and is refused. So is "0.0.0.0", which stands for no agent.

        Raises:
            VersionError: it is none.
        """
        found = _match(
            _DEEP_SECURITY, text, Text("20.0.0-877, 20.0.0.877, 20.0.877 or a line like 20.0")
        )
        line = int(found["major"]), int(found["minor"])
        if found["manager"]:
            return cls(*line, 0, int(found["manager"]))
        if found["build"]:
            return cls(*line, int(found["patch"]), int(found["build"]))
        return cls(*line)

    @property
    def line(self) -> DeepSecurity:
        """The line that it belongs to, e.g. 20.0."""
        return DeepSecurity(self.major, self.minor)

    def covers(self, other: DeepSecurity) -> bool:
        """Whether the other is this version, or a build of this line."""
        return self in (other, other.line)

    def comparable(self, other: DeepSecurity) -> bool:  # noqa: ARG002 - of NSX there are two products
        """Whether both are versions of one product."""
        return True

    def reaches(self, target: DeepSecurity) -> bool:
        """Whether an upgrade to the target has arrived; a line is reached by any build of it.

        Raises:
            VersionError: this is a line and the target one of its builds: nobody can say.
        """
        return self.line >= target if target.build is None else self >= target

    def __lt__(self, other: object) -> bool:
        if not isinstance(other, DeepSecurity):
            return NotImplemented
        if self.line != other.line:
            return (self.major, self.minor) < (other.major, other.minor)
        if (self.build is None) != (other.build is None):
            raise VersionError(
                str(self.line),
                Text("a build of it, to compare {version} with {other}", version=self, other=other),
            )
        return (self.patch or 0, self.build or 0) < (other.patch or 0, other.build or 0)

    def __str__(self) -> str:
        line = f"{self.major}.{self.minor}"
        return line if self.build is None else f"{line}.{self.patch}-{self.build}"


_DEEP_SECURITY = re.compile(
    rf"(?P<major>[1-9][0-9]{{0,2}})\.(?P<minor>{_N})"
    r"(?:\.(?P<manager>[1-9][0-9]{2,8})|\.(?P<patch>[0-9])[.-](?P<build>[1-9][0-9]{0,8}))?"
)


@dataclass(frozen=True, slots=True, order=True)
class SqlServer(_Whole):
    """A build of SQL Server; "11.00.3000.00" and "11.0.3000.0" are the same."""

    major: int
    minor: int
    build: int
    revision: int

    @classmethod
    def parse(cls, text: str) -> SqlServer:
        """The build in a text.

        Raises:
            VersionError: it is none.
        """
        found = _match(_SQL_SERVER, text, Text("four parts as in 13.0.5026.0"))
        return cls(*(int(part) for part in found.groups()))

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.build}.{self.revision}"


_SQL_SERVER = re.compile(r"([0-9]{1,4})\.([0-9]{1,4})\.([0-9]{1,9})\.([0-9]{1,9})")


@dataclass(frozen=True, slots=True, order=True)
class Tools(_Whole):
    """A release of VMware Tools; vSphere keeps it as a number, 10346 for 10.3.10."""

    major: int
    minor: int
    patch: int

    @classmethod
    def parse(cls, text: str) -> Tools:
        """The release in a text.

        Raises:
            VersionError: it is none, or one that vSphere's number cannot hold.
        """
        expected = Text("a release of VMware Tools as in 10.3.10")
        found = _match(_TOOLS, text, expected)
        release = cls(*(int(part) for part in found.groups()))
        if release.major not in _TOOLS_MAJORS or max(release.minor, release.patch) > _FIVE_BITS:
            raise VersionError(text, expected)
        return release

    @classmethod
    def from_number(cls, number: int) -> Tools:
        """The release that vSphere's number stands for.

        Raises:
            VersionError: it stands for none, such as 0 (not installed or not known) and
                2147483647 (not managed by vSphere).
        """
        release = cls(number >> 10, number >> 5 & _FIVE_BITS, number & _FIVE_BITS)
        if release.major not in _TOOLS_MAJORS:
            raise VersionError(
                str(number), Text("a number of VMware Tools as in 10346, which is 10.3.10")
            )
        return release

    @property
    def number(self) -> int:
        """The number that vSphere keeps for it."""
        return self.major << 10 | self.minor << 5 | self.patch

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}"


_TOOLS = re.compile(rf"({_N})\.({_N})\.({_N})")
_TOOLS_MAJORS = range(7, 20)
_FIVE_BITS = 31


@dataclass(frozen=True, slots=True, order=True)
class VSphere(_Whole):
    """A release of vCenter or ESXi as its vendor names it: "7.0 U2b", "6.5", "6.7c", "9.0.2.0100".

    The version that a product shows ("6.5.0") does not say the update level, so it is refused: the
    build says it, by the table of releases. Patches of ESXi have no place in this order; theirs is
    their date. From 9.0 on a release is four numbers: "9.0.0.0" is the first one of its line, which
    "9.0" names too.

    Attributes:
        update: 0 for the first release of a line; from 9.0 on the third number, of maintenance.
        letter: empty for the update itself; from 9.0 on the fourth number where it is not 0.
        upto: of a build that no table names, the release before which it came out: then this is
            the one after which it did. Empty where the release is known.
    """

    major: int
    minor: int
    update: int = 0
    letter: str = ""
    upto: str = ""

    @classmethod
    def parse(cls, text: str) -> VSphere:
        """The release in a text.

        Raises:
            VersionError: it is none.
        """
        expected = Text(
            "a release as in 6.5, 6.7c, 6.7 U3, 7.0 U2b or 9.0.1.0 (the build tells it from 6.7.0)"
        )
        found = _NUMBERED_VSPHERE.fullmatch(text) or _match(_VSPHERE, text, expected)
        letter = found["letter"] or found.groupdict().get("early") or ""
        return cls(int(found["major"]), int(found["minor"]), int(found["update"] or 0), letter)

    @property
    def line(self) -> str:
        """Major and minor version, e.g. "6.7"."""
        return f"{self.major}.{self.minor}"

    @property
    def bounds(self) -> tuple[VSphere, ...]:
        """The releases between which it lies; itself alone where it is known."""
        if not self.upto:
            return (self,)
        return (replace(self, upto=""), VSphere.parse(self.upto))

    def covers(self, other: VSphere) -> bool:
        """Whether the other is this release, by what is told of it."""
        return self.bounds[0] == other.bounds[0]

    def __str__(self) -> str:
        if not self.update and not self.letter:
            return self.line
        if self.major >= _NUMBERED_FROM and not self.letter.isalpha():
            return f"{self.line}.{self.update}.{self.letter or 0}"
        update = f" U{self.update}" if self.update else ""
        return f"{self.line}{update}{self.letter}"


# A lone "u" is a cut-off update level, never a letter.
_VSPHERE = re.compile(
    rf"(?P<major>[1-9][0-9]?)\.(?P<minor>{_N})"
    r"(?: ?U(?P<update>[1-9][0-9]?)(?P<letter>[a-z])?|(?P<early>[a-tv-z]))?"
)
_NUMBERED_FROM = 9
_NUMBERED_VSPHERE = re.compile(
    rf"(?P<major>9|[1-9][0-9])\.(?P<minor>{_N})\.(?P<update>{_N})\.(?:0|(?P<letter>(?!0000)[0-9]{{4}}))"
)


def dotted(version: str | None) -> tuple[int, ...] | None:
    """The numbers of a version of a distributed switch, as of "6.5.0"; None where it is none."""
    parts = (version or "").split(".")
    return tuple(map(int, parts)) if all(part.isdecimal() for part in parts) else None


@total_ordering
@dataclass(frozen=True, slots=True)
class Nsx:
    """A version of NSX-V or NSX-T, as precise as its text: "NSX-T 3.1", "NSX-V 6.4.5", "NSX 4.2".

    The parts that an NSX-T manager reports ("3.1.2.0.0.17883596") need no product before them. From
    4.0 on the vendor says NSX alone: it is NSX-T all the same, whose next release it is.

    Attributes:
        product: "NSX-V" or "NSX-T".
        numbers: two parts or more.
    """

    product: str
    numbers: tuple[int, ...]

    @classmethod
    def parse(cls, text: str) -> Nsx:
        """The version in a text.

        Raises:
            VersionError: it is none, or does not say the product.
        """
        found = _match(
            _NSX, text, Text("NSX-T 3.1.2, NSX-V 6.4.5, NSX 4.2.1 or 3.1.2.0.0.17883596")
        )
        numbers = found["numbers"] or found["renamed"] or found["reported"]
        return cls(found["product"] or "NSX-T", tuple(int(part) for part in numbers.split(".")))

    def comparable(self, other: Nsx) -> bool:
        """Whether both are versions of one product."""
        return self.product == other.product

    def covers(self, other: Nsx) -> bool:
        """Whether the other is this version or lies in it, as 3.1.2 lies in 3.1."""
        return self.comparable(other) and other.numbers[: len(self.numbers)] == self.numbers

    def reaches(self, target: Nsx) -> bool:
        """Whether an upgrade to the target has arrived.

        Raises:
            VersionError: the products differ, or the target is more precise than this.
        """
        return target.covers(self) or self > target

    def __lt__(self, other: object) -> bool:
        if not isinstance(other, Nsx):
            return NotImplemented
        if self.product != other.product:
            raise VersionError(
                str(self),
                Text(
                    "a version of {product}, to compare with {other}",
                    product=other.product,
                    other=other,
                ),
            )
        if self != other and (self.covers(other) or other.covers(self)):
            short, whole = sorted((self, other), key=lambda one: len(one.numbers))
            raise VersionError(
                str(short), Text("a more precise one, to compare with {other}", other=whole)
            )
        return self.numbers < other.numbers

    def __str__(self) -> str:
        renamed = self.product == "NSX-T" and self.numbers[0] >= _RENAMED_FROM
        numbers = list(map(str, self.numbers))
        if renamed and len(numbers) > _PATCH and self.numbers[_PATCH] >= _PATCH_STEP:
            numbers[_PATCH] = numbers[_PATCH].zfill(4)
        return f"{'NSX' if renamed else self.product} {'.'.join(numbers)}"


_RENAMED_FROM = 4
# Of 9.x the fourth number is written with four digits, in steps of a hundred: 9.1.0.0200.
_PATCH, _PATCH_STEP = 3, 100
_PART = rf"(?:{_N}|0[0-9]{{3}})"
_NSX = re.compile(
    rf"(?P<product>NSX-[VT]) (?P<numbers>[1-9](?:\.{_PART}){{1,5}})"
    rf"|NSX (?P<renamed>[4-9](?:\.{_PART}){{1,5}})"
    rf"|(?P<reported>[2-4](?:\.{_N}){{5}}|9(?:\.{_PART}){{4,5}})"
)


Version = VSphere | Nsx | DeepSecurity | Tools
"""A version of any component."""
