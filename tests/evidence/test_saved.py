"""Saved runs: what was read comes back as it was, and nothing else is taken for it."""

from __future__ import annotations

import copy
import json
import sys
import tempfile
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kanmon.environment.file import parse
from kanmon.errors import CouldNotRead, UsageError
from kanmon.evidence.saved import SavedRun, load, save
from kanmon.facts import PARTS, Unread
from kanmon.facts.collected import Facts
from kanmon.facts.vcenter.hosts import HostAnswer
from kanmon.facts.vcenter.inventory import About
from kanmon.readers.concurrent import read

SECRET = "hunter2-Very-Secret"
NOW = datetime(2026, 12, 5, 21, 30, 0, 123456, tzinfo=UTC)
PIN = "0123456789abcdef" * 4
LOGIN = '[credentials.ro]\nusername = "u"\npassword = "env:KANMON_TEST_SECRET"\n'
ESTATE = f"""
[change]
number = "CHG0012345"
window = {{ start = 2026-12-05T22:00:00+09:00, end = 2026-12-06T06:00:00+09:00 }}
[upgrade]
vcenter = "7.0 U2"
[severity]
DSM-NODE-001 = "blocker"
[[vcenter]]
slug = "vcenter"
address = "192.0.2.1"
credential = "ro"
ca = "ca.pem"
[[nsxv]]
slug = "nsxv"
address = "192.0.2.2"
credential = "ro"
vcenter = "vcenter"
[[nsxt]]
slug = "nsxt"
address = "192.0.2.3"
credential = "ro"
vcenters = ["vcenter"]
[[dsm]]
slug = "dsm"
credential = "ro"
database = "database"
nodes = [{{ slug = "n1", address = "192.0.2.4" }}]
[[database]]
slug = "database"
product = "postgresql"
address = "192.0.2.5"
credential = "ro"
[[manager_host]]
slug = "manager-host"
platform = "windows"
node = "n1"
address = "192.0.2.4"
credential = "ro"
ca = "ca.pem"
[[linux]]
slug = "linux"
address = "192.0.2.6"
credential = "ro"
[[windows]]
slug = "windows"
machines = [{{ name = "app-1", address = "192.0.2.7" }}]
credential = "ro"
{LOGIN}"""
ABOUT = About("VMware vCenter Server", "6.5.0", "8307201", "6.5", "uuid", "linux-x64")

st.register_type_strategy(datetime, st.datetimes(timezones=st.just(UTC)))
st.register_type_strategy(float, st.floats(allow_nan=False, allow_infinity=False))
st.register_type_strategy(
    HostAnswer,
    lambda kind: st.builds(
        HostAnswer, st.text(), st.text(), st.from_type(get_args(kind)[0] | Unread)
    ),
)


def slug(kind):
    """Of the one target of a kind."""
    return kind.replace("_", "-")


def estate(text=ESTATE):
    return parse(text, "prod", Path("/etc/kanmon/prod.toml"))


def run(parts=None, seconds=None, environment=None):
    return SavedRun(
        environment or estate(),
        "manager",
        "mid",
        NOW,
        Facts(parts or {("vcenter", "about"): ABOUT}, seconds or {"vcenter": 1.5}),
    )


def again(saved):
    """A run after it was saved and loaded."""
    with tempfile.TemporaryDirectory() as home:
        save(Path(home) / "facts", saved)
        return load(Path(home))


@pytest.mark.parametrize(("kind", "part"), [(k, p) for k, parts in PARTS.items() for p in parts])
@settings(max_examples=20)
@given(data=st.data())
def test_every_fact_comes_back_as_it_was(kind, part, data):
    """Any value of any fact's type is the same after it was saved and loaded."""
    fact = data.draw(st.from_type(PARTS[kind][part]))
    key = (slug(kind), part)
    loaded = again(run({key: fact})).facts.parts
    assert loaded == {key: fact}
    assert type(loaded[key]) is type(fact)


@settings(deadline=None)
@given(st.text())
def test_a_reason_comes_back_as_it_was(reason):
    """What could not be read is still unread, for the same reason; a read part stays beside it."""
    parts = {("vcenter", "hosts"): Unread(reason), ("vcenter", "about"): ABOUT}
    loaded = again(run(parts)).facts
    assert loaded.parts == parts
    assert loaded.unread("vcenter") == {"hosts": reason}


def test_a_whole_run_comes_back_as_it_was():
    """Environment, step, phase, time and seconds of a run are the same, target by target."""
    parts = {(slug(kind), part): Unread(f"no {part}") for kind in PARTS for part in PARTS[kind]}
    saved = run(parts, dict.fromkeys(map(slug, PARTS), 2.25))
    assert again(saved) == saved


def test_a_pinned_fingerprint_comes_back():
    """A run of an estate that pins a certificate can be loaded again."""
    pinned = estate(ESTATE.replace('ca = "ca.pem"', f'fingerprint = "sha256:{PIN}"', 1))
    assert again(run(environment=pinned)).environment == pinned


def test_a_target_may_have_any_slug():
    """No slug that an environment may use collides with a file of the run itself."""
    named = estate(ESTATE.replace('slug = "linux"', 'slug = "run"'))
    parts = {("run", "host"): Unread("no answer")}
    assert again(run(parts, {"run": 1.0}, named)).facts.parts == parts


def test_a_run_without_step_comes_back():
    """A run that was about no single step is still about none."""
    saved = SavedRun(estate(), None, "pre", NOW, Facts({}))
    assert again(saved) == saved


def test_a_lab_is_not_started_again():
    """Facts of a simulated estate are judged again without it, and known as simulated."""
    simulated = replace(run(), simulated=True)
    loaded = again(simulated)
    assert loaded == simulated
    assert loaded.environment.lab is None
    assert again(run()).simulated is False


def test_no_secret_is_in_the_files(tmp_path, monkeypatch):
    """A run that met its own secret in errors saves neither the secret nor the login."""
    monkeypatch.setenv("KANMON_TEST_SECRET", SECRET)

    def part(request):
        password = request.login.password.get_secret_value()
        raise CouldNotRead(f"log in with {password}", f"{password} was refused")

    module = ModuleType("kanmon.readers.linux.host")
    module.PROBES, module.PARTS = {"crash": lambda _: {}[SECRET]}, {"host": part}
    module.connect = _Session
    monkeypatch.setitem(sys.modules, module.__name__, module)
    environment = estate()
    logins = environment.resolve_logins(frozenset({"linux"}), tmp_path)
    facts = read(environment, {("linux", "host"), ("linux", "crash")}, logins)
    save(tmp_path / "facts", SavedRun(environment, None, "pre", NOW, facts))
    files = list((tmp_path / "facts").iterdir())
    assert len(files) == 2
    for path in files:
        assert SECRET not in path.read_text(encoding="utf-8")
    assert "env:KANMON_TEST_SECRET" in file(tmp_path, "run").read_text(encoding="utf-8")


class _Session:
    """A session that is the request itself."""

    def __init__(self, request):
        self.request = request

    def __enter__(self):
        return self.request

    def __exit__(self, *_):
        pass


def file(home, name):
    """The file of a run on disk that holds its head ("run") or a target."""
    return next((home / "facts").glob(f"*{name}.json"))


@pytest.fixture
def home(tmp_path):
    """A run on disk."""
    save(tmp_path / "facts", run())
    return tmp_path


def test_a_run_that_is_not_there_is_told(tmp_path):
    """A mistyped run is named with the file that was looked for."""
    with pytest.raises(UsageError, match=r"nowhere.* cannot be read"):
        load(tmp_path / "nowhere")


@pytest.mark.parametrize("name", ["run", "vcenter"])
@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"null", b'"x"', b"{}", b"\xff\xfe", b"<html></html>", b'{"schema": "x"}'],
    ids=repr,
)
def test_foreign_files_are_refused(home, name, content):
    """A file that save() did not write is refused, by its path."""
    file(home, name).write_bytes(content)
    with pytest.raises(UsageError) as told:
        load(home)
    assert str(home / "facts") in str(told.value)


def test_a_file_that_was_cut_is_refused(home):
    """Half a file is no file, wherever it was cut."""
    path = file(home, "vcenter")
    whole = path.read_bytes()
    for length in range(0, len(whole), 20):
        path.write_bytes(whole[:length])
        with pytest.raises(UsageError):
            load(home)


def test_facts_of_another_schema_are_refused(home):
    """Facts that another kanmon wrote in another form are not guessed at."""
    _change(home, "run", ("schema",), "kanmon/facts/0")
    with pytest.raises(UsageError, match="schema: Input should be 'kanmon/facts/1'"):
        load(home)


@pytest.mark.parametrize(
    ("name", "path", "value"),
    [
        ("run", ("now",), None),
        ("run", ("now",), "yesterday"),
        ("run", ("now",), "2026-12-05T21:30:00"),
        ("run", ("phase",), 5),
        ("run", ("step",), ["manager"]),
        ("run", ("environment", "vcenter"), "vc"),
        ("run", ("environment", "colour"), "red"),
        ("vcenter", ("seconds",), "long"),
        ("vcenter", ("parts",), []),
        ("vcenter", ("parts",), "about"),
        ("vcenter", ("parts", "colours"), {"fact": []}),
        ("vcenter", ("parts", "about"), {}),
        ("vcenter", ("parts", "about"), None),
        ("vcenter", ("parts", "about"), {"unread": 5}),
        ("vcenter", ("parts", "about"), {"fact": {}}),
        ("vcenter", ("parts", "about", "fact", "version"), 6.5),
        ("vcenter", ("parts", "about", "fact", "version"), None),
    ],
    ids=str,
)
def test_corrupt_values_are_refused(home, name, path, value):
    """A value that save() never writes in that place is refused, not passed on to the checks."""
    _change(home, name, path, value)
    with pytest.raises(UsageError):
        load(home)


@pytest.mark.parametrize("key", ["environment", "step", "phase", "now", "simulated", "schema"])
def test_missing_values_are_refused(home, key):
    """A head without one of its values is refused."""
    path = file(home, "run")
    head = json.loads(path.read_text(encoding="utf-8"))
    del head[key]
    path.write_text(json.dumps(head), encoding="utf-8")
    with pytest.raises(UsageError):
        load(home)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=5,
)


@settings(deadline=None)
@given(name=st.sampled_from(["run", "vcenter"]), value=JSON, data=st.data())
def test_no_corruption_ends_in_anything_but_a_usage_error(name, value, data):
    """A file with any value in the place of another is loaded or refused: nothing else happens."""
    with tempfile.TemporaryDirectory() as directory:
        home = Path(directory)
        save(home / "facts", run())
        values = json.loads(file(home, name).read_text(encoding="utf-8"))
        _change(home, name, data.draw(st.sampled_from(list(_paths(values)))), value)
        try:
            loaded = load(home)
        except UsageError:
            return
        assert isinstance(loaded, SavedRun)


def _paths(values, path=()):
    """The path of every value in a JSON document."""
    inner = values.items() if isinstance(values, dict) else ()
    if isinstance(values, list):
        inner = enumerate(values)
    for step, value in inner:
        yield (*path, step)
        yield from _paths(value, (*path, step))


def _change(home, name, path, value):
    """Replace one value in a file of a run."""
    there = file(home, name)
    values = json.loads(there.read_text(encoding="utf-8"))
    *way, last = path
    place = values
    for step in way:
        place = place[step]
    place[last] = copy.copy(value)
    there.write_text(json.dumps(values), encoding="utf-8")
