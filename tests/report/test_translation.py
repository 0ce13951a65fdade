"""A report speaks its language: texts by their templates, names and figures as they are."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path
from string import Formatter

import pytest

from kanmon.check import Finding, Severity, Unknown
from kanmon.commands import messages
from kanmon.commands.cli import main
from kanmon.evidence.results import messages as sentences
from kanmon.gate.judgement import judge
from kanmon.report import translate
from kanmon.report.translate import LANGUAGES, Texts, catalogue, translator
from kanmon.report.words import meaning
from kanmon.text import Text
from tests.running import HOME
from tests.running import judge as judge_run

OTHERS = LANGUAGES[1:]
JA = translator("ja")
CLAIM = "Every agent may be upgraded to the target directly; after the step it runs the target"


def places(text: str) -> list[tuple[str, str | None, str | None]]:
    """The places of a text with format and conversion, sorted."""
    return sorted((n, s, c) for _, n, s, c in Formatter().parse(text) if n is not None)


@pytest.mark.parametrize("language", OTHERS)
def test_places_are_kept(language: str) -> None:
    """A translation has every place of the English text once, and no other."""
    wrong = [
        str(one.id)
        for one in catalogue(language)
        if one.id and one.string and "{" in one.id
        if len(places(str(one.id))) != len(places(str(one.string)))
        or {n for n, *_ in places(str(one.id)) if n}
        != {n for n, *_ in places(str(one.string)) if n and not n.isdigit()}
    ]
    assert not wrong, "\n".join(wrong)


def test_a_text_without_a_translation_stays_english(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """It is told in English, and ``kanmon translations`` lists it."""
    home = tmp_path / "ja" / "LC_MESSAGES"
    home.mkdir(parents=True)
    entries = ('msgstr "Language: ja\\n"', 'msgid "{n} hosts"\nmsgstr ""', 'msgid "a"\nmsgstr "b"')
    text = 'msgid ""\n' + "\n\n".join(entries) + "\n"
    (home / "kanmon.po").write_text(text, encoding="utf-8")
    monkeypatch.setattr(translate, "LOCALE", tmp_path)
    assert Texts({"a": "b"}, ())(Text("{n} hosts", n=3)) == "3 hosts"
    assert main(["translations", "ja"]) == 0
    assert capsys.readouterr().out == "{n} hosts\n1 texts have no translation in ja\n"


def extracted(source: str, name: str = "x.py") -> list[str]:
    file = io.BytesIO(source.encode())
    file.name = name  # type: ignore[misc] - as a real file has it
    return [text for _, _, text, _ in messages.texts(file, {"Text", "tr"}, (), options={})]


def test_texts_are_found() -> None:
    """Every marked text is extracted, also one within another, over lines, or of a method."""
    source = 'Text("a {b}" " c", b=Text("d"))\nself._tr("e")\nother("f")\nText(variable)\n'
    assert sorted(extracted(source)) == ["a {b} c", "d", "e"]


def test_cards_and_tables_are_found() -> None:
    """The words of a card, and the title of a table, which nothing marks."""
    path = HOME / "checks" / "test_agent.py"
    with path.open("rb") as file:
        assert CLAIM in [text for _, _, text, _ in messages.texts(file, {"Text"}, (), options={})]
    table = io.BytesIO(b'title = "Builds of\\n  vCenter"')
    assert [text for _, _, text, _ in messages.titles(table, (), (), options={})] == [
        "Builds of vCenter"
    ]


def test_a_broken_line_is_no_part_of_a_text() -> None:
    """A text is known however its lines are broken, as in docstrings."""
    assert JA(CLAIM.replace("target directly", "target\n    directly")) == JA(CLAIM) != CLAIM


def test_a_name_is_never_translated() -> None:
    """An object that is called like a word of ours keeps its name inside a sentence."""
    assert JA("none") == "なし"
    assert JA(Text("agents of {slug}", slug="none")) == "none の Agent"


def test_a_version_is_never_torn_apart() -> None:
    """A value with spaces, commas and words of the sentence stays in its place."""
    name = "6.7 U2, cannot be judged"
    made = judge(Severity.BLOCKER, examined=2, of=name, unknown=[Unknown("x", "y")])
    assert JA(made.reason) == f"{name}: 2 件中 1 件を判定できません"


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
        of=Text("ESXi hosts of {slug}", slug="vc-main"),
        findings=[Finding(f"bad-{n}", "x", "y") for n in range(bad)],
        unknown=[Unknown(f"missed-{n}", "z") for n in range(missed)],
    )
    assert JA(made.reason) == said


def test_reason_of_what_does_not_apply() -> None:
    """So does that of a check that has nothing to examine."""
    made = judge(Severity.ADVICE, examined=0, of=Text("agents of {slug}", slug="dsm"))
    assert JA(made.reason) == "対象がありません: dsm の Agent"


def test_evidence_is_known_by_its_messages() -> None:
    """What was read back from ``results.json`` is told as what stood in memory."""
    reason = Text("agents of {slug}", slug="dsm")
    known = sentences({"checks": [{"reason": reason, "found": "none"}], "n": [1, None]})
    assert known == [
        {"text": "agents of dsm", "template": "agents of {slug}", "values": {"slug": "dsm"}}
    ]
    assert JA("agents of dsm") == "agents of dsm"
    assert translator("ja", known)("agents of dsm") == JA(reason)


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
    kept = ("verdict", "coverage", "plan", "unjudged", "messages")
    assert [english.results[key] for key in kept] == [japanese.results[key] for key in kept]
    told = ("id", "target", "title", "outcome", "reason", "findings", "remediation")
    assert [[one[key] for key in told] for one in english.results["checks"]] == [
        [one[key] for key in told] for one in japanese.results["checks"]
    ]
