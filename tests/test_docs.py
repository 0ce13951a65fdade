"""The documentation says what the code does."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from kanmon.check import PHASES, STEPS
from kanmon.commands.catalogue import catalogue, not_built
from kanmon.commands.cli import environment_schema
from kanmon.environment.file import Environment, load
from kanmon.environment.targets import KINDS
from kanmon.steps import ENDS
from kanmon.suite.checks import checks

HOME = Path(__file__).resolve().parent.parent
README = (HOME / "README.md").read_text(encoding="utf-8")


def read(name: str) -> str:
    return (HOME / name).read_text(encoding="utf-8")


def test_a_bare_machine_has_what_the_readme_asks_for() -> None:
    """The bare Debian that CI tries holds the packages that README.md names, and no others."""
    (asked,) = re.findall(r"`apt-get install ([^`]+)`", README)
    (given,) = re.findall(r"--include=(\S+)", read(".ci/bare"))
    assert given.split(",") == asked.split()


def test_catalogue_is_that_of_the_code() -> None:
    """docs/catalogue.md is what ``kanmon catalogue`` prints."""
    assert read("docs/catalogue.md") == catalogue(HOME) + "\n"


def test_schema_is_that_of_the_code() -> None:
    """docs/environment.schema.json is what ``kanmon schema`` prints."""
    assert read("docs/environment.schema.json") == environment_schema() + "\n"


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
