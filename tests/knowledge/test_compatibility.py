"""What the shipped tables answer, and how a table's rows become an answer."""

from __future__ import annotations

import datetime as dt
from typing import ClassVar

import pytest

from kanmon.knowledge import load
from kanmon.knowledge.compatibility import Answer, At, Rules, Word, closing
from kanmon.knowledge.interop import (
    DateRule,
    EsxiVCenter,
    NsxVSphere,
    ToolsFloor,
)
from kanmon.versions import DeepSecurity, Nsx, Tools, VSphere
from tests.random_estates import row

YES, UNVERIFIED_YES, UNVERIFIED_NO, OPEN, SILENCE, NO = Word
SHIPPED = Rules()


def vsphere(text, released=None):
    return At(VSphere.parse(text), released)


def rules(*rows):
    """Rules by these rows alone, in this order."""
    return Rules(lambda model: [one for one in rows if isinstance(one, model)])


def manages(vcenter="any", esxi="any", **more):
    """A row: whether a vCenter manages a host."""
    return row(EsxiVCenter, **{"vcenter": vcenter, "esxi": esxi, "supported": True, **more})


def pair(one, other="6.7 U3"):
    """What rules say of ESXi 6.7 U2 under vCenter."""
    return one.esxi_under_vcenter(VSphere.parse("6.7 U2"), VSphere.parse(other))


@pytest.mark.parametrize(
    ("esxi", "vcenter", "word"),
    [
        ("6.5 U2", "6.5 U2", YES),
        ("6.5 U2", "6.7 U3", YES),
        ("6.5 U2", "7.0 U2", YES),
        ("6.7 U2", "6.7 U3", YES),
        ("7.0 U2", "7.0 U2", YES),
        ("7.0 U2d", "7.0 U3", YES),
        ("6.0", "6.5 U2", UNVERIFIED_YES),
        ("6.7", "6.5 U2", NO),
        ("7.0", "6.7 U3", NO),
        ("7.0 U2", "7.0 U1", NO),
        ("7.0 U3", "7.0 U2", NO),
        ("6.0", "7.0", NO),
        ("5.5", "6.7", NO),
        ("6.7 U2", "8.0", UNVERIFIED_YES),
        ("6.5 U3", "8.0", UNVERIFIED_NO),
        ("8.0 U3", "9.0", YES),
        ("7.0 U3", "9.1", UNVERIFIED_NO),
        ("9.0", "8.0 U3k", NO),
        ("9.1", "9.0.2.0", NO),
        ("8.0", "7.0 U3", NO),
        ("5.1", "6.5", SILENCE),
    ],
)
def test_esxi_under_vcenter(esxi, vcenter, word):
    """A vCenter manages no newer host and none that is too old."""
    answer = SHIPPED.esxi_under_vcenter(VSphere.parse(esxi), VSphere.parse(vcenter))
    assert answer.word is word
    assert answer.question == f"ESXi {esxi} under vCenter {vcenter}"
    assert (answer.citation is None) == (word is SILENCE)


@pytest.mark.parametrize(
    ("nsx", "release", "with_vcenter", "with_esxi"),
    [
        ("NSX-V 6.4.5", "6.5 U2", UNVERIFIED_YES, YES),
        ("NSX-V 6.4.5", "6.7 U3", YES, YES),
        ("NSX-V 6.4.5", "7.0 U2", NO, NO),
        ("NSX-V 6.4.5", "7.0", NO, NO),
        ("NSX-V 6.4.5", "8.0", SILENCE, SILENCE),
        ("NSX-V 6.4.6", "7.0", UNVERIFIED_NO, UNVERIFIED_NO),
        ("NSX-V 6.4.8", "7.0 U2", UNVERIFIED_YES, UNVERIFIED_YES),
        ("3.1.2.0.0.17883596", "6.5 U2", NO, NO),
        ("NSX-T 3.1.2", "6.7 U3", YES, YES),
        ("NSX-T 3.1.2", "7.0 U2", YES, YES),
        ("NSX-T 3.1.2", "7.0 U3", UNVERIFIED_YES, UNVERIFIED_YES),
        ("NSX-T 3.1.2", "8.0", UNVERIFIED_NO, UNVERIFIED_NO),
        ("NSX-T 3.0.0", "6.5 U2", SILENCE, SILENCE),
    ],
)
def test_nsx_with_vsphere(nsx, release, with_vcenter, with_esxi):
    """Each NSX with a vCenter and with a host of one release."""
    version, vsphere_ = Nsx.parse(nsx), VSphere.parse(release)
    assert SHIPPED.nsx_with_vcenter(version, vsphere_).word is with_vcenter
    assert SHIPPED.nsx_with_esxi(version, vsphere_).word is with_esxi


def test_a_row_of_vcenter_alone_says_nothing_of_hosts():
    """Where a bill of materials names no host, the host is asked of the next row."""
    one = rules(
        row(NsxVSphere, nsx="NSX-T 3.1.2", vcenter="any", supported=False),
        row(NsxVSphere, nsx="NSX-T 3.1.2", esxi="any", supported=True),
    )
    nsx, release = Nsx.parse("NSX-T 3.1.2"), VSphere.parse("7.0")
    assert one.nsx_with_vcenter(nsx, release).word is NO
    assert one.nsx_with_esxi(nsx, release).word is YES


@pytest.mark.parametrize(
    ("appliance", "nsx", "esxi", "word"),
    [
        ("11.0.0-582", "NSX-V 6.4.5", "6.5 U2", YES),
        ("11.0.0-582", "NSX-V 6.4.5", "6.7 U2", YES),
        ("11.0.0-582", "NSX-V 6.4.5", "7.0", UNVERIFIED_NO),
        ("11.0.0-582", "NSX-T 3.1.2", "6.7 U2", NO),
        ("12.0.0-681", "NSX-T 2.5.0", "6.7", NO),
        ("12.0.0-682", "NSX-T 2.5.0", "6.7", UNVERIFIED_YES),
        ("12.0.0-682", "NSX-T 3.1.2", "6.7", UNVERIFIED_NO),
        ("20.0.0-877", "NSX-V 6.4.5", "6.5 U2", UNVERIFIED_YES),
        ("20.0.0-877", "NSX-V 6.4.5", "6.7 U2", YES),
        ("20.0.0-877", "NSX-T 3.1.2", "6.7 U2", YES),
        ("20.0.0-877", "NSX-T 3.1.2", "7.0 U2", YES),
        ("20.0.0-877", "NSX-T 4.0", "7.0 U2", SILENCE),
        ("20.0.0-877", "NSX-T 3.1.2", "8.0", SILENCE),
    ],
)
def test_an_appliance_on_nsx_and_esxi(appliance, nsx, esxi, word):
    """The signature shuts old appliances out of NSX-T; the rest is the procedure's, or recalled."""
    asked = DeepSecurity.parse(appliance), Nsx.parse(nsx), VSphere.parse(esxi)
    assert SHIPPED.appliance_on(*asked).word is word


@pytest.mark.parametrize(
    ("tools", "nsx", "word"),
    [
        ("10.3.10", "NSX-T 3.1.2", UNVERIFIED_YES),
        ("10.3.9", "NSX-T 3.1.2", UNVERIFIED_NO),
        ("11.2.5", "3.2.1.0.0.17883596", UNVERIFIED_YES),
        ("9.10.0", "NSX-T 3.0.0", UNVERIFIED_NO),
        ("11.2.5", "NSX-T 2.5.0", SILENCE),
        ("11.2.5", "NSX-V 6.4.5", SILENCE),
    ],
)
def test_tools_for_nsx(tools, nsx, word):
    """The floor itself is enough; of what has no floor nobody can say."""
    assert SHIPPED.tools_for(Tools.parse(tools), Nsx.parse(nsx)).word is word


@pytest.mark.parametrize(
    ("tools", "esxi", "word"),
    [
        ("10.1.0", "7.0 U2", UNVERIFIED_YES),
        ("10.0.12", "7.0 U2", UNVERIFIED_NO),
        ("9.10.0", "6.7 U2", UNVERIFIED_YES),
        ("9.5.0", "6.5 U2", UNVERIFIED_NO),
        ("11.2.5", "8.0", UNVERIFIED_YES),
        ("10.1.0", "8.0", UNVERIFIED_NO),
        ("11.2.5", "9.0", SILENCE),
    ],
)
def test_tools_on_esxi(tools, esxi, word):
    """A host runs the Tools that came with the oldest release from which it can be upgraded."""
    assert SHIPPED.tools_on_esxi(Tools.parse(tools), VSphere.parse(esxi)).word is word


@pytest.mark.parametrize(
    ("product", "version", "partner", "other", "word"),
    [
        ("agent", "11.0.0-582", "manager", "11.0.0-510", YES),
        ("agent", "11.0.0-582", "manager", "20.0.0-877", YES),
        ("agent", "20.0.0-877", "manager", "11.0.0-510", NO),
        ("agent", "20.1.0-5", "manager", "20.0.0-877", NO),
        ("agent", "8.0.0-5", "manager", "20.0.0-877", UNVERIFIED_YES),
        ("agent", "8.0.0-5", "manager", "11.0.0-510", SILENCE),
        ("relay", "20.0.0-877", "manager", "12.0.0-5", NO),
        ("relay", "11.0.0-582", "manager", "20.0.0-877", YES),
        ("appliance", "11.0.0-582", "manager", "20.0.0-877", YES),
        ("appliance", "20.0.0-877", "manager", "11.0.0-510", NO),
        ("appliance", "10.0.0-5", "manager", "20.0.0-877", UNVERIFIED_YES),
        ("appliance", "11.0.0-582", "relay", "11.0.0-582", SILENCE),
        ("agent", "20.0.0-877", "relay", "11.0.0-582", NO),
        ("agent", "11.0.0-582", "relay", "20.0.0-877", YES),
    ],
)
def test_parts_of_deep_security(product, version, partner, other, word):
    """The manager goes first, then relays, then agents; a pair is looked up by its products."""
    one, two = DeepSecurity.parse(version), DeepSecurity.parse(other)
    assert SHIPPED.deep_security(product, one, partner, two).word is word


@pytest.mark.parametrize(
    ("kind", "before", "after", "word"),
    [
        ("vcenter", "6.5 U2", "6.7 U3", YES),
        ("vcenter", "6.5 U2", "7.0 U2", YES),
        ("vcenter", "6.0", "7.0 U2", NO),
        ("vcenter", "6.0", "6.7", SILENCE),
        ("vcenter", "7.0", "8.0", YES),
        ("vcenter", "6.5", "8.0", NO),
        ("vcenter", "7.0 U3", "9.0", UNVERIFIED_NO),
        ("esxi", "7.0 U3", "9.1", UNVERIFIED_NO),
        ("esxi", "6.0", "6.7 U2", YES),
        ("esxi", "6.0", "7.0 U2", NO),
        ("esxi", "5.5", "6.7 U2", NO),
        ("esxi", "6.7 U2", "7.0 U2", YES),
        ("nsx", "NSX-V 6.4.5", "NSX-T 3.1.2", YES),
        ("nsx", "NSX-V 6.4.3", "NSX-T 3.1.2", NO),
        ("nsx", "NSX-V 6.4.7", "NSX-T 3.1.2", UNVERIFIED_NO),
        ("nsx", "NSX-V 6.4.5", "NSX-T 3.0.0", SILENCE),
        ("nsx", "NSX-V 6.4.5", "NSX-V 6.4.8", SILENCE),
        ("nsx", "NSX-T 3.1.0", "NSX-T 3.1.2", UNVERIFIED_YES),
        ("nsx", "NSX-T 3.1.2", "NSX-T 3.2.3.1", YES),
        ("nsx", "NSX-T 3.1.2", "NSX 4.1.2.1", NO),
        ("nsx", "NSX-T 3.2.3.1", "NSX 4.0.1.1", NO),
        ("nsx", "NSX-T 3.2.3.1", "NSX 4.1.2.1", YES),
        ("nsx", "NSX-T 3.2.1.2", "NSX 4.2.1.0", UNVERIFIED_YES),
        ("nsx", "NSX-T 3.2.1.2", "NSX 9.0.0.0", UNVERIFIED_NO),
        ("manager", "11.0.0-510", "20.0.0-877", YES),
        ("manager", "10.0.0-510", "20.0.0-877", NO),
        ("manager", "11.2.0-510", "20.0.0-877", UNVERIFIED_NO),
        ("manager", "11.0.0-510", "12.0.0-5", SILENCE),
        ("relay", "9.6.0-5", "20.0.0-877", NO),
        ("agent", "12.5.0-834", "20.0.0-877", YES),
        ("appliance", "11.0.0-582", "20.0.0-877", YES),
        ("appliance", "10.0.0-582", "20.0.0-877", NO),
    ],
)
def test_hops(kind, before, after, word):
    """From line to line a row decides; inside NSX no upgrade goes without one."""
    family = {"vcenter": VSphere, "esxi": VSphere, "nsx": Nsx}.get(kind, DeepSecurity)
    answer = SHIPPED.hop(kind, At(family.parse(before)), At(family.parse(after)))
    assert answer.word is word


@pytest.mark.parametrize(
    ("kind", "family", "before", "after"),
    [
        ("vcenter", VSphere, "6.7 U3", "6.7 U3m"),
        ("esxi", VSphere, "7.0", "7.0 U2"),
        ("agent", DeepSecurity, "20.0.0-877", "20.0.0-8438"),
        ("agent", DeepSecurity, "20.0.0-877", "20.0"),
        ("tools", Tools, "10.2.1", "11.2.5"),
    ],
)
def test_hops_that_need_no_row(kind, family, before, after):
    """Updates inside a line, and Tools: a yes that rests on nothing."""
    answer = rules().hop(kind, At(family.parse(before)), At(family.parse(after)))
    assert (answer.word, answer.citation) == (YES, None)


EARLY, LATE = dt.date(2021, 3, 9), dt.date(2021, 3, 18)


@pytest.mark.parametrize(
    ("kind", "before", "after", "word"),
    [
        ("vcenter", EARLY, LATE, YES),
        ("vcenter", EARLY, EARLY, YES),
        ("vcenter", LATE, EARLY, NO),
        ("esxi", EARLY, LATE, YES),
        ("esxi", LATE, EARLY, UNVERIFIED_NO),
        ("vcenter", None, LATE, SILENCE),
        ("vcenter", EARLY, None, SILENCE),
        ("esxi", None, None, SILENCE),
    ],
)
def test_dates(kind, before, after, word):
    """VCenter refuses to go back in time, of hosts it is only in doubt; no day is no answer."""
    answer = SHIPPED.in_time(kind, vsphere("6.7 U3m", before), vsphere("7.0 U2", after))
    assert answer.word is word
    assert (answer.citation is not None) == (word in (NO, UNVERIFIED_NO))
    for day in (before, after):
        assert (f"of {day}" if day else "of no known day") in answer.question


def test_a_date_rule_that_nobody_stands_behind_only_doubts():
    """An unverified rule never closes a hop; its absence says nothing against one."""
    back = "vcenter", vsphere("6.7 U3m", LATE), vsphere("7.0 U2", EARLY)
    unsure = row(DateRule, product="vCenter", refuses=True, confidence="unverified")
    assert rules(unsure).in_time(*back).word is UNVERIFIED_NO
    other = row(DateRule, product="ESXi", refuses=True)
    assert rules(other).in_time(*back).word is YES


@pytest.mark.parametrize(
    ("supported", "confidence", "word"),
    [
        (True, "documented", YES),
        (True, "field", YES),
        (True, "procedure", YES),
        (True, "unverified", UNVERIFIED_YES),
        (False, "unverified", UNVERIFIED_NO),
        (False, "procedure", NO),
        (False, "field", NO),
        (False, "documented", NO),
    ],
)
def test_words(supported, confidence, word):
    """What a row says and how far it can be trusted make the word, and the row is cited."""
    answer = pair(rules(manages(supported=supported, confidence=confidence)))
    assert answer.word is word
    assert answer.citation.row == "ESXi any under vCenter any"
    assert [answer] == list(closing([answer])) or word in (YES, UNVERIFIED_YES)


def test_what_closes():
    """Whatever is no yes closes: an unverified no, an open one, silence, a no."""
    answers = [Answer(word, ("asked",), None) for word in Word]
    assert [answer.word for answer in closing(answers)] == [UNVERIFIED_NO, OPEN, SILENCE, NO]


def test_the_first_row_that_fits_decides():
    """An exception stands before the rule; a row that does not fit says nothing."""
    exception = manages(vcenter="6.7 U3", supported=False)
    rule = manages()
    assert pair(rules(exception, rule)).word is NO
    assert pair(rules(exception, rule), "6.7").word is YES
    assert pair(rules(rule, exception)).word is YES
    assert pair(rules(exception), "6.7").word is SILENCE


def test_granting_takes_one_row_for_a_yes():
    """The row that says no is taken for a yes, others keep their word, the old rules too."""
    closing_, other = manages(vcenter="6.7 U3", supported=False), manages(supported=False)
    strict = rules(closing_, other)
    assert [pair(strict).word, pair(strict, "7.0").word] == [NO, NO]
    kinder = strict.granting(closing_.citation)
    assert [pair(kinder).word, pair(kinder, "7.0").word] == [YES, NO]
    assert pair(kinder).citation == closing_.citation
    assert [pair(strict).word, pair(strict, "7.0").word] == [NO, NO]
    both = kinder.granting(other.citation)
    assert [pair(both).word, pair(both, "7.0").word] == [YES, YES]


def test_granting_goes_by_table_and_key():
    """A row of another table with the same key is not meant."""

    class Elsewhere(DateRule):
        table: ClassVar[str] = "elsewhere"

    other = row(Elsewhere, product="ESXi", refuses=True)
    rule = row(DateRule, product="ESXi", refuses=True)
    assert other.key == rule.key
    back = "esxi", vsphere("6.7 U3", LATE), vsphere("7.0 U2", EARLY)
    assert rules(rule).granting(other.citation).in_time(*back).word is NO


def test_granting_a_date_rule():
    """A date rule that is granted lets a vCenter go back in time."""
    back = "vcenter", vsphere("6.7 U3m", LATE), vsphere("7.0 U2", EARLY)
    rule = next(one for one in load(DateRule).rows if one.product == "vCenter")
    assert SHIPPED.in_time(*back).word is NO
    assert SHIPPED.granting(rule.citation).in_time(*back).word is YES


def test_granting_a_floor():
    """A floor that is granted takes any Tools."""
    floor = row(ToolsFloor, nsx="NSX-T 3.1", minimum="10.3.10")
    strict, asked = rules(floor), (Tools.parse("9.10.0"), Nsx.parse("NSX-T 3.1.2"))
    assert strict.tools_for(*asked).word is NO
    assert strict.granting(floor.citation).tools_for(*asked).word is YES


def test_a_version_that_is_not_precise_enough_leaves_its_answer_open():
    """Where a row turns on a build that nobody told that one answer is open, and says why."""
    asked = DeepSecurity.parse("12.0"), Nsx.parse("NSX-T 3.1.2"), VSphere.parse("7.0 U2")
    answer = SHIPPED.appliance_on(*asked)
    assert answer.word is OPEN
    assert answer.question == "appliance 12.0 on NSX-T 3.1.2 and ESXi 7.0 U2"
    assert answer.why


def test_no_table_at_all_is_silence():
    """Without rows every question gets an answer, and it is never a yes."""
    none = rules()
    release, nsx, old = VSphere.parse("6.5"), Nsx.parse("NSX-T 3.1"), DeepSecurity.parse("11.0")
    tools = Tools.parse("11.2.5")
    new = At(DeepSecurity.parse("20.0"))
    answers = [
        none.esxi_under_vcenter(release, release),
        none.nsx_with_vcenter(nsx, release),
        none.nsx_with_esxi(nsx, release),
        none.appliance_on(old, nsx, release),
        none.tools_for(tools, nsx),
        none.tools_on_esxi(tools, release),
        none.deep_security("agent", old, "manager", old),
        none.hop("manager", At(old), new),
        none.hop("nsx", At(nsx), At(Nsx.parse("NSX-T 3.2"))),
    ]
    assert {answer.word for answer in answers} == {SILENCE}
    assert len({answer.question for answer in answers}) == len(answers)
