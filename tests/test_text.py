"""A sentence is the English text that people read, and knows its template and its values."""

from __future__ import annotations

import ast
import copy
import json
import pickle
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from kanmon.check import Severity
from kanmon.errors import CouldNotRead
from kanmon.facts import Unread
from kanmon.redaction import MASK, clean, cleaned
from kanmon.text import Text, shortened
from tests.running import HOME

ROOTS = Text("{count} roots are missing: {names}", count=2, names="A, B")
WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


def nested() -> Text:
    return Text("{found}; {rest}", found=ROOTS, rest=Text("nothing else"))


def test_it_is_its_english_text() -> None:
    """Whatever takes a string takes it: it compares, sorts, and is written as the English text."""
    assert ROOTS == "2 roots are missing: A, B"
    assert hash(ROOTS) == hash("2 roots are missing: A, B")
    assert json.dumps([nested()]) == '["2 roots are missing: A, B; nothing else"]'


def test_values_are_kept_apart() -> None:
    """A number stays a number, a text a text; any other value is kept as the words it makes."""
    made = Text("{n:.1f} {who} {how}", n=2.25, who=Severity.BLOCKER, how=Text("now"))
    assert made == "2.2 blocker now"
    assert made.places == {"n": 2.25, "who": "blocker", "how": "now"}
    assert isinstance(made.places["how"], Text)


def test_braces_of_a_text_without_values_are_plain() -> None:
    """A text that nothing fills is what it says."""
    assert Text("a {place} in braces") == "a {place} in braces"


@given(WORDS, WORDS)
def test_braces_of_a_value_are_plain(first: str, second: str) -> None:
    """What an estate calls its objects never reads as a place."""
    made = Text("{a} beside {b}", a=first, b=Text("{c}", c=second))
    assert made == f"{first} beside {second}"
    assert Text.of(json.loads(json.dumps(made.record()))) == made


@pytest.mark.parametrize("text", [ROOTS, nested(), Text("plain"), Text("a {b}")])
@pytest.mark.parametrize(
    "copied",
    [
        lambda one: Text.of(json.loads(json.dumps(one.record()))),
        lambda one: pickle.loads(pickle.dumps(one)),  # noqa: S301 - our own
        copy.deepcopy,
    ],
)
def test_a_copy_knows_as_much(text: Text, copied: object) -> None:
    """Written and read back, or copied, it is the same sentence with the same parts."""
    again = copied(text)  # type: ignore[operator]
    assert (again, again.template, again.places) == (text, text.template, text.places)
    assert again.form == text.form


@pytest.mark.parametrize(
    "record",
    [
        None,
        7,
        {},
        {"text": "a", "template": "b"},
        {"text": "a", "template": "{x}", "values": {}},
        {"text": "a b", "template": "a {x}", "values": {"x": "c"}},
        {"text": "a", "template": "a", "values": []},
    ],
)
def test_a_forged_record_is_refused(record: object) -> None:
    """Template and values that do not make the text are no text."""
    with pytest.raises(ValueError, match="text"):
        Text.of(record)


def test_form_is_what_alike_sentences_share() -> None:
    """Two sentences of one form say the same of other objects; another template is another form."""
    other = Text("{found}; {rest}", found=Text("{count} roots", count=3), rest="x")
    same = Text(
        "{found}; {rest}",
        found=Text("{count} roots are missing: {names}", count=9, names="C"),
        rest=Text("nothing else"),
    )
    assert nested().form == same.form == "{count} roots are missing: {names}; nothing else"
    assert other.form != same.form


def test_joined_texts_are_each_translatable() -> None:
    """Texts in a row stay texts."""
    made = Text.joined(", ", [ROOTS, "plain"])
    assert made == f"{ROOTS}, plain"
    assert made.places["p0"] is ROOTS


def test_shortened() -> None:
    """The first names are told, and how many more there are."""
    assert shortened(["a", "b", "c"], 3) == "a, b, c"
    assert shortened(["a", "b", "c", "d"], 3) == "a, b, c and 1 more"


def test_a_secret_in_a_value_is_masked() -> None:
    """A secret that stands in a value is masked there, also within another text."""
    told = Text("got: {got}", got=Text("{line} at {place}", line="password=Sesame99", place="x"))
    masked = cleaned([told])[0]
    assert isinstance(masked, Text)
    assert "Sesame99" not in json.dumps(masked.record())
    assert masked == f"got: password={MASK} at x"
    assert masked.template == "got: {got}"


def test_a_secret_that_only_the_whole_shows_is_masked() -> None:
    """Where the name is in the template and the secret in its place, the words alone are kept."""
    masked = clean(Text("password={value}", value="Sesame99"))
    assert isinstance(masked, Text)
    assert "Sesame99" not in json.dumps(masked.record())


def test_an_error_of_a_reader_is_a_sentence() -> None:
    """What was tried, what came back and what to do are told apart, and are one text."""
    error = CouldNotRead(Text("log in as {user}", user="ro"), "refused", Text("check the password"))
    assert str(error) == "tried to log in as ro; got: refused; check the password"
    assert isinstance(error.message, Text)
    assert error.message.form == "tried to log in as {user}; got: {got}; check the password"


def test_a_fact_that_is_missing_keeps_why() -> None:
    """The reason is saved with template and values; one that an older kanmon saved is its words."""
    adapter = TypeAdapter(Unread)
    again = adapter.validate_json(adapter.dump_json(Unread(nested())), strict=True)
    assert isinstance(again.reason, Text)
    assert (again.reason, again.reason.form) == (nested(), nested().form)
    assert adapter.validate_json('{"reason": "no answer"}', strict=True).reason == "no answer"


def sentences(path: Path) -> Iterator[ast.Call]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "Text":
            yield node


FILES = [path for room in ("checks", "kanmon") for path in sorted((HOME / room).rglob("*.py"))]


def test_every_place_is_given() -> None:
    """Each call has a literal template, and a value for each of its places and no other."""
    wrong = []
    for path in FILES:
        for call in sentences(path):
            if not (isinstance(call.args[0], ast.Constant) and isinstance(call.args[0].value, str)):
                wrong.append(f"{path.name}:{call.lineno} no literal")
                continue
            given_ = {one.arg for one in call.keywords}
            parsed = Formatter().parse(call.args[0].value) if given_ else ()
            asked = {
                f"{name}{'!' if how else ''}" for _, name, _, how in parsed if name is not None
            }
            if given_ != asked:  # nor a conversion: what is kept is the value's words
                wrong.append(f"{path.name}:{call.lineno} {sorted(asked ^ given_)}")
    assert not wrong, "\n".join(wrong)
