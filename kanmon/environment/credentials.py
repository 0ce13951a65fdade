"""Credential references: an environment file says where a secret is, never what it is."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Self

from pydantic import AfterValidator, SecretStr, model_validator

from kanmon.environment.targets import Model, Text
from kanmon.errors import UsageError

SCHEMES = "env:NAME, file:PATH or keyring:SERVICE/USER"
MASK = "***"
LONG = 8
"""A secret with fewer characters is masked as a whole word only: it may be part of a name."""


@dataclass(frozen=True, slots=True)
class Login:
    """A resolved credential; a field is None where the environment file does not give it.

    Attributes:
        private_key: path of an OpenSSH private key.
        passphrase: of that key.
    """

    username: str | None = None
    password: SecretStr | None = None
    api_key: SecretStr | None = None
    private_key: Path | None = None
    passphrase: SecretStr | None = None

    def secrets(self) -> tuple[str, ...]:
        """Every secret value of this login, to be kept out of all that is written."""
        given = (self.password, self.api_key, self.passphrase)
        return tuple(secret.get_secret_value() for secret in given if secret is not None)

    def is_short(self) -> bool:
        """Whether one of its secrets is masked only where it stands alone."""
        return any(len(secret) < LONG for secret in self.secrets())


def is_reference(text: str) -> bool:
    """Whether the text has the form of a credential reference."""
    scheme, _, rest = text.partition(":")
    if scheme == "keyring":
        service, _, user = rest.partition("/")
        return bool(service and user)
    return scheme in ("env", "file") and bool(rest)


def resolve(reference: str, key: str, home: Path) -> SecretStr:
    """The secret that a reference points at.

    Args:
        reference: ``env:NAME``, ``file:PATH`` (relative to ``home``) or ``keyring:SERVICE/USER``.
        key: where the reference stands, e.g. "credentials.vcenter.password".
        home: directory of the environment file.

    Raises:
        UsageError: it points at nothing, or at an empty value.
    """
    scheme, _, rest = reference.partition(":")
    value = {"env": _from_env, "file": _from_file, "keyring": _from_keyring}[scheme](
        rest, key, home
    )
    if not value:
        raise UsageError(f"{key}: {reference} is empty")
    return SecretStr(value)


def _from_env(name: str, key: str, _home: Path) -> str:
    if name not in os.environ:
        raise UsageError(f"{key}: the environment variable {name} is not set")
    return os.environ[name]


def _from_file(name: str, key: str, home: Path) -> str:
    try:
        path = home / Path(name).expanduser()
    except RuntimeError as error:
        raise UsageError(f"{key}: the file {name!r} cannot be read: {error}") from None
    try:
        # Windows' editors put a mark before UTF-8.
        return path.read_text(encoding="utf-8-sig").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise UsageError(f"{key}: the file {path} cannot be read: {reason}") from None
    except ValueError as error:
        raise UsageError(f"{key}: the file {name!r} cannot be read: {error}") from None


def _from_keyring(name: str, key: str, _home: Path) -> str:
    try:
        import keyring  # noqa: PLC0415 - an optional dependency, needed only here
    except ImportError:
        raise UsageError(
            f"{key}: keyring: references need the keyring package: pip install keyring"
        ) from None
    service, _, user = name.partition("/")
    try:
        secret = keyring.get_password(service, user)
    except keyring.errors.KeyringError as error:
        raise UsageError(f"{key}: the keyring did not answer: {error}") from None
    if secret is None:
        raise UsageError(f"{key}: the keyring has no password for {user} under {service}")
    return str(secret)


def _reference(text: str) -> str:
    if not is_reference(text):
        raise ValueError(f"a secret never stands in this file: write {SCHEMES}")
    return text


def _path(text: str) -> str:
    if "\n" in text or "PRIVATE KEY" in text:
        raise ValueError("a key never stands in this file: write the path of its file")
    return text


SecretReference = Annotated[str, AfterValidator(_reference)]


class Credential(Model):
    """Where a login is to be found."""

    username: Text | None = None
    password: SecretReference | None = None
    api_key: SecretReference | None = None
    private_key: Annotated[Text, AfterValidator(_path)] | None = None
    passphrase: SecretReference | None = None

    @model_validator(mode="after")
    def _is_complete(self) -> Self:
        if self.username and not (self.password or self.private_key):
            raise ValueError("a username needs a password or a private_key")
        if not self.username and not self.api_key:
            raise ValueError("expected a username with a password or private_key, or an api_key")
        return self
