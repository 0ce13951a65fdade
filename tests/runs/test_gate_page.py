"""docs/gate.md walked through: its week of a change, with the files and commands that it names."""

from __future__ import annotations

import re
import time
import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.running import HOME, Ended, approve, estate, judge, kanmon

PAGES = pytest.mark.parametrize("page", ["gate.md", "gate.ja.md"])


def blocks(page: str) -> list[str]:
    """What the page shows of files and of kanmon attest."""
    text = (HOME / "docs" / page).read_text(encoding="utf-8")
    return re.findall(r"```toml\n(.*?)```", text, re.DOTALL)


def without(file: Path, *tables: str) -> None:
    """Take tables out of an environment file, each named as its first lines begin."""
    parts = re.split(r"(?m)^(?=\[)", file.read_text(encoding="utf-8"))
    file.write_text("".join(p for p in parts if not p.startswith(tables)), encoding="utf-8")


def paste(file: Path, asked: str, now: datetime) -> None:
    """Fill in what kanmon attest printed, and add it to the environment file."""
    filled = asked.replace('says = ""', 'says = "seen"').replace('by = ""', 'by = "Taro Yamada"')
    filled = re.sub(r"(?m)^# on = \S+", f"on = {now:%Y-%m-%d}", filled)
    filled = re.sub(r"(?m)^# at = \S+", f"at = {now:%Y-%m-%dT%H:%M:%SZ}", filled)
    file.write_text(f"{file.read_text(encoding='utf-8')}\n{filled}", encoding="utf-8")


def asked_of(run: Ended) -> str:
    """What kanmon attest prints of a run."""
    return kanmon("attest", str(run.directory)).stdout


def attestations(text: str) -> list[dict[str, Any]]:
    return tomllib.loads(text).get("attestation", [])


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What is asked of the demo's estate where nobody answered anything."""
    home = tmp_path_factory.mktemp("asked")
    file = home / "prod.toml"
    with estate(file, "demo"):
        without(file, "[[attestation]]")
        run = judge(home / "reports", "--env", str(file))
    assert run.status == 6
    return asked_of(run)


@PAGES
def test_output_is_that_of_the_command(page: str, asked: str) -> None:
    """What the page shows of kanmon attest is what it prints of the demo's estate."""
    (shown,) = [block for block in blocks(page) if block.startswith("# What this run")]
    head, question = shown.split("\n\n", 1)
    assert asked.startswith(head)
    assert question in asked


@PAGES
def test_examples_answer_what_is_asked(page: str, asked: str) -> None:
    """An attestation of the page repeats what kanmon attest prints, reason and values."""
    questions = attestations(asked)
    given = [one for block in blocks(page) for one in attestations(block)]
    answering = [one for one in given if one["check"] in {each["check"] for each in questions}]
    assert {one["check"] for one in answering} == {"LNX-KERNEL-001", "DSM-AUTO-001", "RB-HUMAN-001"}
    for one in answering:
        repeated = [
            question
            for question in questions
            if set(one["subjects"]) <= set(question.get("subjects", ()))
            and all(one.get(key) == question.get(key) for key in ("check", "answers", "bound"))
        ]
        assert len(repeated) == 1, one


def test_week_of_a_change(tmp_path: Path) -> None:
    """From a run that is INCOMPLETE to GO before, between and after, by what the page says."""
    file, reports, now = tmp_path / "prod.toml", tmp_path / "reports", datetime.now(UTC)
    step = ("--env", str(file), "--step", "manager")
    with estate(file, "manager-before"):
        without(file, "[[attestation]]")
        monday = judge(reports, *step)
        assert monday.status == 6
        asked = asked_of(monday)
        assert f'# approved = {{ run = "{monday.directory.name}", by = ""' in asked
        paste(file, asked, now)
        wednesday = judge(reports, *step)
        assert wednesday.status == 6, wednesday.output
        approve(file, wednesday)
        before = judge(reports, *step)
        assert before.status == 0, before.output
        assert {one["state"] for one in before.results["attestations"]} == {"used"}
        told = before.results["approved"]
        assert (told["run"], told["different"], told["not_seen"]) == (
            wednesday.directory.name,
            [],
            [],
        )
        assert f"Nothing is different from {wednesday.directory.name}" in before.output
        again = judge(reports, "--facts", str(before.directory))
        assert (again.status, again.results["approved"]) == (0, told)
    since = ("--baseline", str(before.directory))
    with estate(file, "manager-between"):
        without(file, "[[attestation]]")
        _switch_off(file, "dsm-2-host")
        _open_window(file, now)
        between = judge(reports, *step, "--phase", "mid", *since)
        assert between.status == 6
        night = asked_of(between)
        _as_on_the_page(night)
        early = file.read_text(encoding="utf-8")
        paste(file, night, now - timedelta(hours=2))
        refused = judge(reports, *step, "--phase", "mid", *since)
        assert refused.status == 6
        assert [one["state"] for one in refused.results["attestations"]] == [
            "from before the window"
        ]
        file.write_text(early, encoding="utf-8")
        paste(file, night, now)
        between = judge(reports, *step, "--phase", "mid", *since)
        assert between.status == 0, between.output
    time.sleep(2)  # a machine tells in whole seconds since when its service runs
    with estate(file, "manager-after"):
        after = judge(reports, *step, "--phase", "post", *since)
        assert after.status == 0, after.output
    assert kanmon("verify", str(after.directory)).returncode == 0


def _switch_off(file: Path, slug: str) -> None:
    """Nobody answers any more where the file says that this machine is."""
    text, count = re.subn(
        rf'(?s)(slug = "{slug}".*?\nport = )\d+', r"\g<1>9", file.read_text(encoding="utf-8")
    )
    assert count == 1
    file.write_text(text, encoding="utf-8")


def _open_window(file: Path, now: datetime) -> None:
    """The window of the file began an hour ago."""
    start = f"{now - timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}"
    text, count = re.subn(r"start = [^,]+,", f"start = {start},", file.read_text(encoding="utf-8"))
    assert count == 1
    file.write_text(text, encoding="utf-8")


def _as_on_the_page(night: str) -> None:
    """What is due on the night is what both pages show of it, the port of the lab apart."""
    for page in ("gate.md", "gate.ja.md"):
        (shown,) = [block for block in blocks(page) if block.startswith("# Due on the night")]
        ports = [re.sub(r":\d{5}\)", ":PORT)", text) for text in (shown, night)]
        assert ports[0] in ports[1]
