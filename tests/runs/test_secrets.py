"""No secret is in anything that kanmon writes, whoever told it and wherever it stood."""

from __future__ import annotations

import base64
import html
import json
import logging
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Event, Thread, current_thread
from typing import Any
from urllib.parse import quote, quote_plus
from xml.etree import ElementTree as ET

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kanmon.evidence.results import OWN_WORDS
from kanmon.facts.dsm.manager import Module
from kanmon.redaction import afresh, clean, cleaned, excerpt, pattern, remember
from kanmon.text import Text
from lab.estate import Estate
from lab.world.world import World, load
from tests.running import HOME, PASSWORD, judge, written

PLANTED = {
    name: f"Pl4nted-{name}-S3cret"
    for name in ("vcenter", "nsxv", "nsxt", "dsm", "database", "linux", "windows", "url", "key")
}
LICENCES = ("1H2K3-LM4N5-PQ6R7-ST8U9-VW0X1", "AP-1H2K-3LM4N-5PQ6R-7ST8U-9VW0X-1YZ2A")
KINDS = ("vcenter", "nsxv", "nsxt", "dsm", "database", "linux", "windows")
SLUGS = {
    "vcenter": ("vc-main", "vc-plain"),
    "nsxv": ("nsxv-main",),
    "nsxt": ("nsxt-new",),
    "dsm": ("dsm",),
    "database": ("dsm-db",),
    "linux": ("dsm-1-host", "dsm-2-host"),
    "windows": ("windows",),
}
SESSIONS = re.compile(
    r"""(?:sID[=>]|rid: |vmware-api-session-id: |soap_session="?|Basic |secret-key: )"""
    r"""([\w+/=:.-]+)"""
)


def changed(name: str = "demo", **changes: Any) -> World:
    """A shipped world with other values."""
    values = load(name).model_dump(mode="json", exclude_none=True)
    return World.model_validate({**values, **changes})


def told(home: Path, world: World) -> tuple[str, Estate]:
    """Everything that a run on an estate leaves: last words, files, log; and the estate."""
    with Estate(world) as estate, logged(home / "log"):
        (home / "prod.toml").write_text(estate.environment(), encoding="utf-8")
        ended = judge(home / "reports", "--env", str(home / "prod.toml"))
    assert ended.directory, ended.output
    return "\n".join([ended.output, *written(home / "reports"), *written(home / "log")]), estate


@contextmanager
def logged(home: Path) -> Iterator[None]:
    """Whatever is logged is written to a file in this directory."""
    home.mkdir()
    root, handler = logging.getLogger(), logging.FileHandler(home / "log", encoding="utf-8")
    level = root.level
    root.setLevel(logging.DEBUG)
    root.addHandler(handler)
    try:
        yield
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
        handler.close()


def told_whole(home: Path, world: World, password: str = PASSWORD) -> tuple[str, Estate]:
    """Everything that a whole process leaves: terminal, run, pytest's page, log and caches."""
    shutil.copytree(HOME / "checks", home / "checks")
    shutil.copy(HOME / "conftest.py", home)
    (home / "pytest.ini").write_text("[pytest]\n")
    command = [sys.executable, "-m", "pytest", "checks/", "--env", "prod.toml", "-vv", "-l"]
    log = ("--log-file", str(home / "reports" / "log"), "--log-file-level", "DEBUG")
    with Estate(world) as estate:
        if password != PASSWORD:
            estate.pki.secret("password", password)
            estate.pki.secret("api-key", password)
        (home / "prod.toml").write_text(estate.environment(), encoding="utf-8")
        done = subprocess.run(
            [*command, *log],
            cwd=home,
            env={**os.environ, "PYTHONPATH": str(HOME)},
            capture_output=True,
            encoding="utf-8",
            timeout=300,
            check=False,
        )
    assert done.returncode in (1, 6), done.stdout + done.stderr
    assert (home / ".pytest_cache").is_dir()
    assert [*(home / "reports").rglob("results.json")], done.stdout + done.stderr
    left = [path for path in home.iterdir() if path.name not in ("checks", "__pycache__")]
    texts = [text for path in left for text in written(path)]
    return "\n".join([done.stdout, done.stderr, *texts]), estate


def no_planted_secret(everything: str) -> None:
    """Of what the planted estate tells there is what stands around the secrets, and no secret."""
    assert [secret for secret in (*PLANTED.values(), *LICENCES) if secret in everything] == []
    for around in AROUND:
        assert around in everything, around


def test_what_targets_tell_is_written_without_secrets(tmp_path: Path) -> None:
    """Secrets in texts of every kind of target are in no output; what stands around them is."""
    everything, _ = told(tmp_path, planted())
    no_planted_secret(everything)


@pytest.mark.e2e
def test_pytest_writes_no_secret_that_targets_tell(tmp_path: Path) -> None:
    """Nor is one in what pytest writes; and a machine whose name is a script is shown as text."""
    hostile = "<img src=x onerror=alert(1)>"
    lost = {"name": hostile, "dsm": "dsm", "protection": "agent", "online": False, "os": "Linux"}
    values = planted().model_dump(mode="json", exclude_none=True)
    world = World.model_validate({**values, "machine": [*values["machine"], lost]})
    everything, _ = told_whole(tmp_path, world)
    no_planted_secret(everything)
    (page,) = (tmp_path / "reports").rglob("report.html")
    text = page.read_text(encoding="utf-8")
    assert "&lt;img src=x onerror=alert(1)&gt;" in text
    assert hostile not in text


AROUND = (
    "vc alarm password=***",
    "nsxv event, token: ***",
    "nsxt alarm, sftp://***@backup.example.jp",
    "dsm alert, api-key=***",
    "report of the check, Password: ***",
    "agent PWD=***",
)
"""What stands around planted secrets, for each kind that tells texts."""


def planted() -> World:
    """The demo with secrets in whatever texts each kind of target tells."""
    world = load("demo").model_dump(mode="json", exclude_none=True)
    vcenter, nsxv, nsxt = world["vcenter"][0], world["nsxv"][0], world["nsxt"][0]
    licence = {"key": LICENCES[0], "name": f"all of {LICENCES[1]}", "edition": "eval"}
    vcenter["licences"] = [*vcenter["licences"], licence]
    alarm = f"vc alarm password={PLANTED['vcenter']}"
    vcenter["alarms"] = [{"name": alarm, "entity": "esx-01.example.jp"}]
    vcenter["tasks"] = [{"name": f"task.https://svc:{PLANTED['url']}@h/x"}]
    event = f"nsxv event, token: {PLANTED['nsxv']}"
    nsxv["alarms"] = nsxv["events"] = [{"code": 250024, "source": "x", "message": event}]
    nsxv["jobs"] = [{"name": f"job --password {PLANTED['nsxv']}", "status": "FAILED"}]
    summary = f"nsxt alarm, sftp://root:{PLANTED['nsxt']}@backup.example.jp"
    nsxt["alarms"] = [{"feature": "f", "event_type": "e", "summary": summary}]
    nsxt["backup_error"] = summary
    nsxt["licences"] = [{"edition": "e", "key": LICENCES[0]}]
    nsxt["feedback"] = [{"message": f'{{"passphrase": "{PLANTED["nsxt"]}"}}'}]
    dsm = world["dsm"][0]["system"]
    dsm["alerts"] = [{"name": f"dsm alert, api-key={PLANTED['dsm']}"}]
    dsm["tasks"] = [{"name": f"mail <password>{PLANTED['dsm']}</password>", "enabled": True}]
    database = world["database"][0]
    database["sessions"] = [{"program": f"agent PWD={PLANTED['database']}"}]
    device = f"https://h.example/dsm.bak?sig={PLANTED['database']}"
    database["backups"] = [{**one, "device": device} for one in database["backups"]]
    block = f"-----BEGIN RSA PRIVATE KEY-----\n{PLANTED['key']}\n-----END RSA PRIVATE KEY-----"
    for host in world["linux"]:
        host["precheck"] += f"report of the check, Password: {PLANTED['linux']}\n{block}\n"
        host["database_server"] = f"sql1;password={PLANTED['linux']}"
        host["heap"] = f"8g\n-Dkey.pass={PLANTED['linux']}"
    for machine in world["machine"]:
        if machine["name"].startswith("win"):
            machine["os"] = f"Microsoft Windows Server 2016 secret={PLANTED['windows']} (64 bit)"
    return World.model_validate(world)


@pytest.mark.parametrize("login", ["accepted", "refused"])
@pytest.mark.parametrize("kinds", [KINDS[:-1], KINDS[-1:]], ids=["by themselves", "of a manager"])
def test_what_targets_repeat_is_written_without_secrets(
    kinds: tuple[str, ...], login: str, tmp_path: Path
) -> None:
    """Errors that repeat password, session or key leave neither, nor a part of them, anywhere."""
    faults = ["echo", *(["wrong password"] if login == "refused" else [])]
    wrong = [
        {"target": slug, "how": how} for kind in kinds for slug in SLUGS[kind] for how in faults
    ]
    everything, estate = told(tmp_path, changed(misbehaviour=wrong, timeout=5.0))
    met = {kind: sessions(estate, kind) for kind in kinds}
    if login == "accepted" and kinds != ("windows",):
        assert everything.count("***") >= 4 * len(kinds)
        assert all(met[kind] for kind in WITH_SESSIONS), "the fault repeated no session"
    none_of(everything, PASSWORD, PASSWORD[::-1], *forms(PASSWORD), *set().union(*met.values()))


WITH_SESSIONS = ("vcenter", "nsxv", "nsxt", "dsm")


def sessions(estate: Estate, kind: str) -> set[str]:
    """The sessions that the targets of a kind repeated."""
    nodes = {"dsm": ("dsm-1", "dsm-2")}.get(kind, SLUGS[kind])
    echoed = [text for slug in nodes for text in estate.servers[slug].echoed]
    return {found for text in echoed for found in SESSIONS.findall(text) if len(found) > 8}


def none_of(everything: str, *secrets: str) -> None:
    """No secret is there, nor the beginning of one."""
    for secret in secrets:
        assert secret not in everything, secret
        assert secret[:12] not in everything, secret[:12]


@pytest.mark.e2e
@pytest.mark.parametrize("password", [PASSWORD, "Mistyp3d-by-the-operator"])
def test_pytest_writes_no_secret_that_targets_repeat(password: str, tmp_path: Path) -> None:
    """Of a whole process whose every target repeats what it was told, whether it lets it in or not.

    pytest's own log, page, cache and tracebacks with local variables are among what it leaves.
    """
    echo = [{"target": slug, "how": "echo"} for slugs in SLUGS.values() for slug in slugs]
    world = changed(misbehaviour=echo, timeout=5.0)
    everything, estate = told_whole(tmp_path, world, password)
    met = {kind: sessions(estate, kind) for kind in KINDS}
    if password == PASSWORD:
        assert everything.count("***") > 4 * len(KINDS)
        assert all(met[kind] for kind in WITH_SESSIONS), "the fault repeated no session"
    none_of(everything, PASSWORD[::-1], password, *forms(password), *set().union(*met.values()))


def test_a_manager_of_20_repeats_its_api_key(tmp_path: Path) -> None:
    """The API key of a newer manager, which stands in a header, is repeated and not written."""
    world = changed("manager-after", misbehaviour=[{"target": "dsm", "how": "echo"}])
    everything, estate = told(tmp_path, world)
    key = f"1:{PASSWORD[::-1]}"
    assert any(key in text for text in estate.servers["dsm-1"].echoed)
    assert PASSWORD[::-1] not in everything


def forms(secret: str) -> list[str]:
    """How a client or a server may write a secret."""
    basic = base64.b64encode(f"kanmon-ro:{secret}".encode()).decode()
    return [quote(secret, safe=""), json.dumps(secret)[1:-1], basic]


def test_a_wrong_password_appears_nowhere(tmp_path: Path) -> None:
    """A password that every target refuses is in no output either."""
    wrong = "Mistyp3d-by-the-operator"
    with Estate(load("demo")) as estate, logged(tmp_path / "log"):
        for name in ("password", "api-key"):
            estate.pki.secret(name, wrong)
        (tmp_path / "prod.toml").write_text(estate.environment(), encoding="utf-8")
        ended = judge(tmp_path / "reports", "--env", str(tmp_path / "prod.toml"))
    assert ended.status in (1, 6), ended.output
    none_of("\n".join([ended.output, *written(tmp_path)]), wrong)


HIDDEN = "hunter2-Xy9"
FORMS = [
    "password={}",
    "database.SqlServer.password={}",
    "Password : {}",
    "passwd:{};more",
    '{{"password": "{}"}}',
    '{{\\"password\\": \\"{}\\"}}',
    "'passphrase': '{}'",
    "<password>{}</password>",
    "<ns:secret type='x'>{}</ns:secret>",
    "Server=sql1;UID=sa;PWD={{{};x}};Encrypt=yes",
    "jdbc:sqlserver://h:1433;user=sa;password={};",
    "https://svc:{}@vc.example.jp/sdk",
    "https://svc:{}/x@vc.example.jp/sdk",
    "ftp://{}@h/",
    "postgresql://dsm:{}@db:5432/dsm",
    "Authorization: Basic {}=",
    "authorization='Bearer {}'",
    "Cookie: sID={}; rID={}",
    'Set-Cookie: vmware_soap_session="{}"; Path=/',
    "{{'Cookie': 'JSESSIONID={}'}}",
    "vmware-api-session-id: {}",
    "sID={}0123456789",
    "api-secret-key: {}",
    "apiKey={}",
    "snmp community={}",
    "community string: {}",
    "java -Ddb.password={} -jar x",
    "dsm_c --password {} -x",
    "tool -pw {}",
    "net use /password:{}",
    "https://h.blob.example/b?sv=1&sig={}&x=1",
    "AccountKey={};EndpointSuffix=x",
    "-----BEGIN OPENSSH PRIVATE KEY-----\n{}\n-----END OPENSSH PRIVATE KEY-----",
    "-----BEGIN RSA PRIVATE KEY-----\n{}",
    "eyJhbGciOiJI.{}.x",
    "KANMON_PASSWORD={}",
]


@pytest.mark.parametrize("form", FORMS)
def test_a_secret_is_told_by_its_form(form: str) -> None:
    """Each form that docs/integrity.md lists is masked, alone and within a sentence."""
    for text in (form.format(HIDDEN, HIDDEN), f"it said: {form.format(HIDDEN, HIDDEN)}, and ended"):
        assert HIDDEN not in clean(text)
        assert "***" in clean(text)


@pytest.mark.parametrize("key", LICENCES)
def test_of_a_licence_key_the_end_is_left(key: str) -> None:
    """Of a licence key or an activation code the last five characters stay, to tell it by."""
    assert clean(f"key {key}.") == f"key ***-{key[-5:]}."


@pytest.mark.parametrize(
    "text",
    [
        "check username and password of credential 'dsm'",
        "it offers basic authentication only",
        "https://vc.example.jp:443/sdk, mail admin@example.jp",
        "vm-1000 (564d1234-aaaa-bbbb-cccc-0123456789ab)",
        "snapshot of 2026-11-25 13:29 UTC",
        "DIGI 0563B8630D62D75ABBC8AB1E4BDFB5A899B24D43",
        "credentials.vcenter.password: env:KANMON_VCENTER_PASSWORD is not set",
        "Token Ring, a password policy, no secret",
        "unclosed token: line 2, column 40",
        "VMware_bootbank_esx-base_6.5.0-3.96.13932383",
    ],
)
def test_ordinary_words_stay(text: str) -> None:
    """What is no secret is written as it was told: a finding that is masked helps nobody."""
    assert clean(text) == text


WORDS = st.lists(
    st.sampled_from(
        ["password", "=", ":", " ", '"', "'", "\\", "***", "{", "}", "<", ">", "/", "@", "://", "a"]
    ),
    max_size=12,
).map("".join)


@given(WORDS | st.text(max_size=40))
@example('{"password":"x\\"y"}')
def test_what_is_clean_stays(text: str) -> None:
    """Cleaning again changes nothing: facts that are judged again are those that were judged."""
    assert clean(clean(text)) == clean(text)


HOSTILE = [
    *("a", "a.", "password", "eyJ-", "a://b:x", "pwd={", "pwd='", 'pwd=\\"', "<password "),
    *("cookie=a=b;", "password ", "-----BEGIN PRIVATE KEY-----", "Basic ", "A1B2C-", " --token"),
]


@pytest.mark.parametrize("piece", HOSTILE)
def test_no_text_keeps_it_busy(piece: str) -> None:
    """However a long answer is made, cleaning it ends: its time grows with the text alone."""
    assert clean(piece * (100_000 // len(piece)))


def test_a_run_knows_its_own_secrets_alone() -> None:
    """What one run met masks nothing in the next, and is known again where that was within it."""
    both = "A-Secret-Of-The-First and A-Secret-Of-The-Second"
    remember("A-Secret-Of-The-First")
    with afresh():
        remember("A-Secret-Of-The-Second")
        assert clean(both) == "A-Secret-Of-The-First and ***"
    assert clean(both) == "*** and A-Secret-Of-The-Second"


def test_secrets_that_are_met_at_the_same_time_are_all_known(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What two targets tell at the same time is known of both, however slow one of them is."""
    slow, slow_began, fast_ended = pattern, Event(), Event()

    def wherever(secret: str) -> str:
        if current_thread() is first:
            slow_began.set()
            fast_ended.wait(0.3)
        return slow(secret)

    def second() -> None:
        slow_began.wait(5)
        remember("A-Secret-Of-The-Fast")
        fast_ended.set()

    monkeypatch.setattr("kanmon.redaction.pattern", wherever)
    first, other = Thread(target=remember, args=("A-Secret-Of-The-Slow",)), Thread(target=second)
    for thread in (first, other):
        thread.start()
    for thread in (first, other):
        thread.join(5)
    assert clean("A-Secret-Of-The-Slow and A-Secret-Of-The-Fast") == "*** and ***"


def attributed(text: str) -> ET.Element:
    """An element with this text in an attribute."""
    return ET.Element("a", {"b": text})


SPELT = "Kn0wn \"&'ä%\\/<é+> s.~:$"
SPELLINGS = {
    "as it is": SPELT,
    "Python, json": json.dumps(SPELT),
    "Python, json within json": json.dumps(json.dumps(SPELT)),
    "Python, json of Unicode": json.dumps(SPELT, ensure_ascii=False),
    "Python, repr": repr(SPELT),
    "Python, ascii": ascii(SPELT),
    "Python, quote": quote(SPELT),
    "Python, quote_plus": quote_plus(SPELT),
    "Python, html": html.escape(SPELT),
    "Python, html twice": html.escape(html.escape(SPELT)),
    "Python, ElementTree": ET.tostring(attributed(SPELT), encoding="unicode"),
    "JavaScript, encodeURIComponent": "Kn0wn%20%22%26'%C3%A4%25%5C%2F%3C%C3%A9%2B%3E%20s.~%3A%24",
    "JavaScript, escape": "Kn0wn%20%22%26%27%E4%25%5C/%3C%E9+%3E%20s.%7E%3A%24",
    "Java, URLEncoder": "Kn0wn+%22%26%27%C3%A4%25%5C%2F%3C%C3%A9%2B%3E+s.%7E%3A%24",
    ".NET, HttpUtility.UrlEncode": "Kn0wn+%22%26%27%c3%a4%25%5c%2f%3c%c3%a9%2b%3e+s.%7e%3a%24",
    ".NET, Uri.EscapeDataString": "Kn0wn%20%22%26%27%C3%A4%25%5C%2F%3C%C3%A9%2B%3E%20s.~%3A%24",
    ".NET, HtmlEncode": "Kn0wn &quot;&amp;&#39;&#228;%\\/&lt;&#233;+&gt; s.~:$",
    ".NET, System.Text.Json": (r"Kn0wn \u0022\u0026\u0027\u00E4%\\/\u003C\u00E9\u002B\u003E s.~:$"),
    ".NET, JavaScriptSerializer": r"Kn0wn \"\u0026\u0027ä%\\/\u003cé+\u003e s.~:$",
    "PHP and old Java, JSON": r"Kn0wn \"&'\u00e4%\\\/<\u00e9+> s.~:$",
    "XML, apostrophe": "Kn0wn &quot;&amp;&apos;ä%\\/&lt;é+&gt; s.~:$",
    "XML, hexadecimal": "Kn0wn &#x22;&#x26;&#x27;&#xE4;&#x25;&#x5C;&#x2F;&#x3C;&#xE9;+&#x3E; s.~:$",
    "HTML, names": "Kn0wn &quot;&amp;&#039;&auml;%\\/&lt;&eacute;+&gt; s.~:$",
    "SQL Server": SPELT.replace("'", "''"),
    "SQL, identifier": SPELT.replace('"', '""'),
    "percent twice": quote(quote(SPELT, safe=""), safe=""),
}
"""By who writes it; what is not Python was taken from the documentation of its encoder."""


@pytest.mark.parametrize("who", SPELLINGS)
def test_a_known_secret_in_every_spelling(who: str) -> None:
    """A secret of this run is found as JSON, XML, a URL, a quoted string write it."""
    remember(SPELT)
    told = clean(f"it said {SPELLINGS[who]}!")
    assert told.startswith("it said")
    assert "***" in told
    assert "0wn" not in told
    assert "s." not in told


@pytest.mark.parametrize("code", ["utf-8", "latin-1", "utf-16-le"])
@pytest.mark.parametrize("before", ["", "u", "us", "user:", "DOMAIN\\user:"])
@pytest.mark.parametrize("after", ["", "\n", "/tail"])
@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
def test_a_known_secret_in_base64(
    code: str, before: str, after: str, encode: Callable[[bytes], bytes]
) -> None:
    """It is found in base64 of any text that holds it, with padding, without, and quoted again."""
    remember(SPELT)
    whole = encode(f"{before}{SPELT}{after}".encode(code)).decode()
    for written_as in (whole, whole.rstrip("="), quote(whole, safe=""), whole.replace("/", r"\/")):
        left = clean(f"it said {written_as}")
        assert "***" in left
        assert len(left) < len("it said ***") + len(encode(f"{before}{after}".encode(code))) + 8


PRINTED = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=8, max_size=30)


@given(PRINTED, st.sampled_from([json.dumps, repr, quote, html.escape]))
def test_any_secret_in_the_spellings_of_python(secret: str, spell: Callable[[str], str]) -> None:
    """Whatever characters it has, it is not left as it was spelt."""
    with afresh():
        remember(secret)
        assert spell(secret) not in clean(f"<{spell(secret)}>")


OWN = ("fail", "pass", "blocker", "undetermined", "not applicable", "warning", "the", "manager")


@pytest.mark.parametrize("secret", OWN)
def test_words_of_ours_stay(secret: str) -> None:
    """A password that is one of our words takes nothing from our sentences and enumerations."""
    remember(secret)
    sentence = Text("the manager did not fail or pass: {got}", got=f"it said {secret}")
    assert clean(sentence) == "the manager did not fail or pass: it said ***"
    record = {"outcome": secret, "found": secret, "checks": [{"severity": secret}]}
    assert cleaned(record, OWN_WORDS) == {
        "outcome": secret,
        "found": "***",
        "checks": [{"severity": secret}],
    }


@pytest.mark.parametrize("password", ["fail", "undetermined"])
def test_a_run_with_a_password_that_is_a_word_of_ours(password: str, tmp_path: Path) -> None:
    """Its verdict, outcomes and files are those of any other run; a short one is warned of."""
    values = load("manager-before").model_dump(mode="json", exclude_none=True)
    with Estate(World.model_validate({**values, "password": password})) as estate:
        (tmp_path / "prod.toml").write_text(estate.environment(), encoding="utf-8")
        ended = judge(
            tmp_path / "reports", "--env", str(tmp_path / "prod.toml"), "--step", "manager"
        )
    outcomes = {one["outcome"] for one in ended.results["checks"]}
    assert outcomes <= {"pass", "not applicable", "attested", "waived", "fail", "undetermined"}
    assert ended.results["verdict"] in ("GO", "INCOMPLETE"), ended.output
    assert ("credentials.lab: a secret has fewer than 8" in ended.output) == (password == "fail")


def test_short_secrets_are_whole_words() -> None:
    """A short password is masked where it stands alone, and spoils no name that it is part of."""
    remember("zq7x")
    assert clean("refused: zq7x") == "refused: ***"
    assert clean("vm-zq7xy") == "vm-zq7xy"


def test_cut_texts_hold_no_half_secret() -> None:
    """The beginning of an answer is cut after it was cleaned."""
    remember("A-Secret-At-The-Edge")
    for length in range(190, 201):
        assert "A-Sec" not in excerpt("x" * length + "A-Secret-At-The-Edge")


def test_only_what_holds_a_secret_is_another() -> None:
    """A record without a secret is the very same afterwards, whatever it is made of."""
    value = {"a": (1, None, "b"), "c": [frozenset({"d"})]}
    assert cleaned(value) == value
    assert cleaned((one := ("a", "b"),))[0] is one


def test_a_record_that_many_share_is_cleaned_in_each() -> None:
    """Of records that stand in more than one place a secret goes from all, and the others stay."""
    remember("A-Secret-That-Is-Shared")
    good = Module("antiMalware", True, "active", None)
    bad = replace(good, agent_status="A-Secret-That-Is-Shared")
    value = ((good, bad), (bad, good, bad), {"x": [bad, good]})
    (one, two, three) = cleaned(value)
    masked = replace(good, agent_status="***")
    assert (one, two, three["x"]) == ((good, masked), (masked, good, masked), [masked, good])
    assert one[0] is two[1] is three["x"][1] is good


def test_what_no_file_can_hold_is_replaced() -> None:
    """Half a surrogate pair in a name would end a run before its verdict; whole ones stay."""
    assert clean("half\ud800 関門 \U0001f6aa") == "half\ufffd 関門 \U0001f6aa"
    assert clean("\udc00") == "\ufffd"
