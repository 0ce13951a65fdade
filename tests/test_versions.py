"""Versions: read without a guess, ordered as their vendors order them."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kanmon.errors import KanmonError
from kanmon.versions import DeepSecurity, Nsx, SqlServer, Tools, VersionError, VSphere

FAMILIES = (DeepSecurity, SqlServer, Tools, VSphere, Nsx)

NUMBER = st.integers(0, 999_999_999)
LETTER = st.sampled_from("abcdefghijklmnopqrstvwxyz")
LINES = st.builds(DeepSecurity, st.integers(1, 999), NUMBER)
BUILDS = st.builds(
    DeepSecurity, st.integers(1, 30), st.integers(0, 3), st.integers(0, 9), st.integers(1, 99_999)
)
SQL = st.builds(SqlServer, *[st.integers(0, 9999)] * 2, *[NUMBER] * 2)
TOOLS = st.builds(Tools, st.integers(7, 19), *[st.integers(0, 31)] * 2)
VSPHERE = st.one_of(
    st.builds(VSphere, st.integers(1, 99), NUMBER, st.integers(1, 99), LETTER | st.just("u")),
    st.builds(VSphere, st.integers(1, 99), NUMBER, st.just(0), LETTER),
    st.builds(VSphere, st.integers(1, 99), NUMBER, st.integers(0, 99)),
)
NSX = st.builds(
    Nsx,
    st.sampled_from(["NSX-V", "NSX-T"]),
    st.tuples(st.integers(1, 9), NUMBER)
    | st.tuples(st.integers(1, 9), NUMBER, NUMBER)
    | st.tuples(st.integers(1, 9), *[NUMBER] * 5),
)
NSX_T = st.builds(Nsx, st.just("NSX-T"), st.tuples(st.integers(1, 9), *[st.integers(0, 9)] * 2))
WHOLE = {DeepSecurity: BUILDS, SqlServer: SQL, Tools: TOOLS, VSphere: VSPHERE, Nsx: NSX_T}

# What a version is made of, and what only looks like it: digits of other scripts, the long s, the
# Kelvin sign, line ends.
NEAR_MISS = st.text("0123456789.-+ UuabNSXVT\n\t\u0663\u00b2\u017f\u212a", max_size=30)


@pytest.mark.parametrize("family", FAMILIES)
@given(text=st.text() | NEAR_MISS)
def test_any_text_is_read_or_refused(family, text):
    """Any text is either a version, whose own text reads back as it, or a VersionError."""
    try:
        version = family.parse(text)
    except VersionError as refusal:
        version, told = None, str(refusal)
    if version is None:
        assert told.startswith(f"got version {text!r}, expected ")
    else:
        assert family.parse(str(version)) == version


@given(version=st.one_of(LINES, BUILDS, SQL, TOOLS, VSPHERE, NSX))
def test_its_text_reads_back(version):
    """A version's text reads back as the same version."""
    assert type(version).parse(str(version)) == version


@pytest.mark.parametrize("family", FAMILIES)
@given(data=st.data())
def test_order_is_total(family, data):
    """Of two versions exactly one of older, same and newer holds, and the order is transitive."""
    one, two, three = data.draw(st.tuples(*[WHOLE[family]] * 3))
    assert (one < two) + (one == two) + (one > two) == 1
    assert (one <= two) == (not one > two)
    first, second, third = sorted((one, two, three))
    assert first <= second <= third
    assert first <= third


@pytest.mark.parametrize(
    ("family", "start"),
    [
        (DeepSecurity, "20."),
        (DeepSecurity, "20.0.0-"),
        (DeepSecurity, "20.0."),
        (SqlServer, "12.0.2000."),
        (Tools, "10.3."),
        (VSphere, "6."),
        (VSphere, "6.5 U"),
        (Nsx, "NSX-T 3."),
        (Nsx, "3.1.2.0.0."),
    ],
)
def test_endless_numbers_are_refused(family, start):
    """A number that no product has is refused; Python's int() would raise ValueError on it."""
    with pytest.raises(VersionError):
        family.parse(start + "1" * 5000)


def test_the_error_is_kanmons_own():
    """Whoever catches kanmon's errors catches this one."""
    assert issubclass(VersionError, KanmonError)


@pytest.mark.parametrize("text", ["20.0.0-877", "20.0.0.877", "20.0.877"])
def test_three_spellings_of_one_build(text):
    """Agents, packages and managers write the same build in three ways."""
    assert DeepSecurity.parse(text) == DeepSecurity(20, 0, 0, 877)
    assert str(DeepSecurity.parse(text)) == "20.0.0-877"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0.0.0.0",  # noqa: S104 - a version, not an address
        "0.0.0-0",
        "20",
        "20.0.2",
        "20.0.99",
        "20.0.0",
        "20.0.0.0",
        "20.0-877",
        "20.0.0-0877",
        "020.0",
        "20.0.0-877 ",
        "20.0.0-877\n",
        "20.0.0-877.x86_64",
        "Deep Security 20.0",
    ],
)
def test_no_guess_for_deep_security(text):
    """No agent, and whatever could be a line or a build, is refused."""
    with pytest.raises(VersionError):
        DeepSecurity.parse(text)


def test_deep_security_orders_by_line_then_patch_then_build():
    """Builds of 20.0.2 are newer than those of 20.0.0, whatever their number."""
    texts = ["9.6.1589", "10.0.3259", "11.0.510", "11.0.0-1617", "12.5.0-936", "20.0.0-8438"]
    texts += ["20.0.1-690", "20.0.2-1390"]
    versions = [DeepSecurity.parse(text) for text in texts]
    assert all(older < newer for older, newer in pairwise(versions))


def test_a_line_is_not_a_build():
    """A line equals none of its builds, and asking which is older is an error, not an answer."""
    line, build = DeepSecurity.parse("20.0"), DeepSecurity.parse("20.0.0-877")
    assert line != build
    assert build.line == line
    for compare in ("__lt__", "__le__", "__gt__", "__ge__"):
        with pytest.raises(VersionError, match=r"20\.0\.0-877"):
            getattr(line, compare)(build)
        with pytest.raises(VersionError):
            getattr(build, compare)(line)


def test_lines_compare_with_whatever_lies_outside_them():
    """11.0 and all its builds are older than 20.0 and all of its."""
    old, new = DeepSecurity.parse("11.0"), DeepSecurity.parse("20.0")
    assert old < new
    assert DeepSecurity.parse("11.0.510") < new
    assert old < DeepSecurity.parse("20.0.877")
    assert new <= DeepSecurity.parse("20.0")


@pytest.mark.parametrize(
    ("version", "target", "reached"),
    [
        ("20.0.0-877", "20.0", True),
        ("20.0.2-1390", "20.0", True),
        ("11.0.510", "20.0", False),
        ("20.0", "20.0", True),
        ("20.0", "12.0", True),
        ("20.0.0-877", "20.0.0-877", True),
        ("20.0.0-876", "20.0.0-877", False),
        ("20.0.1-1", "20.0.0-877", True),
        ("11.0", "20.0.0-877", False),
    ],
)
def test_reaching_a_deep_security_target(version, target, reached):
    """A line is reached by any build of it, a build by itself and what is newer."""
    assert DeepSecurity.parse(version).reaches(DeepSecurity.parse(target)) is reached


def test_a_line_never_reaches_one_of_its_builds():
    """Of "20.0" nobody can say whether it is at least 20.0.0-877."""
    with pytest.raises(VersionError):
        DeepSecurity.parse("20.0").reaches(DeepSecurity.parse("20.0.0-877"))


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("10.50.6000.34", "10.50.6000.34"),
        ("9.00.1399.06", "9.0.1399.6"),
        ("11.00.3000.00", "11.0.3000.0"),
        ("15.00.4236.7", "15.0.4236.7"),
    ],
)
def test_sql_server_pads_as_it_likes(text, same):
    """Zeros before a part say nothing."""
    assert str(SqlServer.parse(text)) == same


@pytest.mark.parametrize(
    "text", ["", "12.0.4100", "12.0.4100.1.0", "12.0.4100.x", "SP1", "-1.0.0.0"]
)
def test_no_guess_for_sql_server(text):
    """A build has four parts."""
    with pytest.raises(VersionError):
        SqlServer.parse(text)


def test_sql_server_compares_numbers_not_texts():
    """10.0 is before 10.50, and build 2271 before 12000."""
    assert SqlServer.parse("10.0.6547.0") < SqlServer.parse("10.50.1600.1")
    assert SqlServer.parse("12.0.2271.0") < SqlServer.parse("12.0.12000.0")
    assert SqlServer.parse("11.0.5644.0") < SqlServer.parse("11.0.5644.2")


@given(release=TOOLS)
def test_tools_numbers_decode_and_encode(release):
    """The number of a release stands for that release again."""
    assert Tools.from_number(release.number) == release


@given(one=TOOLS, two=TOOLS)
def test_tools_numbers_order_as_releases_do(one, two):
    """A newer release has the greater number."""
    assert (one < two) == (one.number < two.number)


@pytest.mark.parametrize(
    ("number", "text"),
    [(9536, "9.10.0"), (10305, "10.2.1"), (10341, "10.3.5"), (10346, "10.3.10"), (11333, "11.2.5")],
)
def test_tools_numbers_of_vmwares_list(number, text):
    """Samples of VMware's own list; 11333 is 11.2.5, not 11.3.0."""
    assert str(Tools.from_number(number)) == text
    assert Tools.parse(text).number == number


@pytest.mark.parametrize("number", [0, 1, -1, 6999, 20480, 2147483647])
def test_numbers_that_stand_for_no_tools(number):
    """Not installed, not managed, and out of range are no releases."""
    with pytest.raises(VersionError, match=str(number)):
        Tools.from_number(number)


@pytest.mark.parametrize(
    "text", ["10.3", "10.3.32", "10.32.0", "0.0.0", "20.0.0", "10.3.5.1", "10341"]
)
def test_no_guess_for_tools(text):
    """Three parts, and such as vSphere's number can hold."""
    with pytest.raises(VersionError):
        Tools.parse(text)


def test_vsphere_orders_by_update_then_letter():
    """The first release, its letters, the updates, their letters, the next line."""
    texts = [
        "6.5",
        "6.5a",
        "6.5f",
        "6.5 U1",
        "6.5 U1g",
        "6.5 U2",
        "6.5 U10",
        "6.7",
        "7.0 U2b",
        "8.0",
        "8.0 U3k",
        "9.0",
        "9.0.0.0100",
        "9.0.1.0",
        "9.0.2.0",
        "9.0.2.0100",
        "9.1",
        "9.1.0.0300",
        "9.1.1.0",
    ]
    versions = [VSphere.parse(text) for text in texts]
    assert all(older < newer for older, newer in pairwise(versions))
    assert [str(version) for version in versions] == texts


def test_vsphere_without_the_space():
    """Operators write 6.5U2 and mean 6.5 U2."""
    assert str(VSphere.parse("6.5U2")) == "6.5 U2"
    assert VSphere.parse("7.0U2b").line == "7.0"


@pytest.mark.parametrize(
    "text",
    [
        *("6.5.0", "7.0.2", "6.5 U", "6.5u", "6.5 u2", "6.5 U0", "6.7 U3 P02", "6.7 P01"),
        *("vCenter 6.5", "8.0.3.0", "9.0.0", "9.0.2.100", "9.0.2.0000", "9.0.2.00100"),
    ],
)
def test_no_guess_for_vsphere(text):
    """What a product shows as its version hides the update level; patches have no order here."""
    with pytest.raises(VersionError):
        VSphere.parse(text)


def test_the_first_release_of_nine_has_two_names():
    """From 9.0 on the vendor writes four numbers; the line's own name is its first release."""
    assert VSphere.parse("9.0.0.0") == VSphere.parse("9.0")
    assert VSphere.parse("9.1.0.0200").line == "9.1"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("NSX-T 4.2.1", "NSX 4.2.1"),
        ("NSX 4.2.1.3", "NSX 4.2.1.3"),
        ("NSX-T 3.2.4.3", "NSX-T 3.2.4.3"),
        ("NSX 9.1.0.0200", "NSX 9.1.0.0200"),
        ("4.2.1.3.0.24533884", "NSX 4.2.1.3.0.24533884"),
        ("9.1.0.0200.25524170", "NSX 9.1.0.0200.25524170"),
    ],
)
def test_nsx_is_called_nsx_since_four(text, shown):
    """The vendor dropped the T with 4.0: it is NSX-T all the same, written as it is written now."""
    version = Nsx.parse(text)
    assert (str(version), version.product) == (shown, "NSX-T")


def test_nsx_manager_says_its_product_by_its_six_parts():
    """Only NSX-T reports six parts; a bare 6.4.5 could be anything."""
    reported = Nsx.parse("3.1.2.0.0.17883596")
    assert reported == Nsx("NSX-T", (3, 1, 2, 0, 0, 17883596))
    assert str(reported) == "NSX-T 3.1.2.0.0.17883596"


@pytest.mark.parametrize(
    "text",
    [
        "6.4.5",
        "3.1.2",
        "NSX 3.1",
        "NSX-T",
        "NSX-T 3",
        "NSX-T3.1",
        "nsx-t 3.1",
        "6.4.5.0.0.13282012",
    ],
)
def test_no_guess_for_nsx(text):
    """Without its product a version is none."""
    with pytest.raises(VersionError):
        Nsx.parse(text)


def test_nsx_products_do_not_compare():
    """NSX-V 6.4.5 is neither older nor newer than NSX-T 3.1.2."""
    old, new = Nsx.parse("NSX-V 6.4.5"), Nsx.parse("NSX-T 3.1.2")
    assert old != new
    assert not new.covers(old)
    with pytest.raises(VersionError, match="NSX-T"):
        _ = old < new
    with pytest.raises(VersionError):
        old.reaches(new)


def test_nsx_compares_as_far_as_both_are_precise():
    """6.4.10 is newer than 6.4.9; 3.1 is neither older nor newer than a 3.1.2."""
    assert Nsx.parse("NSX-V 6.4.9") < Nsx.parse("NSX-V 6.4.10")
    assert Nsx.parse("NSX-T 3.1") < Nsx.parse("NSX-T 3.2.0")
    with pytest.raises(VersionError, match="more precise"):
        _ = Nsx.parse("NSX-T 3.1") < Nsx.parse("NSX-T 3.1.2")
    with pytest.raises(VersionError):
        _ = Nsx.parse("NSX-T 3.1.2") >= Nsx.parse("NSX-T 3.1")


@pytest.mark.parametrize(
    ("version", "target", "reached"),
    [
        ("3.1.2.0.0.17883596", "NSX-T 3.1.2", True),
        ("3.1.3.7.4.19762317", "NSX-T 3.1.2", True),
        ("3.1.0.0.0.17107167", "NSX-T 3.1.2", False),
        ("NSX-V 6.4.5", "NSX-V 6.4.5", True),
        ("NSX-V 6.4.5", "NSX-V 6.4.8", False),
    ],
)
def test_reaching_an_nsx_target(version, target, reached):
    """A target is reached by every build of it and by what is newer."""
    assert Nsx.parse(version).reaches(Nsx.parse(target)) is reached


def test_families_do_not_mix():
    """A SQL Server build is not comparable with a Tools release."""
    with pytest.raises(TypeError):
        _ = SqlServer(12, 0, 4100, 1) < Tools(10, 3, 5)
    with pytest.raises(TypeError):
        _ = DeepSecurity(20, 0, 0, 877) < Nsx("NSX-T", (3, 1))
    with pytest.raises(TypeError):
        _ = Nsx("NSX-T", (3, 1)) < DeepSecurity(20, 0, 0, 877)
