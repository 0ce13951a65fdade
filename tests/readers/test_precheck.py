"""The report of the installer's pre-check is understood, or told as not understood."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kanmon.judging.precheck import shorten, understand
from kanmon.knowledge import KnowledgeError, load, parse
from kanmon.knowledge.installers import InstallerMark, PrecheckRule, PrecheckWord

WORDS = load(PrecheckWord).rows
GOOD = [row.word for row in WORDS if row.kind == "good"]
BAD = [row.word for row in WORDS if row.kind in ("warning", "error")]
HEADS = [row.word for row in WORDS if row.kind == "status column"]


def meanings(text):
    """Kind of each result, in order."""
    return [result.word.kind for result in understand(text).results]


def whole(text):
    """Whether nothing of it is unclear."""
    return not understand(text).unclear


@pytest.mark.parametrize(
    "text",
    [
        "Check,Status,Message\nMemory,OK,16 GB\nDisk,Warning,10 GB\nDatabase,Error,too old\n",
        "Check;Status\r\nMemory;Pass\r\nDisk;WARN\r\nDatabase;failed\r\n",
        "項目\t結果\nメモリ\t正常\nディスク\t警告\nデータベース\tエラー\n",
        "Check|Result|\nMemory|OK|\nDisk|Caution|little\nDatabase|NG|\n",
        '"Check","Status"\n"Memory, heap","OK"\n"Disk","Warning"\n"Database","Critical"\n',
        "OK,Memory\nWarning,Disk\nError,Database\n",
        "Memory,\uff2f\uff2b\nDisk, warning \nDatabase,FATAL",
        "Check,Status\nMemory,OK\n,\nDisk,Warning\nDatabase,Error\n,\n , \n",
        '\n\nCheck,Status,Hint\nMemory,OK,"16 GB\nare there"\n\nDisk,Warning,\nDatabase,Fail,\n',
    ],
)
def test_reports_of_many_forms(text):
    """Delimiters, header or none, quotes, blank lines and rows, width and case, both languages."""
    assert meanings(text) == ["good", "warning", "error"]
    assert whole(text)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "it is empty"),
        ("\n \r\n", "it is empty"),
        ("Check,Status,Message\n", "it holds no result"),
        ("Memory,fine\n", "no column of results is known"),
        ("Check,Outcome\nMemory,OK\n", "no column of results is known"),
        ("Check,Status,Result\nMemory,OK,OK\n", "no column of results is known"),
        ("Status,OK\nMemory,OK\n", "no column of results is known"),
        ("OK,OK\n", "no column of results is known"),
        ("Check,Status\nMemory,Skipped\n", "a row without a known result: Memory,Skipped"),
        ("Check,Status\nMemory,OK\nDisk\n", "a row without a known result: Disk"),
        ("Check,Status\nMemory,OK\nfinished in 3 s\n", "a row without a known result"),
        ("Check,Status\nMemory,Not OK\n", "a row without a known result"),
        ("Check,Status\nMemory,OK,and more\n", "more columns than the first one"),
        ("Check,Status,Severity\nMemory,OK,Error\n", "says more than its result"),
        ("Check,Status,Severity\nMemory,Warning,Error\n", "says more than its result"),
        ('Check,Status,Hint\nMemory,OK,"16 GB\nDisk,Error,"\n', "other rows in its quotes"),
        ('Check,Status,Hint\nMemory,OK,"16 GB\nDisk,Error,\n', "it is no CSV"),
        ("<html><body>Sign in</body></html>", "no column of results is known"),
    ],
)
def test_what_is_not_understood_is_told(text, why):
    """Any row, header or text that is in doubt is told, with what it says."""
    assert any(why in reason for reason in understand(text).unclear)


def test_an_error_is_told_beside_what_is_not_understood():
    """One strange row does not hide another row's error."""
    report = understand("Check,Status\nMemory,Error\nDisk,Skipped\n")
    assert [result.text for result in report.results] == ["Memory,Error"]
    assert report.unclear == ("a row without a known result: Disk,Skipped",)


def test_raw_text_is_shown_short_and_harmless():
    """What is shown is one line, cut, without control characters."""
    assert shorten("a\r\n b\x1b[31m") == "a b?[31m"
    assert len(shorten("x" * 1000)) == 203


CELLS = st.one_of(
    st.sampled_from([*GOOD, *BAD, *HEADS, "Memory", "16 GB", "", "Skipped", "not OK", '"', " "]),
    st.text(max_size=6),
)
NEARLY_GOOD = st.builds(
    lambda head, rows: "\n".join([head, *map(",".join, rows)]),
    st.sampled_from(["Check,Status,Hint", ""]),
    st.lists(st.tuples(st.just("Memory"), st.sampled_from(GOOD), CELLS), min_size=1, max_size=4),
)
TEXTS = st.one_of(
    NEARLY_GOOD,
    st.text(),
    st.builds(
        lambda rows, ends: "".join(
            one + end for one, end in zip(rows, ends * len(rows), strict=False)
        ),
        st.lists(st.lists(CELLS, max_size=4).map(",".join), max_size=6),
        st.lists(st.sampled_from(["\n", "\r\n", "\r", "", '"\n']), min_size=1, max_size=3),
    ),
    st.lists(CELLS, max_size=20).map("".join),
)


@settings(max_examples=600)
@given(TEXTS)
@example('a,OK,"\nb,ERROR,"\n')
@example("Status,ERROR\nOK,x")
@example("OK\n,")
@example(",\nStatus,x\nOK,y")
def test_no_text_is_good_without_a_result_in_every_row(text):
    """A text that would pass has in every line a good word, and nowhere a bad one.

    Only its first line may be a header, and only a line inside quotes may hold no delimiter. A line
    of empty cells says nothing.
    """
    report = understand(text)
    if report.unclear or any(result.word.kind != "good" for result in report.results):
        return
    assert report.results
    lines = [line for line in re.split(r"\r\n|\r|\n", text) if any(_pieces(line))]
    said = [_pieces(line) for line in lines]
    good, bad = {_plain(word) for word in GOOD}, {_plain(word) for word in BAD}
    assert not [pieces for pieces in said if bad & set(pieces)]
    without = [
        line for line, pieces in zip(lines, said, strict=True) if line and not good & set(pieces)
    ]
    heads = {_plain(word) for word in HEADS}
    if without and heads & set(said[0]):
        without.remove(lines[0])
    assert all('"' in text for _ in without)


def _pieces(line):
    """What stands between the delimiters of a line, whichever they are."""
    return [_plain(piece) for piece in re.split(r'[,;\t|"]+', line)]


def _plain(word):
    import unicodedata  # noqa: PLC0415 - the test's own reading of a word

    return unicodedata.normalize("NFKC", word).strip().casefold()


@settings(max_examples=300)
@given(
    st.lists(st.tuples(st.sampled_from(["Memory", "Disk"]), st.sampled_from(GOOD)), min_size=1),
    st.text().filter(lambda word: _plain(word) not in {_plain(w) for w in [*GOOD, *BAD]}),
    st.integers(min_value=0),
)
def test_one_strange_word_is_enough(rows, strange, where):
    """Among good rows a single one with a word of no table is always told."""
    lines = [f"{check},{word}" for check, word in rows]
    quoted = strange.replace('"', '""')
    lines.insert(where % (len(lines) + 1), f'Other,"{quoted}"')
    assert not whole("\n".join(["Check,Status", *lines]))


def test_rules_of_results():
    """An error blocks and a warning warns, because the procedure asks for it."""
    rules = {row.meaning: row for row in load(PrecheckRule).rows}
    assert {key: row.severity for key, row in rules.items()} == {
        "error": "blocker",
        "warning": "warning",
    }
    assert all(row.citation.confidence == "procedure" for row in rules.values())
    assert {row.confidence for row in WORDS} == {"unverified"}


def test_no_word_means_two_things():
    """No word is in the table twice, whatever its case and width."""
    plain = [_plain(row.word) for row in WORDS if row.kind != "delimiter"]
    assert len(plain) == len(set(plain))


HEAD = 'title = "t"\nreview_by = 2027-05-23\nconfidence = "field"\nsource = "s"\n'
TAIL = '\n[sources.s]\ntitle = "s"\nurl = "https://example.jp"\nretrieved = 2026-11-23\n'


@pytest.mark.parametrize(
    ("model", "row", "told"),
    [
        (PrecheckWord, 'kind = "delimiter", word = "::"', "a delimiter is one character"),
        (PrecheckWord, 'kind = "delimiter", word = \'"\'', "a delimiter is one character"),
        (InstallerMark, 'kind = "version", pattern = "("', "not a regular expression"),
        (InstallerMark, 'kind = "version", pattern = "x"', "needs a group"),
    ],
)
def test_words_that_cannot_be_used_are_refused(model, row, told):
    """An overlay's delimiter or pattern that would crash a check is refused when it is loaded."""
    with pytest.raises(KnowledgeError, match=told):
        parse(model, f"{HEAD}rows = [{{ {row} }}]{TAIL}", "mine.toml")
