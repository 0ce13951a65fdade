"""The client of the NSX-T reader: what it may ask, whole lists, and fields that must be there."""

from __future__ import annotations

import time
from collections.abc import Mapping
from http.cookiejar import DefaultCookiePolicy
from urllib.parse import quote

import requests
from requests.auth import HTTPBasicAuth

from kanmon.environment.targets import NsxT
from kanmon.errors import CouldNotRead, Denied, TargetLost
from kanmon.facts import ClockReading
from kanmon.readers import Request
from kanmon.readers.transport.clock import of_web_server
from kanmon.readers.transport.fields import Json, children, optional_text, text
from kanmon.readers.transport.http import Https, refused
from kanmon.text import Text

_ID = r"[A-Za-z0-9._:-]+"
_SERVICE = rf"/api/v1/serviceinsertion/services/{_ID}"
_INFRA = "/policy/api/v1/infra"
_DOMAIN = rf"{_INFRA}/domains/{_ID}"
ALLOWED = (
    ("GET", r"/api/v1/alarms"),
    ("GET", r"/api/v1/licenses"),
    ("GET", r"/api/v1/node/services"),
    ("GET", rf"/api/v1/node/services/{_ID}/status"),
    ("GET", r"/api/v1/cluster/backups/(config|history)"),
    ("GET", r"/api/v1/upgrade/(status-summary|pre-upgrade-checks/failures)"),
    ("GET", r"/api/v1/migration/(setup|status-summary|feedback-requests)"),
    ("GET", r"/api/v1/(transport-node-profiles|logical-switches|logical-routers)"),
    ("GET", rf"{_INFRA}/(segments|tier-0s|tier-1s|domains|domains/endpoint-policies)"),
    ("GET", rf"{_DOMAIN}/(groups|security-policies|security-policies/{_ID}/rules)"),
    ("GET", r"/api/v1/node/version"),
    ("GET", r"/api/v1/cluster/status"),
    ("GET", rf"/api/v1/(cluster|transport-nodes)/{_ID}/node/users"),
    ("GET", r"/api/v1/fabric/compute-managers"),
    ("GET", rf"/api/v1/fabric/compute-managers/{_ID}/status"),
    ("GET", r"/api/v1/fabric/compute-collections"),
    ("GET", r"/api/v1/fabric/discovered-nodes"),
    ("GET", r"/api/v1/fabric/virtual-machines"),
    ("GET", r"/api/v1/fabric/virtual-machines/tools-info"),
    ("GET", r"/api/v1/transport-nodes"),
    ("GET", rf"/api/v1/transport-nodes/{_ID}/(state|status)"),
    ("GET", r"/api/v1/serviceinsertion/services"),
    ("GET", rf"{_SERVICE}/service-deployments"),
    ("GET", rf"{_SERVICE}/service-deployments/{_ID}/status"),
    ("GET", rf"{_SERVICE}/service-instances"),
    ("GET", rf"{_SERVICE}/service-instances/{_ID}/(status|instance-runtimes)"),
)
VERSION = "/api/v1/node/version"
PAGE_SIZE = 1000
BACK_OFF = (1.0, 2.0, 4.0, 8.0)
"""Seconds to wait before each new attempt when the manager answers 429, too many requests."""


class Session:
    """What the parts of one NSX-T manager are read with."""

    def __init__(self, request: Request) -> None:
        self.target: NsxT = request.target
        self._https = Https(request.target, ALLOWED)
        login = request.login
        if login.username is None or login.password is None:
            raise TargetLost(
                Text("log in"),
                Text(
                    "credential {credential} lacks its username or its password",
                    credential=repr(self.target.credential),
                ),
            )
        # As bytes, for a name or password outside Latin-1.
        self._https.session.auth = HTTPBasicAuth(
            login.username.encode(), login.password.get_secret_value().encode()
        )
        # Every request carries the login; a session cookie would ask for an XSRF token with it.
        self._https.session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))

    def get(self, path: str, **params: str) -> Json:
        """The JSON object of an answer.

        Raises:
            CouldNotRead: any HTTP status but 200, or the answer is not a JSON object.
            TargetLost: the manager is out of reach or refuses the login.
        """
        response = self._ask(path, params)
        try:
            answer = response.json()
        except requests.exceptions.JSONDecodeError as error:
            got = Text(
                "no JSON ({headers}): {error}",
                headers=response.headers.get("Content-Type"),
                error=error,
            )
            raise CouldNotRead(f"GET {path}", got) from None
        if not isinstance(answer, dict):
            raise CouldNotRead(
                f"GET {path}", Text("{type}, expected an object", type=type(answer).__name__)
            )
        return answer

    def _ask(self, path: str, params: Mapping[str, str]) -> requests.Response:
        response = self._https.send("GET", path, params=params)
        for seconds in BACK_OFF:
            if response.status_code != requests.codes.too_many_requests:
                break
            time.sleep(seconds)
            response = self._https.send("GET", path, params=params)
        if response.status_code == requests.codes.ok:
            return response
        error = refused(
            response, f"GET {path}", {429: Text("the manager is busy: try again later")}
        )
        if response.status_code in (requests.codes.unauthorized, requests.codes.forbidden):
            raise self._denied(path, error)
        raise error

    def _denied(self, path: str, error: CouldNotRead) -> CouldNotRead:
        """Why a request was refused: a login that still works lacks the right to this one alone."""
        if path != VERSION and self._https.send("GET", VERSION).status_code == requests.codes.ok:
            advice = Text(
                "give the account of credential {credential} the role Auditor, or one that may "
                "read this",
                credential=repr(self.target.credential),
            )
            return Denied(error.tried, error.got, advice)
        return TargetLost(
            error.tried,
            error.got,
            Text(
                "check credential {credential}: user name, password, whether the "
                "account is locked, and its role in NSX (Auditor is enough)",
                credential=repr(self.target.credential),
            ),
        )

    def items(self, path: str, *, paged: bool = True, **params: str) -> list[Json]:
        """All objects of a list, from all its pages.

        Args:
            path: of the list.
            paged: the call takes ``page_size``; lists of service insertion do not.
            params: filters.

        Raises:
            CouldNotRead: the list is not whole.
            TargetLost: as for ``get``.
        """
        if paged:
            params["page_size"] = str(PAGE_SIZE)
        page = self.get(path, **params)
        announced = page.get("result_count")
        found = [*children(page, "results")]
        seen: set[str] = set()
        while cursor := optional_text(page, "cursor"):
            if cursor in seen or not page["results"]:
                raise CouldNotRead(
                    f"GET {path}", Text("pages without an end: a cursor that leads nowhere")
                )
            seen.add(cursor)
            page = self.get(path, **params, cursor=cursor)
            found += children(page, "results")
        if announced is not None and (type(announced) is not int or len(found) < announced):
            raise CouldNotRead(
                f"GET {path}",
                Text("{count} objects of {announced}", count=len(found), announced=announced),
            )
        return found

    def clock(self) -> ClockReading:
        """The manager's clock, as its own web server shows it in whatever it answers.

        Raises:
            CouldNotRead: the answer has no header Date.
            TargetLost: the manager is out of reach.
        """
        return of_web_server(f"GET {VERSION}", lambda: self._https.send("GET", VERSION))

    def close(self) -> None:
        """Drop the connections; HTTP Basic leaves nothing to log out of."""
        self._https.close()


def path_id(listed: Json) -> str:
    """The id of an object, as it stands in a path."""
    return quote(text(listed, "id"), safe=":")


def of_member(listed: Json) -> str:
    """What a member of the management cluster is called of which not everything can be read."""
    found = (listed.get(key) for key in ("member_ip", "member_fqdn", "member_uuid"))
    return f"member {next(filter(None, found), 'unset')}"
