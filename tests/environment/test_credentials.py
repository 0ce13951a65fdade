"""Credentials: references lead to secrets, and no secret leads back into a text."""

from __future__ import annotations

import sys
from pathlib import Path

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked
from pydantic import SecretStr

from kanmon.environment.credentials import Login, is_reference, resolve
from kanmon.environment.file import parse
from kanmon.errors import UsageError

SECRET = "hunter2-Very-Secret"
KEY = "credentials.vc.password"


class Ring(KeyringBackend):
    """A keyring that holds what it is given; a locked one answers nobody."""

    priority = 1

    def __init__(self, *, locked=False, **secrets):
        super().__init__()
        self.locked = locked
        self.secrets = secrets

    def get_password(self, service, username):
        """The secret, None without one."""
        if self.locked:
            raise KeyringLocked("the collection is locked")
        return self.secrets.get(f"{service}_{username}")

    def set_password(self, service, username, password):
        """Keep a secret."""
        self.secrets[f"{service}_{username}"] = password


@pytest.fixture
def ring():
    """Makes a ring the process's keyring until the test is over."""
    before = keyring.get_keyring()
    yield keyring.set_keyring
    keyring.set_keyring(before)


def found(reference, home=Path()):
    return resolve(reference, KEY, home).get_secret_value()


def refusal(reference, home=Path()):
    with pytest.raises(UsageError) as told:
        resolve(reference, KEY, home)
    assert str(told.value).startswith(f"{KEY}: ")
    return str(told.value)


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("env:NAME", True),
        ("file:secrets/vc", True),
        ("file:C:\\secrets\\vc", True),
        ("keyring:kanmon/vc", True),
        ("keyring:kanmon/a/b", True),
        ("env:", False),
        ("file:", False),
        ("keyring:kanmon", False),
        ("keyring:kanmon/", False),
        ("keyring:/vc", False),
        ("ENV:NAME", False),
        (" env:NAME", False),
        ("vault:NAME", False),
        ("hunter2", False),
        ("", False),
    ],
)
def test_references_have_a_scheme_and_a_name(text, is_one):
    """Only the three schemes, each with all its parts, are references."""
    assert is_reference(text) is is_one


def test_env_is_the_variable_as_it_stands(monkeypatch):
    """An environment variable is taken as it is, blanks and line ends included."""
    monkeypatch.setenv("KANMON_TEST_SECRET", f" {SECRET} ")
    assert found("env:KANMON_TEST_SECRET") == f" {SECRET} "


def test_file_is_the_text_without_its_last_line_end(tmp_path):
    """A file counts from the environment file's directory and loses its line end, nothing else."""
    (tmp_path / "secrets").mkdir()
    for end in ("", "\n", "\r\n"):
        (tmp_path / "secrets" / "vc").write_bytes(f" {SECRET} 関門 {end}".encode())
        assert found("file:secrets/vc", tmp_path) == f" {SECRET} 関門 "
    assert found(f"file:{tmp_path / 'secrets' / 'vc'}", Path("elsewhere")) == f" {SECRET} 関門 "


def test_keyring_is_asked_for_service_and_user(ring):
    """The service ends at the first slash; the rest is the user."""
    ring(Ring(**{"kanmon_vc/ro": SECRET}))
    assert found("keyring:kanmon/vc/ro") == SECRET


@pytest.mark.parametrize(
    ("reference", "told"),
    [
        ("env:KANMON_TEST_NONE", "the environment variable KANMON_TEST_NONE is not set"),
        ("env:KANMON_TEST_EMPTY", "env:KANMON_TEST_EMPTY is empty"),
        ("file:none", "cannot be read: No such file or directory"),
        ("file:.", "cannot be read: "),
        ("file:empty", "file:empty is empty"),
        ("file:line-end", "file:line-end is empty"),
        ("file:sjis", "cannot be read: it is not UTF-8 text"),
        ("keyring:kanmon/nobody", "the keyring has no password for nobody under kanmon"),
        ("keyring:kanmon/empty", "keyring:kanmon/empty is empty"),
    ],
)
def test_a_reference_to_nothing_is_told(monkeypatch, tmp_path, ring, reference, told):
    """A reference that points at nothing, or at nothing but emptiness, is told with its key."""
    monkeypatch.delenv("KANMON_TEST_NONE", raising=False)
    monkeypatch.setenv("KANMON_TEST_EMPTY", "")
    (tmp_path / "empty").touch()
    (tmp_path / "line-end").write_bytes(b"\r\n")
    (tmp_path / "sjis").write_bytes("関門".encode("shift_jis"))
    ring(Ring(kanmon_empty=""))
    assert told in refusal(reference, tmp_path)


def test_a_keyring_that_does_not_answer_is_told(ring):
    """A locked keyring is the operator's to unlock, and is told in its own words."""
    ring(Ring(locked=True))
    assert "the keyring did not answer: the collection is locked" in refusal("keyring:kanmon/vc")


def test_keyring_without_its_package_names_the_remedy(monkeypatch):
    """The keyring is an optional dependency: without it the error says what to install."""
    monkeypatch.setitem(sys.modules, "keyring", None)
    assert "pip install keyring" in refusal("keyring:kanmon/vc")


def test_a_byte_order_mark_is_no_part_of_the_secret(tmp_path):
    """A password file that a Windows editor saved as UTF-8 holds the password alone."""
    (tmp_path / "vc").write_text(SECRET, encoding="utf-8-sig")
    assert found("file:vc", tmp_path) == SECRET


@pytest.mark.parametrize("name", ["~no-such-user/vc", "a\0b"])
def test_paths_that_no_system_takes_are_told(name):
    """A path that cannot even be looked up is told like one that leads nowhere."""
    assert "cannot be read" in refusal(f"file:{name}")


def estate(**references):
    """An environment with one vCenter for each credential."""
    targets = "\n".join(
        f'[[vcenter]]\nslug = "{name}"\naddress = "{name}.example.jp"\ncredential = "{name}"'
        for name in references
    )
    logins = "\n".join(
        f'[credentials.{name}]\nusername = "ro-{name}"\npassword = "{reference}"'
        for name, reference in references.items()
    )
    return parse(f"{targets}\n{logins}", "prod", Path("prod.toml"))


def test_only_the_logins_in_use_are_resolved(monkeypatch):
    """A secret that the run does not need need not be there."""
    monkeypatch.setenv("KANMON_TEST_A", SECRET)
    monkeypatch.delenv("KANMON_TEST_B", raising=False)
    environment = estate(a="env:KANMON_TEST_A", b="env:KANMON_TEST_B")
    logins = environment.resolve_logins(frozenset({"a"}), Path())
    assert logins == {"a": Login(username="ro-a", password=SecretStr(SECRET))}


def test_every_unresolved_login_is_named_at_once(monkeypatch, tmp_path):
    """An operator sets all that is missing at once: every bad reference is in one message."""
    monkeypatch.setenv("KANMON_TEST_A", SECRET)
    monkeypatch.delenv("KANMON_TEST_B", raising=False)
    environment = estate(a="env:KANMON_TEST_A", b="env:KANMON_TEST_B", c="file:none")
    with pytest.raises(UsageError) as told:
        environment.resolve_logins(frozenset("abc"), tmp_path)
    first, second = str(told.value).splitlines()
    assert first.startswith("credentials.b.password: ")
    assert second.startswith("credentials.c.password: ")
    assert SECRET not in str(told.value)


def with_a_key(monkeypatch, tmp_path):
    """The environment of a manager whose credential has every part, a private key included."""
    monkeypatch.setenv("KANMON_TEST_A", SECRET)
    text = """
        [[dsm]]
        slug = "dsm"
        credential = "all"
        database = "db"
        nodes = [{ slug = "n", address = "192.0.2.1" }]
        [[database]]
        slug = "db"
        product = "postgresql"
        address = "192.0.2.2"
        credential = "all"
        [credentials.all]
        username = "ro"
        password = "env:KANMON_TEST_A"
        api_key = "env:KANMON_TEST_A"
        private_key = "keys/id_ed25519"
        passphrase = "env:KANMON_TEST_A"
        """
    return parse(text, "prod", tmp_path / "prod.toml")


def test_a_login_holds_every_part_of_its_credential(monkeypatch, tmp_path):
    """A key's path starts at the environment file; passphrase and API key are resolved alike."""
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys/id_ed25519").touch()
    environment = with_a_key(monkeypatch, tmp_path)
    login = environment.resolve_logins(frozenset({"dsm"}), tmp_path)["all"]
    assert login.private_key == tmp_path / "keys/id_ed25519"
    assert login.secrets() == (SECRET, SECRET, SECRET)


@pytest.mark.parametrize("made", ["", "keys/id_ed25519"])
def test_a_private_key_that_is_no_file_is_told(monkeypatch, tmp_path, made):
    """A key that is absent, or a directory, is told with its path before anything is dialled."""
    (tmp_path / made).mkdir(parents=True, exist_ok=True)
    environment = with_a_key(monkeypatch, tmp_path)
    path = tmp_path / "keys/id_ed25519"
    with pytest.raises(UsageError) as told:
        environment.resolve_logins(frozenset({"dsm"}), tmp_path)
    assert str(told.value) == f"credentials.all.private_key: there is no file {path}"


def test_a_login_hides_its_secrets():
    """A login that ends up in a log line or a traceback shows no secret."""
    login = Login("ro", SecretStr(SECRET), SecretStr(SECRET), None, SecretStr(SECRET))
    assert SECRET not in f"{login!r} {login} {login.password}"
