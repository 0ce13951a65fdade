"""The index of an environment, and the briefs that it is made from."""

from __future__ import annotations

import json
import re
import threading
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest

from kanmon.report import brief, index, runs
from kanmon.report.brief import Brief
from kanmon.report.changes import changes, compared_with
from tests.records_by_hand import HOSTILE, check, record

FILES = ("report.html", "report.xlsx", "summary.md", "results.json", "junit.xml")


def told(checks: list[dict], **values: object) -> Brief:
    return Brief.model_validate_json(brief.document(record(checks, **values)))


def name(day: int) -> str:
    return f"202611{day:02}T100000.000000Z-all-pre"


def run(home: Path, day: int, checks: list[dict], **values: object) -> Path:
    """A run on disk, as a whole run leaves it."""
    directory = home / name(day)
    directory.mkdir(parents=True)
    started = {"started": f"2026-11-{day:02}T10:00:00+00:00", **values}
    (directory / "brief.json").write_bytes(brief.document(record(checks, **started)))
    for file in FILES:
        (directory / file).touch()
    return directory


class Page(HTMLParser):
    """The page as a browser takes it: elements, their attributes, and its rows' text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.rows: dict[str, str] = {}
        self._row = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A row begins with its first tag."""
        self.elements.append((tag, dict(attrs)))
        if tag == "tr":
            self._row = dict(attrs).get("id") or "head"
            self.rows[self._row] = ""

    def handle_data(self, data: str) -> None:
        """All text of a row, its parts apart."""
        if self._row:
            self.rows[self._row] += f"{data} "

    def links(self) -> list[str]:
        """Where the page leads."""
        return [attributes["href"] or "" for tag, attributes in self.elements if tag == "a"]


def rebuilt(home: Path, language: str = "en") -> Page:
    index.rebuild(home, language)
    return Page((home / "index.html").read_text(encoding="utf-8"))


def test_newest_first_with_links(tmp_path: Path) -> None:
    """Every run has a row: time, step, phase, change, verdict, counts, and its files by links."""
    home = tmp_path / "prod"
    for day in (1, 2):
        run(home, day, [check("VC-VER-001"), check("VC-VER-002", "undetermined")], simulated=True)
    page = rebuilt(home)
    assert list(page.rows) == ["head", name(2), name(1)]
    row = page.rows[name(2)]
    for text in ("2026-11-02 10:00 UTC", "all steps, pre", "CHG7", "NO-GO", "simulated"):
        assert text in row
    assert re.search(r"blocker: \s*1 .*undetermined: \s*1 .*1 of 2 checks judged", row)
    relative = [link for link in page.links() if link.startswith("./")]
    assert relative[:5] == [f"./{name(2)}/{file}" for file in FILES]
    assert all((home / unquote(link)).is_file() for link in relative)


def test_what_changed_against_the_one_before(tmp_path: Path) -> None:
    """Checks that newly fail, no longer fail, or are newly undetermined, by id and target."""
    home = tmp_path / "prod"
    run(home, 1, [check("A-A-001"), check("A-A-002", "pass"), check("A-A-003", "pass")])
    run(home, 2, [check("A-A-001", "pass"), check("A-A-002"), check("A-A-003", "undetermined")])
    page = rebuilt(home)
    assert "newly fails (1) A-A-002 (vc-main): pass → blocker" in page.rows[name(2)]
    assert "newly undetermined (1) A-A-003 (vc-main): pass → undetermined" in page.rows[name(2)]
    assert "no longer fails (1) A-A-001 (vc-main): blocker → pass" in page.rows[name(2)]
    assert f"#{name(1)}" in page.links()
    assert "There is no run to compare it with." in page.rows[name(1)]


ENDS = ["pass", "fail", "undetermined", "not applicable", "waived", None]


@pytest.mark.parametrize("before", ENDS)
@pytest.mark.parametrize("now", ENDS)
def test_kinds_of_change(before: str | None, now: str | None) -> None:
    """What stood or stands against a GO is told whenever it changes; silence is no mending."""
    then, today = ([check("A-A-001", end)] if end else [] for end in (before, now))
    found = [one.kind for one in changes(told(then), told(today))]
    open_ = {"fail", "undetermined"}
    if before == now or not open_ & {before, now}:
        expected = []
    elif now is None:
        expected = ["not looked at any more"]
    elif now in open_:
        expected = ["newly fails" if now == "fail" else "newly undetermined"]
    else:
        expected = ["no longer fails" if before == "fail" else "no longer undetermined"]
    assert found == expected


def test_another_severity_is_a_change() -> None:
    """A warning that became a blocker is told."""
    found = changes(told([check("A-A-001", severity="warning")]), told([check("A-A-001")]))
    assert [(one.kind, one.before, one.now) for one in found] == [
        ("fails with another severity", "warning", "blocker")
    ]


def test_a_target_more_is_no_mending() -> None:
    """The same check of two targets is two claims."""
    both = [check("A-A-001", target="a"), check("A-A-001", "pass", target="b")]
    swapped = [check("A-A-001", "pass", target="a"), check("A-A-001", target="b")]
    kinds = {(one.kind, one.target) for one in changes(told(both), told(swapped))}
    assert kinds == {("newly fails", "b"), ("no longer fails", "a")}


def test_compared_with_the_latest_whole_run_of_its_kind() -> None:
    """No other phase or step, no partial run and no second judgement is the one before."""
    seen = {
        name(1): told([]),
        name(2): told([], phase="post"),
        name(3): told([], step="manager"),
        name(4): told([], partial=["A-A-001"]),
        name(5): told([], judged_again=name(1)),
        name(6): told([]),
        name(7): told([], judged_again=name(3)),
        name(8): told([], judged_again="gone"),
    }
    assert compared_with(name(6), seen) == name(1)
    assert compared_with(name(5), seen) == name(1)
    assert compared_with(name(7), seen) == name(3)
    assert [compared_with(name(day), seen) for day in (1, 2, 3, 8)] == [None] * 4


BROKEN = {
    "empty": b"",
    "half": b'{"schema": "kanmon/brief/1", "environ',
    "foreign": b'{"verdict": "GO"}',
    "no text": b"\xff\xfe\x00",
    "list": b"[]",
    "deep": b"[" * 100_000,
    "later": b'{"schema": "kanmon/brief/2"}',
}


@pytest.mark.parametrize("how", BROKEN)
def test_a_broken_brief_is_told(how: str, tmp_path: Path) -> None:
    """A brief that cannot be used is shown as no verdict, with the reason; the others stand."""
    home = tmp_path / "prod"
    run(home, 1, [check("VC-VER-001", "pass")], verdict="GO")
    (run(home, 2, []) / "brief.json").write_bytes(BROKEN[how])
    page = rebuilt(home)
    assert "NO VERDICT" in page.rows[name(2)]
    assert "cannot be used" in page.rows[name(2)]
    assert " GO " in page.rows[name(1)]


def test_directories_that_are_no_runs(tmp_path: Path) -> None:
    """Running, interrupted, foreign, moved and unreadable directories are told as such."""
    home = tmp_path / "prod"
    (home / name(1) / "facts").mkdir(parents=True)
    (home / "zz old stuff").mkdir()
    run(home, 2, [], environment="elsewhere")
    (run(home, 3, []) / "brief.json").unlink()
    brief_ = run(home, 4, []) / "brief.json"
    brief_.unlink()
    brief_.mkdir()
    with (run(home, 5, []) / "brief.json").open("wb") as file:
        file.truncate(runs.LARGEST + 1)
    (home / "note.txt").touch()
    page = rebuilt(home)
    assert list(page.rows) == ["head", *(name(day) for day in (5, 4, 3, 2, 1)), "zz old stuff"]
    assert "too large" in page.rows[name(5)]
    assert "stands in its own report" in page.rows[name(4)]
    assert "stands in its own report" in page.rows[name(3)]
    assert "another environment: elsewhere" in page.rows[name(2)]
    for no_run in (name(1), "zz old stuff"):
        assert "came to no verdict" in page.rows[no_run]


def test_a_run_that_goes_while_it_is_looked_at_is_told(tmp_path: Path) -> None:
    """A directory that cannot be read any more takes no other run off the page."""
    assert runs._seen(tmp_path / "gone").fault[0] == runs.UNREADABLE


def named(text: str) -> str:
    """A name that a file system takes."""
    return text.replace("/", "-").replace("\x00", "").replace("\ud800", "")


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_names(hostile: str, tmp_path: Path) -> None:
    """Whatever a run, a target, a change or an environment is called, the page holds it as text."""
    home = tmp_path / named(hostile)
    given = {"environment": home.name, "change": {"number": hostile, "window": None}}
    run(home, 1, [check("A-A-001", "pass", target=hostile)], **given)
    run(home, 2, [check("A-A-001", target=hostile)], step=hostile, judged_again=name(1), **given)
    (home / f"~{named(hostile)}").mkdir()
    page = rebuilt(home)
    tags = {tag for tag, _ in page.elements}
    assert not tags & {"img", "script", "iframe", "r", "t"}
    assert not [key for _, attributes in page.elements for key in attributes if key[:2] == "on"]
    assert all(link.startswith(("./", "#")) for link in page.links())
    assert len(page.rows) == 4
    assert "newly fails (1)" in page.rows[name(2)]


def test_hostile_directory_is_linked_by_its_name(tmp_path: Path) -> None:
    """A link leads into the directory even where its name is an address or a query."""
    home = tmp_path / "prod"
    for odd in ("javascript:alert(1)", "a?b#c", 'q"uote', "関門"):
        (home / odd).mkdir(parents=True)
        (home / odd / "report.html").touch()
    links = rebuilt(home).links()
    assert len(links) == 4
    assert all((home / unquote(link.removeprefix("./"))).is_file() for link in links)
    assert not [link for link in links if re.search(r"[?#:\"]", link)]


def test_nothing_is_loaded_and_nothing_needs_a_script(tmp_path: Path) -> None:
    """No script, no outside address, a policy that forbids both, a language, a viewport."""
    home = tmp_path / "prod"
    run(home, 1, [])
    page = rebuilt(home)
    tags = [tag for tag, _ in page.elements]
    assert "script" not in tags
    assert "link" not in tags
    assert not [a for _, a in page.elements if "src" in a or "//" in str(a.get("href"))]
    policies = [a["content"] for tag, a in page.elements if tag == "meta" and "content" in a]
    assert policies == [index.NOTHING_IS_LOADED, "width=device-width, initial-scale=1"]
    assert ("html", {"lang": "en"}) in page.elements
    assert ("html", {"lang": "ja"}) in rebuilt(home, "ja").elements


def test_japanese(tmp_path: Path) -> None:
    """The page is Japanese where asked."""
    home = tmp_path / "prod"
    run(home, 1, [check("A-A-001")])
    row = rebuilt(home, "ja").rows[name(1)]
    assert "全手順, 事前" in row
    assert "阻害:" in row


def luminance(colour: str) -> float:
    """By WCAG 2."""
    digits = colour[1:] if len(colour) == 7 else "".join(digit * 2 for digit in colour[1:])
    parts = [int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_contrast() -> None:
    """Every ink on its ground has a contrast of 4.5 at least, as WCAG 2 AA asks."""
    rules = re.findall(r"([^{}]+)\{([^{}]*)\}", index.STYLE)
    judged = 0
    for selector, rule in rules:
        ink = re.search(r"(?<![-\w])color: (#\w+)", rule)
        if ink is None:
            continue
        ground = re.search(r"background: (#\w+)", rule)
        one, other = luminance(ink[1]), luminance(ground[1] if ground else "#f4f6fa")
        lighter, darker = max(one, other), min(one, other)
        assert (lighter + 0.05) / (darker + 0.05) >= 4.5, selector
        judged += 1
    assert judged > 8


def test_a_failed_write_leaves_the_index_that_stood(tmp_path: Path) -> None:
    """Where the new page cannot take its place there is an error, the old one, and no rest."""
    home = tmp_path / "prod"
    run(home, 1, [])
    (home / "index.html").mkdir()
    with pytest.raises(OSError, match=r"index\.html"):
        index.rebuild(home)
    assert sorted(path.name for path in home.iterdir()) == [name(1), "index.html"]


def test_a_reader_never_sees_half_a_page(tmp_path: Path) -> None:
    """Who has the old index open goes on reading it whole, while the new one takes its place."""
    home = tmp_path / "prod"
    run(home, 1, [])
    index.rebuild(home)
    with (home / "index.html").open(encoding="utf-8") as old:
        run(home, 2, [])
        assert name(2) in rebuilt(home).rows
        text = old.read()
    assert text.endswith("</html>\n")
    assert name(2) not in text


def test_runs_that_end_at_once(tmp_path: Path) -> None:
    """Whoever of many writes last, the index is whole and names them all; nothing else is left."""
    home = tmp_path / "prod"
    home.mkdir()
    days = range(1, 13)
    together = threading.Barrier(len(days))
    faults: list[BaseException] = []

    def end(day: int) -> None:
        together.wait()
        try:
            run(home, day, [check("A-A-001")])
            index.rebuild(home)
        except BaseException as error:  # noqa: BLE001 - of a thread, told below
            faults.append(error)

    threads = [threading.Thread(target=end, args=(day,)) for day in days]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    page = Page((home / "index.html").read_text(encoding="utf-8"))
    assert list(page.rows) == ["head", *(name(day) for day in reversed(days))]
    assert "NO VERDICT" not in "".join(page.rows.values())
    assert sorted(path.name for path in home.iterdir()) == [
        *(name(day) for day in days),
        "index.html",
    ]


def test_a_run_that_ended_meanwhile_is_not_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run that ends while the page is being made is on the page that is left."""
    home = tmp_path / "prod"
    run(home, 1, [])
    look = runs.look

    def look_while_another_ends(directory: Path) -> list[runs.Seen]:
        seen = look(directory)
        if not (home / name(2)).exists():
            run(home, 2, [])
        return seen

    monkeypatch.setattr(runs, "look", look_while_another_ends)
    assert name(2) in rebuilt(home).rows


def test_no_evidence_is_read(tmp_path: Path) -> None:
    """The index needs the briefs alone, whatever the evidence is."""
    home = tmp_path / "prod"
    directory = run(home, 1, [check("A-A-001")])
    (directory / "results.json").write_bytes(b"\x00")
    assert "NO-GO" in rebuilt(home).rows[name(1)]


def test_a_brief_holds_no_finding() -> None:
    """A brief grows with checks, not with what they found."""
    found = [{"subject": f"vm-{n}", "found": "x", "expected": "y"} for n in range(20_000)]
    many = record([check("A-A-001", findings=found)])
    assert len(brief.document(many)) < 1000
    assert json.loads(brief.document(many))["checks"] == [["A-A-001", "vc-main", "blocker"]]
