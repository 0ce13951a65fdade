"""The REST interface of a vCenter: a session of its own, opened when it is first asked.

It is the same endpoint as vim25, with the same login. What it refuses concerns its own parts alone:
no answer of it loses the target.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
from requests.auth import HTTPBasicAuth

from kanmon.environment.credentials import Login
from kanmon.environment.targets import VCenter
from kanmon.errors import CouldNotRead
from kanmon.readers.transport.http import Https, refused
from kanmon.redaction import remember
from kanmon.text import Text

SESSION = "/rest/com/vmware/cis/session"
ALLOWED = (
    ("POST", SESSION),
    ("DELETE", SESSION),
    ("GET", r"/rest/appliance/system/version"),
    ("GET", r"/rest/appliance/health/(storage|database-storage|applmgmt|load|mem|swap)"),
    ("GET", r"/rest/appliance/vmon/service"),
    ("GET", r"/rest/appliance/local-accounts/root"),
    ("GET", r"/rest/appliance/monitoring(/query)?"),
    ("GET", r"/api/vcenter/certificate-management/vcenter/signing-certificate"),
    (
        "GET",
        r"/rest/vcenter/certificate-management/vcenter/trusted-root-chains(/[A-Za-z0-9][A-Za-z0-9_-]*)?",
    ),
    ("GET", r"/rest/appliance/networking/dns/hostname"),
    ("GET", r"/rest/vcenter/topology/(nodes|replication-status)"),
    ("GET", r"/rest/appliance/recovery/backup/job(/details|/[0-9]+-[0-9]+-[0-9]+)?"),
)
"""Opening and closing the session changes nothing of the estate; the rest only reads."""

TOKEN = "vmware-api-session-id"  # noqa: S105 - the name of a header

RIGHTS = Text(
    "the account needs to be in the single sign-on group SystemConfiguration.ReadOnly (7.0), or"
    " SystemConfiguration.Administrators where there is no such group (6.5, 6.7)"
)
ADVICE = {
    401: RIGHTS,
    403: RIGHTS,
    404: Text("this vCenter does not have it: is it an appliance?"),
    503: Text("the appliance's management service does not answer: is it running?"),
}


SYSTEM_READ = Text(
    "the account needs System.Read on the vCenter itself, which is part of the role Read-only"
)
TRUST_ADVICE = {401: SYSTEM_READ, 403: SYSTEM_READ, 404: Text("this vCenter does not have it")}
"""Of paths under certificate-management, for which no group of the appliance counts."""
TRUST = "/vcenter/certificate-management/"


class Rest:
    """What the parts are read with that vim25 does not tell."""

    def __init__(self, target: VCenter, login: Login) -> None:
        self._target = target
        self._login = login
        self._https: Https | None = None
        self._token = ""
        self._refused: CouldNotRead | None = None

    def open(self) -> None:
        """Log in, unless that is done: what fails here is no matter of a single question.

        Raises:
            CouldNotRead: the login was refused, or an answer that holds no session.
            TargetLost: the vCenter is out of reach.
        """
        self._opened()

    def get(self, path: str, params: Mapping[str, str] | None = None) -> Any:
        """The ``value`` of an answer below ``/rest``.

        Raises:
            CouldNotRead: any HTTP status but 200, or an answer without a value.
            TargetLost: the vCenter is out of reach.
        """
        return self._value(self._get(path, params), f"GET {path}")

    def get_bare(self, path: str) -> Any:
        """An answer below ``/api``, which has no envelope; one session opens both.

        Raises:
            CouldNotRead: any HTTP status but 200, or no JSON.
            TargetLost: the vCenter is out of reach.
        """
        return self._json(self._get(path), f"GET {path}")

    def _get(self, path: str, params: Mapping[str, str] | None = None) -> requests.Response:
        https = self._opened()
        return https.send("GET", path, params=params, headers={TOKEN: self._token})

    def close(self) -> None:
        """End the session, where there is one."""
        if self._https is None:
            return
        if self._token:
            with contextlib.suppress(CouldNotRead):
                self._https.send("DELETE", SESSION, headers={TOKEN: self._token})
        self._https.close()

    def _opened(self) -> Https:
        """The connection, logged in; a refused login is not tried again, which locks accounts."""
        if self._refused:
            raise self._refused
        if self._https is None:
            self._https = Https(self._target, ALLOWED)
            # A cookie would carry the session beside the header.
            self._https.session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
            try:
                self._token = self._log_in(self._https)
            except CouldNotRead as error:
                self._refused = error
                raise
        return self._https

    def _log_in(self, https: Https) -> str:
        name, password = self._login.username or "", self._login.password
        secret = password.get_secret_value() if password else ""
        # As bytes, for a name or password outside Latin-1.
        login = HTTPBasicAuth(name.encode(), secret.encode())
        token = self._value(https.send("POST", SESSION, auth=login), f"POST {SESSION}")
        if not isinstance(token, str) or not token:
            raise CouldNotRead(f"POST {SESSION}", Text("an answer without a session"))
        remember(token)
        return token

    def _value(self, response: requests.Response, tried: str) -> Any:
        answer = self._json(response, tried)
        if not isinstance(answer, dict) or "value" not in answer:
            raise CouldNotRead(self._tried(tried), Text("an answer without a value"))
        return answer["value"]

    def _json(self, response: requests.Response, tried: str) -> Any:
        if response.status_code != requests.codes.ok:
            advice = TRUST_ADVICE if TRUST in tried else ADVICE
            raise refused(response, self._tried(tried), advice)
        try:
            return response.json()
        except requests.exceptions.JSONDecodeError as error:
            got = Text(
                "no JSON ({headers}): {error}",
                headers=response.headers.get("Content-Type"),
                error=error,
            )
            raise CouldNotRead(self._tried(tried), got) from None

    def _tried(self, tried: str) -> Text:
        return Text("{tried} at {where}", tried=tried, where=self._target.where)
