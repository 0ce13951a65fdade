"""The documentation says what the code does."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from kanmon.check import PHASES, STEPS, Attestable
from kanmon.commands.catalogue import catalogue, not_built
from kanmon.commands.cli import environment_schema
from kanmon.commands.unverified import renewed
from kanmon.environment.change import Attestation, Tolerances
from kanmon.environment.file import Environment, load
from kanmon.environment.targets import KINDS
from kanmon.gate import attesting
from kanmon.gate.verdict import Gate
from kanmon.gate.waivers import Waiver
from kanmon.report.translate import translator
from kanmon.report.words import INCOMPLETE, MEANING
from kanmon.steps import ENDS
from kanmon.suite.checks import checks
from tests.running import kanmon

HOME = Path(__file__).resolve().parent.parent
README = (HOME / "README.md").read_text(encoding="utf-8")
GATES = pytest.mark.parametrize("page", ["docs/gate.md", "docs/gate.ja.md"])


def read(name: str) -> str:
    return (HOME / name).read_text(encoding="utf-8")


def test_a_bare_machine_has_what_the_readme_asks_for() -> None:
    """The bare Debian that CI tries holds the packages that README.md names, and no others."""
    (asked,) = re.findall(r"`apt-get install ([^`]+)`", README)
    (given,) = re.findall(r"--include=(\S+)", read(".ci/bare"))
    assert given.split(",") == asked.split()


REGISTRIES = tuple(".".join(parts) for parts in (("pypi", "org"), ("npmjs", "org")))
ROOMS = ("checks", "docs", "envs", "fixtures", "kanmon", "lab", "tests", ".ci")
TEXT = {".md", ".py", ".toml", ".json", ".txt", ".po", ""}


def test_no_file_names_a_registry() -> None:
    """Where packages come from is the machine's to say: a source of a rule is its vendor's page."""
    files = [path for room in ROOMS for path in (HOME / room).rglob("*")] + [*HOME.glob("*")]
    texts = [path for path in files if path.is_file() and path.suffix in TEXT]
    assert len(texts) > 500
    named = {path.name for path in texts for one in REGISTRIES if one.encode() in path.read_bytes()}
    assert named == set()


def test_catalogue_is_that_of_the_code() -> None:
    """docs/catalogue.md is what ``kanmon catalogue`` prints."""
    assert read("docs/catalogue.md") == catalogue(HOME) + "\n"


def test_schema_is_that_of_the_code() -> None:
    """docs/environment.schema.json is what ``kanmon schema`` prints."""
    assert read("docs/environment.schema.json") == environment_schema() + "\n"


def test_what_stays_unverified_is_named() -> None:
    """docs/knowledge.md names each unverified row that a blocker may rest on, and no other."""
    assert read("docs/knowledge.md") == renewed(read("docs/knowledge.md"), HOME)


def test_a_claim_is_built_or_not() -> None:
    """No claim is in both lists, and the ones that say how a step ended are in one of them."""
    built = {check.card.id for check in checks(HOME)}
    assert not built & set(not_built(HOME))
    assert {id_ for ids in ENDS.values() for id_ in ids} <= built | set(not_built(HOME))


def test_ids_are_never_used_twice() -> None:
    """Two checks never have one id."""
    ids = [check.card.id for check in checks(HOME)]
    assert sorted(ids) == sorted(set(ids))


def test_example_is_an_environment_and_shows_every_table() -> None:
    """envs/example.toml is understood, and has every kind and every key of an operator."""
    example = load(HOME / "envs" / "example.toml")
    text = read("envs/example.toml")
    assert all(example.of_kind(kind) for kind in KINDS)
    schema = Environment.model_json_schema()
    keys = {key for model in schema["$defs"].values() for key in model.get("properties", {})}
    shown = set(re.findall(r"[a-z_]+(?= = )", text))
    assert keys - shown == {"world"}  # of [lab], which an operator does not write


def test_example_explains_every_line() -> None:
    """Every table and every key of the example is explained where it first appears."""
    seen: set[str] = set()
    for line in read("envs/example.toml").splitlines():
        found = re.match(r"#? ?([a-z_]+) = |(\[\[?[a-z]+\]\]?)", line)
        word = found and (found[1] or found[2])
        if word and word not in seen | UNDERSTOOD:
            assert "#" in line[1:], line
            seen.add(word)


UNDERSTOOD = {"vcenter", "esxi", "nsx", "deep_security", "address", "credential", "username"}


def test_readme_names_what_exists() -> None:
    """Every step, phase, file and shipped environment that the README names exists."""
    assert all(f"`{step}`" in README for step in STEPS)
    assert all(f"`{phase}`" in README for phase in PHASES)
    for path in re.findall(r"\]\(([^)]+)\)", README):
        assert (HOME / path).exists(), path


def test_requirements_name_no_address() -> None:
    """The pinned requirements have hashes, and no address of any registry."""
    for name in ("requirements.txt", "requirements-dev.txt"):
        text = read(name)
        assert "://" not in text
        pinned = re.findall(
            r"^[a-z0-9-]+(?:\[[a-z]+\])?==.*\\\n    --hash=sha256:", text, re.MULTILINE
        )
        assert len(pinned) == len(re.findall(r"^\S+==", text, re.MULTILINE)) > 40


def test_every_dependency_is_explained() -> None:
    """docs/dependencies.md says why for every dependency."""
    project = tomllib.loads(read("pyproject.toml"))["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["keyring"]]
    names = [re.split(r"[>=\[<]", one)[0] for one in wanted]
    assert not [name for name in names if name not in read("docs/dependencies.md")]


@GATES
def test_gate_names_every_verdict(page: str) -> None:
    """The table of verdicts has each of them with its exit status, and so has README.md."""
    rows = re.findall(r"^\| ([A-Z-]+)\S* \| (\d) \|", read(page), re.MULTILINE)
    assert {word: int(status) for word, status in rows} == {g.word: g.exit_status for g in Gate}
    assert all(
        re.search(rf"^\| {gate.word} \|.*\| {gate.exit_status} \|$", README, re.MULTILINE)
        for gate in Gate
    )


def test_gate_says_what_the_report_says() -> None:
    """What each verdict means in each phase stands there in the report's own words."""
    text = read("docs/gate.md")
    assert not [words for words in (*MEANING.values(), INCOMPLETE) if f"| {words} |" not in text]


@GATES
def test_gate_names_every_class_and_state(page: str) -> None:
    """Each class of an attestation has a row, with its life, and so has each state."""
    text, kept = read(page), Tolerances()
    lives = {
        Attestable.MOMENTARY: (kept.momentary_hours, "momentary_hours"),
        Attestable.CONFIGURATION: (kept.configuration_days, "configuration_days"),
        Attestable.DOCUMENT: (kept.document_days, "document_days"),
    }
    for one in Attestable:
        (row,) = re.findall(rf"^\| {one}\b.*$", text, re.MULTILINE)
        if one in lives:
            life, key = lives[one]
            assert re.search(rf"\b{life:g} ", row), row
            assert f"| `{key}` |" in row
    for state in attesting.State:
        (row,) = re.findall(rf"^\| `{state}` \|.*$", text, re.MULTILINE)
        shown = translator("ja", {})(state)
        assert page == "docs/gate.md" or f"| {shown} |" in row


@GATES
def test_gate_names_every_key_of_an_attestation(page: str) -> None:
    """The table of keys names all that an operator can write."""
    rows = "".join(re.findall(r"^\| (`[a-z`、, ]+`) \|", read(page), re.MULTILINE))
    assert set(Attestation.model_fields) <= set(re.findall(r"`([a-z]+)`", rows))


@GATES
def test_examples_of_the_gate_can_be_pasted(page: str) -> None:
    """What the page writes into files is understood; the blanks of kanmon attest are refused."""
    cards = {check.card.id: check.card for check in checks(HOME)}
    filled = 0
    for one in _written(page, "attestation"):
        assert cards[one["check"]].attestable is not Attestable.NEVER
        if one["says"]:
            filled += 1
            Attestation(**one)
            momentary = cards[one["check"]].attestable is Attestable.MOMENTARY
            assert ("at" in one) is momentary, one
        else:
            with pytest.raises(ValueError, match="says"):
                Attestation(**one)
    assert filled
    assert [cards[Waiver(**one).check].waivable for one in _written(page, "waiver")] == [True]


def test_gate_shows_the_same_in_both_languages() -> None:
    """The Japanese page gives the same commands, and asks the same questions."""

    def shown(page: str) -> list[str]:
        commands = re.findall(r"^    (\S.*)$", read(page), re.MULTILINE)
        return [command.replace(" --lang ja", "") for command in commands]

    assert shown("docs/gate.md") == shown("docs/gate.ja.md")
    keys = ("check", "target", "subjects", "subject", "answers", "bound", "on", "at", "expires")
    both = [
        [
            {key: one.get(key) for key in keys}
            for table in ("attestation", "waiver")
            for one in _written(page, table)
        ]
        for page in ("docs/gate.md", "docs/gate.ja.md")
    ]
    assert both[0] == both[1]


def test_commands_of_the_gate_exist() -> None:
    """Every command of the page is one of kanmon's; options of a run are in README.md."""
    commands = re.findall(r"^    \.venv/bin/(\S+) (\S+)(.*)$", read("docs/gate.md"), re.MULTILINE)
    assert len(commands) > 5
    for program, first, rest in commands:
        if program == "kanmon":
            told = kanmon(first, "--help")
            assert told.returncode == 0, first
        for option in re.findall(r"--[a-z-]+", rest):
            explained = option in told.stdout if program == "kanmon" else f"`{option} " in README
            assert explained, option


def _written(page: str, table: str) -> list[dict[str, Any]]:
    """The tables of this name in a page, as they stand in its blocks."""
    blocks = re.findall(r"```toml\n(.*?)```", read(page), re.DOTALL)
    return [one for block in blocks for one in tomllib.loads(block).get(table, [])]
