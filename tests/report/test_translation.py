"""Every text of cards, checks, tables and reports is there in every language."""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from string import Formatter

import pytest
from babel.messages import pofile

from kanmon.check import Finding, Severity, Unknown
from kanmon.commands import translations
from kanmon.commands.cli import main
from kanmon.gate.judgement import judge
from kanmon.report import translate
from kanmon.report.translate import LANGUAGES, LOCALE, PAGE, Texts, entries, fold, translator
from kanmon.report.words import meaning
from tests.running import HOME
from tests.running import judge as judge_run

OTHERS = LANGUAGES[1:]
JA = translator("ja")
CLAIM = "Every agent may be upgraded to the target directly; after the step it runs the target"


def places(text: str) -> list[int]:
    """The places of a text by number, sorted."""
    names = [name for _, name, _, _ in Formatter().parse(text) if name is not None]
    return sorted(int(name) if name else number for number, name in enumerate(names))


def is_message(path: Path, english: str) -> bool:
    return "{}" in english and path.parent != LOCALE and path.stem != PAGE


@pytest.fixture
def without(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The catalogues of Japanese without the claim of DSA-VER-001."""
    shutil.copytree(LOCALE, tmp_path / "locale")
    file = tmp_path / "locale" / "ja" / "agent.po"
    before, _, after = file.read_text(encoding="utf-8").partition(f'msgid "{CLAIM}"\n')
    file.write_text(before + after.partition("\n")[2], encoding="utf-8")
    monkeypatch.setattr(translate, "LOCALE", tmp_path / "locale")
    return CLAIM


@pytest.mark.parametrize("language", OTHERS)
def test_nothing_is_missing(language: str) -> None:
    """Every text that reports show has a translation; ``kanmon translations`` prints the others."""
    absent = translations.missing(HOME, language)
    assert not absent, "\n".join(f"{one.file}.po: {one.where}: {one.english}" for one in absent)


@pytest.mark.parametrize("language", OTHERS)
def test_nothing_is_stale(language: str) -> None:
    """Every translated text is still one of the code."""
    left = translations.stale(HOME, language)
    assert not left, "\n".join(left)


@pytest.mark.parametrize("language", OTHERS)
def test_places_are_kept(language: str) -> None:
    """A translation has every place of the English text once, and no other."""
    wrong = [
        english
        for _, english, translated in entries(language)
        if places(english) != places(translated)
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("language", OTHERS)
def test_nothing_is_said_in_two_ways(language: str) -> None:
    """A text that several catalogues have is translated alike in all of them."""
    said: dict[str, set[str]] = defaultdict(set)
    for _, english, translated in entries(language):
        said[fold(english)].add(translated)
    assert not [english for english, ways in said.items() if len(ways) > 1]


def test_what_has_no_translation_stays_english(without: str) -> None:
    """A missing translation falls back to English, and is listed with where it belongs."""
    assert Texts("ja")(without) == without
    assert JA(without) != without
    (absent,) = translations.missing(HOME, "ja")
    assert (absent.english, absent.file, absent.where) == (without, "agent", "DSA-VER-001 title")


def test_command_prints_a_catalogue(without: str, capsys: pytest.CaptureFixture[str]) -> None:
    """``kanmon translations ja`` prints what is missing as entries to be filled in."""
    assert main(["translations", "ja"]) == 0
    printed = capsys.readouterr().out
    assert "# For ja/agent.po:" in printed
    found = pofile.read_po(io.StringIO(printed), abort_invalid=True)
    assert [entry.id for entry in found if entry.id] == [without]


def test_what_the_code_no_longer_says_is_stale(without: str) -> None:
    """A translated text that is nowhere in the code is named with its file."""
    file = translate.LOCALE / "ja" / "agent.po"
    text = file.read_text(encoding="utf-8")
    old = without.replace("Every agent", "Each agent")
    file.write_text(f'{text}\nmsgid "{old}"\nmsgstr "x"\n', encoding="utf-8")
    assert translations.stale(HOME, "ja") == [f"agent.po: {old}"]


def test_a_broken_line_is_no_part_of_a_text() -> None:
    """A text is known however its lines are broken, as in docstrings."""
    assert JA(CLAIM.replace("target directly", "target\n    directly")) == JA(CLAIM)


@pytest.mark.parametrize("values", [("12", "7", "esx-01 (host-21)", "3"), ("9", "a", "x", "vm.z")])
def test_no_message_is_taken_for_another(values: tuple[str, ...]) -> None:
    """Every message of checks, once filled, comes out as its own translation, names as they are."""
    for path, english, translated in entries("ja"):
        if is_message(path, english):
            filled = values[: english.count("{}")]
            plain = translated.replace(":text}", "}")
            assert JA(english.format(*filled)) == plain.format(*filled), english


def test_a_name_is_never_translated() -> None:
    """An object that is called like a word of ours keeps its name inside a message."""
    assert JA("none") == "なし"
    assert JA("agents of none") == "none の Agent"
    assert "online" in JA("vCenter does not list its host online")


@pytest.mark.parametrize(
    ("bad", "missed", "said"),
    [
        (2, 0, "vc-main の ESXi ホスト: 5 件中 2 件が不適合です"),
        (2, 1, "vc-main の ESXi ホスト: 5 件中 2 件が不適合、1 件は判定できません"),
        (0, 3, "vc-main の ESXi ホスト: 5 件中 3 件を判定できません"),
        (0, 0, "vc-main の ESXi ホスト: 5 件中 5 件が適合しています"),
    ],
)
def test_reasons(bad: int, missed: int, said: str) -> None:
    """The reason of every outcome says the same figures of the same objects."""
    made = judge(
        Severity.BLOCKER,
        examined=5,
        of="ESXi hosts of vc-main",
        findings=[Finding(f"bad-{n}", "x", "y") for n in range(bad)],
        unknown=[Unknown(f"missed-{n}", "z") for n in range(missed)],
    )
    assert JA(made.reason) == said


def test_reason_of_what_does_not_apply() -> None:
    """So does that of a check that has nothing to examine."""
    made = judge(Severity.ADVICE, examined=0, of="agents of dsm")
    assert JA(made.reason) == "対象がありません: dsm の Agent"


@pytest.mark.e2e
def test_english_does_without_babel() -> None:
    """A run in English does not load the library that reads catalogues."""
    code = "import sys, kanmon.commands.cli; from kanmon.report import translate as t"
    code += "; t.translator('en'); sys.exit('babel' in sys.modules)"
    command = [sys.executable, "-c", code]
    assert subprocess.run(command, cwd=HOME, check=False).returncode == 0


def test_report_in_japanese(tmp_path: Path) -> None:
    """The page speaks Japanese, and the evidence is the same as that of an English run."""
    english = judge_run(tmp_path / "en", "--env", "demo", "--step", "agent")
    japanese = judge_run(tmp_path / "ja", "--facts", str(english.directory), "--lang", "ja")
    assert '<main class="kanmon" lang="ja"' in japanese.page
    assert JA(CLAIM) in japanese.page
    assert CLAIM not in japanese.page.split("</main>")[0]
    assert meaning(japanese.results, JA)[:1] not in "abcdefghijklmnopqrstuvwxyz"
    kept = ("verdict", "coverage", "plan", "unjudged")
    assert [english.results[key] for key in kept] == [japanese.results[key] for key in kept]
    told = ("id", "target", "title", "outcome", "reason", "findings", "remediation")
    assert [[one[key] for key in told] for one in english.results["checks"]] == [
        [one[key] for key in told] for one in japanese.results["checks"]
    ]
