"""Waivers: a file that is whole or refused, patterns that name something, days that end."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kanmon.check import Outcome
from kanmon.commands.cli import main
from kanmon.environment.file import load as load_environment
from kanmon.environment.file import names, parse
from kanmon.errors import UsageError
from kanmon.gate.accepted import beside, load
from kanmon.gate.waivers import LETTERS, State
from kanmon.suite.checks import checks
from tests.running import HOME
from tests.waivers_by_hand import (
    CARD,
    CARDS,
    ESTATE,
    NOW,
    WAIVER,
    environment,
    failed,
    read,
    text,
    waived,
    waiver,
)

TOKYO = timezone(timedelta(hours=9))

# The file.


def test_a_whole_file_is_read(tmp_path):
    """Every value of a waiver is what the file says; a target may be left out."""
    whole = read(tmp_path, text() + text(target='"vc"'))
    first, second = whole.each
    assert (first.check, first.ticket, first.target) == ("ESX-STATE-001", "CHG1-W1", None)
    assert (first.expires, second.target) == (date(2026, 12, 31), "vc")


def test_no_file_is_no_waiver(tmp_path):
    """Where no file stands beside the environment nothing is waived."""
    assert load(tmp_path / "prod.waivers.toml", environment()) is None


def test_a_mark_that_windows_editors_write_is_no_fault(tmp_path):
    """A byte order mark before the text is no part of it."""
    assert len(read(tmp_path, "\ufeff" + text()).each) == 1


@pytest.mark.parametrize("key", WAIVER)
def test_no_key_may_be_missing(key, tmp_path):
    """Without reason, approver, ticket or last day, nothing was decided."""
    with pytest.raises(UsageError) as error:
        read(tmp_path, text(**{key: None}))
    assert str(tmp_path / "prod.waivers.toml") in str(error.value)
    assert f"waiver.0.{key}: Field required" in str(error.value)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        *(({key: '"  "'}, f"waiver.0.{key}: String should have") for key in list(WAIVER)[:-1]),
        ({"check": "5"}, "waiver.0.check: Input should be a valid string"),
        ({"subjekt": '"x"'}, "waiver.0.subjekt: unknown key"),
        ({"target": '"vc-mian"'}, "waiver.0.target names 'vc-mian', expected a target: vc"),
        ({"target": '""'}, "waiver.0.target: String should have"),
        ({"expires": '"2026-12-31"'}, "waiver.0.expires: expected a date without quotation marks"),
        ({"expires": "2026-12-31T10:00:00Z"}, "waiver.0.expires: expected a date"),
        ({"expires": "20261231"}, "waiver.0.expires: expected a date"),
        ({"expires": '"never"'}, "waiver.0.expires: expected a date"),
        ({"expires": "2026-02-30"}, "is not TOML"),
    ],
    ids=str,
)
def test_what_is_wrong_in_a_waiver_is_refused(changes, expected, tmp_path):
    """An empty or misspelt value or key is an error that names file, key and what was expected."""
    with pytest.raises(UsageError) as error:
        read(tmp_path, text(**changes))
    assert expected in str(error.value)
    assert "prod.waivers.toml" in str(error.value)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (text().replace("[[waiver]]", "[[waivers]]"), "waivers: unknown key"),
        (text().replace("[[waiver]]", "[waiver]"), "waiver: Input should be a valid list"),
        ("[[waiver]", "is not TOML"),
        ("waiver = 5", "waiver: Input should be a valid list"),
    ],
)
def test_what_is_no_file_of_waivers_is_refused(content, expected, tmp_path):
    """Another table, or what is no TOML, waives nothing and is told."""
    with pytest.raises(UsageError, match=r"prod\.waivers\.toml") as error:
        read(tmp_path, content)
    assert expected in str(error.value)


def test_a_file_that_cannot_be_read_is_told(tmp_path):
    """A directory or a foreign encoding in its place is no absent file."""
    (tmp_path / "a.waivers.toml").mkdir()
    (tmp_path / "b.waivers.toml").write_bytes(text().encode("utf-16"))
    for name in ("a", "b"):
        with pytest.raises(UsageError, match="cannot be read"):
            load(tmp_path / f"{name}.waivers.toml", environment())


def test_an_environment_holds_no_waivers():
    """Who writes what an estate is does not write in the same file what is accepted of it."""
    with pytest.raises(UsageError, match="waiver: unknown key"):
        parse(text() + ESTATE, "prod", Path("prod.toml"))


def test_a_file_of_waivers_is_no_environment(tmp_path):
    """It stands in no list of environments, and is refused as one."""
    (tmp_path / "prod.toml").write_text(ESTATE, encoding="utf-8")
    read(tmp_path, text())
    assert names(tmp_path) == ["prod"]
    with pytest.raises(UsageError, match="is a file of waivers"):
        load_environment(tmp_path / "prod.waivers.toml")
    assert beside(tmp_path / "prod.toml") == tmp_path / "prod.waivers.toml"


def test_the_shipped_example_can_be_used():
    """Its targets are those of the example, its checks exist, and its patterns hold."""
    envs = HOME / "envs"
    found = load(envs / "example.waivers.toml", load_environment(envs / "example.toml"))
    cards = {check.card.id: check.card for check in checks(HOME)}
    early = datetime(2026, 1, 1, tzinfo=UTC)
    assert [one.fault(cards, early) for one in found.each] == [None, None]
    assert found.each[1].covers("DSM-MEM-002", "dsm", "dsm-2 on dsm-2-host.example.jp")


# What a waiver names.


@pytest.mark.parametrize(
    ("pattern", "subject", "covers"),
    [
        ("esx-02.example.jp (host-22)", "esx-02.example.jp (host-22)", True),
        ("esx-02.example.jp", "esx-02.example.jp (host-22)", False),
        ("esx-02*", "esx-02.example.jp (host-22)", True),
        ("esx-02*", "my esx-02", False),
        ("ESX-02*", "esx-02.example.jp", False),
        ("esx-0?.example.jp*", "esx-02.example.jp (host-22)", True),
        ("esx-0[12]*", "esx-02.example.jp", True),
        ("esx-0[!12]*", "esx-02.example.jp", False),
        ("*/precheck*", "dsm-2, /root/precheck.csv", True),
        ("[datastore1] vm-7", "[datastore1] vm-7", True),
        ("[[]datastore1] vm*", "[datastore1] vm-7", True),
        ("esx-02*", "esx-02\nsecond line", True),
        ("esx.02", "esx-02", False),
    ],
)
def test_a_pattern_names_whole_subjects(pattern, subject, covers):
    """It is compared with the whole subject, in its case; what is copied names itself."""
    assert waiver(pattern).covers(CARD.id, "vc", subject) is covers


@given(st.text(min_size=1).filter(lambda text: text == text.strip()))
def test_what_is_copied_from_a_report_names_itself(subject):
    """Any subject is covered by the waiver that quotes it."""
    assert waiver(subject).covers(CARD.id, None, subject)


@pytest.mark.parametrize(
    ("own", "target", "covers"),
    [(None, "vc", True), (None, None, True), ("vc", "vc", True), ("vc", None, False)],
)
def test_a_waiver_with_a_target_is_of_that_target(own, target, covers):
    """It reaches no other target, and no check of the whole estate."""
    assert waiver(target=own).covers(CARD.id, target, "esx-02") is covers
    assert not waiver(target="vc").covers(CARD.id, "vc-2", "esx-02")


def test_a_waiver_is_of_one_check():
    """The same object in another check is not waived."""
    assert not waiver().covers("ESX-STATE-002", "vc", "esx-02")


@pytest.mark.parametrize(
    "pattern",
    [
        *("*", "**", "?*", "???", "*.*", "*-*", "* (*)", "vm*", "*01*", "a*b*c*d", "?vm-?*"),
        *("[a-z]*", "[!x]*", "*[abcd]*", "[]abc]*", "[!]abc]*"),
        *("*host-*", "*(vm-*)", "*(host-*)", "*computer*", "*(computer *)", "*alarm*", "* on *"),
        *("*host-1*", "*(vm-4*", "*(host-??)", "*(computer 2*)", "*(host-[1-4]*)", "*(vm-???*"),
    ],
)
def test_a_pattern_that_names_nothing_is_too_wide(pattern):
    """Hardly a letter, or only the form that every subject of a kind has: it waives nothing."""
    wide = waiver(pattern)
    assert wide.fault(CARDS, NOW) is State.TOO_WIDE
    assert waived(failed("esx-02.example.jp (host-22)", "vm-7 (vm-7)"), wide).waivers == ()


@pytest.mark.parametrize(
    "pattern",
    [
        *("esx*", "*esx*", "db-1*", "127.0.0.1:*", "vdi-* (vm-*)", "esx-0[12].example.jp (host-*)"),
        *("db", "n1", "x", "*(host-107)", "勤怠管*", "*vm-1013)", "[datastore1] vm-7"),
        *("*(host-1)", "*(host-107*", "*(computer 22)"),
    ],
)
def test_a_pattern_that_names_something_holds(pattern):
    """A subject of any length, or three letters or digits in one piece of a pattern."""
    assert waiver(pattern).fault(CARDS, NOW) is None


@pytest.mark.parametrize(
    ("pattern", "fault"),
    [
        *((pattern, State.TOO_WIDE) for pattern in ("*(vc *", "*(vc)", "*(vc vm-1*")),
        *((pattern, None) for pattern in ("*(vc vm-107)", "vdi-07 (vc *", "vc")),
    ],
)
def test_the_name_of_a_target_names_no_object(pattern, fault, tmp_path):
    """Subjects of what changed name their target: a pattern of no more is of everything in it."""
    file = tmp_path / "estate.waivers.toml"
    file.write_text(text(subject=f'"{pattern}"'), encoding="utf-8")
    (one,) = load(file, environment()).each
    assert one.fault(CARDS, NOW) is fault


@given(st.text(alphabet="*?[]!-. ()ab1", min_size=1, max_size=12).filter(lambda t: t.strip()))
def test_no_short_pattern_covers_strangers(pattern):
    """A pattern that holds covers no object whose name has none of its letters."""
    one = waiver(pattern)
    if one.fault(CARDS, NOW) is None:
        assert not one.covers(CARD.id, "vc", "世界 (host-7)")
        assert not any(one.covers(CARD.id, "vc", "世" * n) for n in range(1, LETTERS + 20))


# How long it holds.


@pytest.mark.parametrize(
    ("now", "fault"),
    [
        (datetime(2026, 12, 31, 23, 59, 59, 999999, tzinfo=UTC), None),
        (datetime(2027, 1, 1, tzinfo=UTC), State.EXPIRED),
        (datetime(2027, 1, 1, 8, 59, tzinfo=TOKYO), None),
        (datetime(2027, 1, 1, 9, 0, tzinfo=TOKYO), State.EXPIRED),
        (datetime(2020, 1, 1, tzinfo=UTC), None),
    ],
)
def test_a_waiver_holds_until_its_day_ends_in_utc(now, fault):
    """The last moment of its day is the last in which it holds, wherever the run is started."""
    assert waiver().fault(CARDS, now) is fault
    made = waived(failed("esx-02"), waiver(), now=now)
    assert (made.outcome is Outcome.WAIVED) is (fault is None)


@pytest.mark.parametrize(
    ("changes", "cards", "fault"),
    [
        ({}, {}, State.UNKNOWN_CHECK),
        ({}, {CARD.id: replace(CARD, waivable=False)}, State.NOT_WAIVABLE),
        ({"expires": date(2026, 12, 4)}, CARDS, State.EXPIRED),
        ({"expires": date(2026, 12, 4), "subject": "*"}, CARDS, State.TOO_WIDE),
        ({"expires": date(2026, 12, 4), "subject": "*"}, {}, State.UNKNOWN_CHECK),
    ],
)
def test_one_fault_is_told(changes, cards, fault):
    """What cannot be mended by a new date is told before the date."""
    assert waiver(**changes).fault(cards, NOW) is fault


# Cards.


def test_few_checks_are_not_waivable_and_the_docs_say_why():
    """Each stands in docs/waivers.md with its reason and is marked in the catalogue, no other."""
    shut = {check.card.id for check in checks(HOME) if not check.card.waivable}
    page = (HOME / "docs" / "waivers.md").read_text(encoding="utf-8")
    reasons = page.split("## What no one may waive")[1]
    told_ = {id_ for check in checks(HOME) if f"`{(id_ := check.card.id)}`" in reasons}
    catalogue = (HOME / "docs" / "catalogue.md").read_text(encoding="utf-8").splitlines()
    marked = {line.split("[")[1].split("]")[0] for line in catalogue if "not waivable |" in line}
    assert shut == told_ == marked
    assert {"VC-ROLE-001", "PLAN-PATH-001", "DSM-NODE-002", "GATE-WAIVER-001"} <= shut
    assert len(shut) < 12


# The command.


@pytest.fixture
def prod(tmp_path, monkeypatch):
    """An environment file whose password is there."""
    monkeypatch.setenv("KANMON_TEST_PASSWORD", "never shown")
    file = tmp_path / "prod.toml"
    file.write_text(ESTATE, encoding="utf-8")
    return file


def test_environment_lists_waivers_with_their_state(prod, capsys):
    """Each is told in a line, before any run, with who gave it and until when."""
    changes = [
        {"expires": "9999-12-31"},
        {"expires": "2020-12-31"},
        {"subject": '"*"'},
        {"check": '"ESX-STATE-999"'},
        {"check": '"VC-ROLE-001"'},
    ]
    read(prod.parent, "".join(text(**change) for change in changes))
    assert main(["environment", str(prod)]) == 0
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("waiver of")]
    states = [line.rpartition(": ")[2] for line in lines]
    assert states == ["holds", "expired", "too wide", "unknown check", "not waivable"]
    assert lines[0] == (
        "waiver of ESX-STATE-001: esx-02.example.jp (host-22); until 9999-12-31, "
        "Hanako Sato (CHG1-W1): holds"
    )


def test_environment_says_where_waivers_would_stand(prod, capsys):
    """A file under a mistyped name is not loaded: the name that is looked for is told."""
    assert main(["environment", str(prod)]) == 0
    assert f"waivers: none, there is no {prod.parent / 'prod.waivers.toml'}" in (
        capsys.readouterr().out
    )


def test_environment_refuses_a_broken_file(prod, capsys):
    """A typo in the waivers is told by the command that checks an environment."""
    read(prod.parent, text())
    (prod.parent / "prod.waivers.toml").write_text(text(subject=None), encoding="utf-8")
    assert main(["environment", str(prod)]) == 1
    assert "waiver.0.subject: Field required" in capsys.readouterr().err


def test_environment_knows_the_targets_of_a_lab(tmp_path, capsys):
    """A simulated estate's waivers are checked against the targets of its world."""
    file = tmp_path / "lab.toml"
    file.write_text('[lab]\nworld = "demo"\n', encoding="utf-8")
    for target, status in itertools.zip_longest(["vc-main", "vc-mian"], [0, 1]):
        (tmp_path / "lab.waivers.toml").write_text(text(target=f'"{target}"'), encoding="utf-8")
        assert main(["environment", str(file)]) == status
    assert "expected a target: vc-main" in capsys.readouterr().err
