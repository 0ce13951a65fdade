"""Deep Security Manager: 20.0 over ``/api`` and ``/rest``, 11.0 over SOAP and ``/rest``.

Which interfaces there are is probed, not inferred from a version. That one is not offered is no
failure: its path then answers 404, a web page, or a redirect to the sign-in page. 401 and 403 come
from an interface that is offered.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from http.cookiejar import DefaultCookiePolicy

import requests
from pydantic import SecretStr

from kanmon.environment.credentials import Login
from kanmon.environment.targets import Dsm, DsmNode
from kanmon.errors import CouldNotRead, TargetLost
from kanmon.facts.dsm.manager import Computer, Manager
from kanmon.facts.dsm.system import RelayUpdate
from kanmon.matching import label
from kanmon.readers import Request
from kanmon.readers.apart import each, gathering, set_apart
from kanmon.readers.dsm import packages, role, system
from kanmon.readers.dsm.agents import agent_ports
from kanmon.readers.dsm.api import OWN_KEY, Api, json_object
from kanmon.readers.dsm.nodes import (
    READING,
    VERSION,
    certificates,
    clocks,
    nodes,
    said_version,
)
from kanmon.readers.dsm.policies import POLICY_READING, policies, self_protection
from kanmon.readers.dsm.role import ROLE_READING
from kanmon.readers.dsm.session import Session
from kanmon.readers.dsm.soap import SWITCH, NotOffered, Soap, SoapFault
from kanmon.readers.dsm.system import SYSTEM_READING
from kanmon.readers.dsm.tenants import TENANT_READING, tenants
from kanmon.readers.transport.http import Https, refused
from kanmon.redaction import excerpt, remember
from kanmon.text import Text

ALLOWED = (
    *READING,
    ("GET", "/rest/apiVersion"),
    ("POST", "/rest/authentication/login(/primary)?"),
    ("DELETE", "/rest/authentication/logout"),
    ("GET", OWN_KEY),
    ("POST", "/api/sessions"),
    ("POST", "/api/computers/search"),
    *SYSTEM_READING,
    *POLICY_READING,
    *ROLE_READING,
    *TENANT_READING,
    ("POST", "/webservice/Manager"),  # the SOAP client has an allow-list of operations
)
SESSION_ID = re.compile(r"[\w.-]{8,128}")


@contextmanager
def connect(request: Request) -> Iterator[Session]:
    """Log in at the first node that answers; end every session at the end.

    Raises:
        TargetLost: no node answers, or the login is refused. It is not tried at the next node then,
            since that would only bring the account nearer to its lockout.
    """
    with ExitStack() as ending:
        https, interfaces = _first_node(request.target, ending)
        try:
            session = _log_in(request, https, interfaces, ending)
        except CouldNotRead as error:
            raise TargetLost(error.tried, error.got, error.advice) from None
        yield session


def manager(session: Session) -> Manager:
    """The manager's version and interfaces.

    Raises:
        CouldNotRead: it does not say its version.
    """
    tried = Text("read {base}{version}", base=session.https.base, version=VERSION)
    response = session.https.send("GET", VERSION, **_as(session.sid))
    if response.status_code != requests.codes.ok:
        advice = "" if session.sid else system.PASSWORD
        raise refused(response, tried, dict.fromkeys((401, 403), advice))
    version = said_version(response)
    if version is None:
        raise CouldNotRead(
            tried, Text("no version but {excerpt}", excerpt=repr(excerpt(response.text, 80)))
        )
    return Manager(version, session.interfaces)


def computers(session: Session) -> tuple[Computer, ...]:
    """Every computer that the account sees.

    Raises:
        CouldNotRead: an answer is not what was asked for, or there is not one computer in it.
    """
    with gathering() as faults:
        session.seen[:] = _computers(session)
    session.apart[:] = faults
    return _seen(session)


def _seen(session: Session) -> tuple[Computer, ...]:
    """The computers as they were read; what could not be read is so for every part that asks."""
    for subject, fault in session.apart:
        set_apart(subject, fault)
    return tuple(session.seen)


def _computers(session: Session) -> tuple[Computer, ...]:
    source = session.api or session.soap
    if source is None:
        raise CouldNotRead(
            Text("read the computers of {base}", base=session.https.base),
            Text("neither /api nor SOAP is offered"),
            SWITCH,
        )
    found = source.computers()
    if not found:
        raise CouldNotRead(
            Text("read the computers of {base}", base=session.https.base),
            Text("an empty list"),
            Text(
                "a role without the right to view computers gets one too: give the "
                "account's role the "
                "right to view all computers"
            ),
        )
    return found


def relay_updates(session: Session) -> tuple[RelayUpdate, ...]:
    """Whether each relay has the updates that it hands out.

    A computer that could not be read may be a relay, and is set apart here too.

    Raises:
        CouldNotRead: an answer is not what was asked for.
    """
    seen = _seen(session) if session.seen else computers(session)
    relays = [computer for computer in seen if computer.relay]
    return each(relays, lambda relay: system.relay_update(session, relay.id), label)


def _first_node(target: Dsm, ending: ExitStack) -> tuple[Https, tuple[str, ...]]:
    """The first node that offers an interface, and what it offers."""
    said = []
    for node in target.nodes:
        https = _https(node)
        try:
            interfaces = _interfaces(https)
        except CouldNotRead as error:
            reason = error.got
        else:
            if interfaces:
                ending.callback(https.close)
                return https, interfaces
            reason = Text("it offers no interface of a manager")
        said.append(
            Text("{slug} ({where}): {reason}", slug=node.slug, where=node.where, reason=reason)
        )
        https.close()
    raise TargetLost(
        Text("find a node of {slug} that answers", slug=target.slug),
        Text.joined("; ", said),
        Text("is the manager running?"),
    )


def _https(node: DsmNode) -> Https:
    https = Https(node, ALLOWED)
    # Each interface has a session of its own under the same cookie name, so none is kept here.
    https.session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    return https


def _interfaces(https: Https) -> tuple[str, ...]:
    offered = {
        "api": _offers(https, OWN_KEY, {"api-version": "v1"}),
        "rest": _offers(https, "/rest/apiVersion", {}),
        "soap": _offers_soap(https),
    }
    return tuple(name for name, is_offered in offered.items() if is_offered)


def _offers(https: Https, path: str, headers: Mapping[str, str]) -> bool:
    """Whether a path belongs to an interface; no credential is sent.

    Raises:
        CouldNotRead: the node answers, but is not fit to be asked (5xx).
    """
    response = https.send("GET", path, headers=headers)
    status = response.status_code
    if status >= requests.codes.server_error:
        raise refused(response, f"GET {https.base}{path}", {})
    html = "html" in response.headers.get("Content-Type", "").lower()
    return not (html or status == requests.codes.not_found or 300 <= status < 400)  # noqa: PLR2004 - redirects


def _offers_soap(https: Https) -> bool:
    """Whether SOAP is of use; how one that is switched off answers is not documented."""
    try:
        Soap(https).call("getApiVersion")
    except (NotOffered, SoapFault):
        return False
    return True


def _log_in(
    request: Request, https: Https, interfaces: tuple[str, ...], ending: ExitStack
) -> Session:
    """A session with every interface that the credential fits."""
    login, target = request.login, request.target
    by_password = bool(login.username and login.password)
    api = None
    if "api" in interfaces:
        if login.api_key:
            api = _api_by_key(https, target, login.api_key)
        elif by_password:
            api = _api_by_password(https, target, login, ending)
    if not by_password and api is None:
        raise TargetLost(
            Text("log in to {base}", base=https.base),
            Text(
                "it offers {interfaces}, where an API key is of no use",
                interfaces=", ".join(interfaces),
            ),
            Text(
                "11.0 needs a username and a password: give them to credential {credential}",
                credential=repr(target.credential),
            ),
        )
    sid = _sid(https, target, login, interfaces, ending) if by_password else None
    soap = Soap(https, sid) if sid and "soap" in interfaces else None
    username = login.username if by_password else None
    return Session(https, interfaces, sid, api, soap, bool(login.api_key), username)


def _api_by_key(https: Https, target: Dsm, key: SecretStr) -> Api:
    api = Api(https, {"api-secret-key": key.get_secret_value()})
    response = api.check_key()
    if response.status_code != requests.codes.ok:
        raise refused(
            response,
            Text("log in to {base}/api with an API key", base=https.base),
            dict.fromkeys(
                (401, 403),
                Text(
                    "check the api_key of credential {credential}: it may be mistyped, deleted, "
                    "expired or locked",
                    credential=repr(target.credential),
                ),
            ),
        )
    json_object(response, Text("read {base}{own_key}", base=https.base, own_key=OWN_KEY))
    return api


def _api_by_password(https: Https, target: Dsm, login: Login, ending: ExitStack) -> Api:
    tried = Text("log in to {base}/api as {username}", base=https.base, username=login.username)
    response = https.send(
        "POST",
        "/api/sessions",
        json=_credentials(target, login),
        headers={"api-version": "v1", "Accept": "application/json"},
    )
    if response.status_code not in (requests.codes.ok, requests.codes.created):
        raise refused(response, tried, dict.fromkeys((400, 401, 403), _check_password(target)))
    sid, rid = response.cookies.get("sID"), json_object(response, tried).get("RID")
    if not sid or not isinstance(rid, str):
        raise CouldNotRead(tried, Text("a session without its cookie sID or its RID"))
    remember(sid, rid)
    ending.callback(_log_out, https, sid)
    return Api(https, {"Cookie": f"sID={sid}", "rID": rid})


def _sid(
    https: Https, target: Dsm, login: Login, interfaces: tuple[str, ...], ending: ExitStack
) -> str | None:
    """A session of ``/rest``, which SOAP takes too; SOAP's own where ``/rest`` is not offered."""
    if "rest" in interfaces:
        sid = _rest_login(https, target, login)
        ending.callback(_log_out, https, sid)
        return sid
    if "soap" in interfaces:
        sid = _soap_login(https, target, login)
        ending.callback(_end_session, Soap(https, sid))
        return sid
    return None


def _rest_login(https: Https, target: Dsm, login: Login) -> str:
    tried = Text("log in to {base}/rest as {username}", base=https.base, username=login.username)
    response = https.send(
        "POST",
        "/rest/authentication/login" + ("" if target.tenant else "/primary"),
        json={"dsCredentials": _credentials(target, login)},
    )
    if response.status_code != requests.codes.ok:
        # Which status a refused password gets is not documented.
        raise refused(response, tried, dict.fromkeys(range(400, 600), _check_password(target)))
    sid = response.text.strip()
    if not SESSION_ID.fullmatch(sid):
        raise CouldNotRead(tried, Text("an answer that is no session id"))
    remember(sid)
    return sid


def _soap_login(https: Https, target: Dsm, login: Login) -> str:
    tried = Text("log in to {base} (SOAP) as {username}", base=https.base, username=login.username)
    given = _credentials(target, login)
    tenant = {"tenantName": target.tenant} if target.tenant else {}
    try:
        returned = Soap(https).call(
            "authenticateTenant" if tenant else "authenticate",
            {**tenant, "username": given["userName"], "password": given["password"]},
        )
    except SoapFault as fault:
        raise CouldNotRead(tried, fault.got, fault.advice or _check_password(target)) from None
    sid = (returned[0].text or "").strip() if returned else ""
    if not SESSION_ID.fullmatch(sid):
        raise CouldNotRead(tried, Text("an answer that is no session id"))
    remember(sid)
    return sid


def _credentials(target: Dsm, login: Login) -> dict[str, str]:
    given = {"userName": login.username or ""}
    given["password"] = login.password.get_secret_value() if login.password else ""
    return {**given, "tenantName": target.tenant} if target.tenant else given


def _check_password(target: Dsm) -> str:
    return Text(
        "check username and password of credential {credential}, and that its "
        "role may use the web service API",
        credential=repr(target.credential),
    )


def _as(sid: str | None) -> dict[str, dict[str, str]]:
    """Options that carry a session; some paths of ``/rest`` want the cookie, some the query."""
    return {"headers": {"Cookie": f"sID={sid}"}, "params": {"sID": sid}} if sid else {}


def _log_out(https: Https, sid: str) -> None:
    # What was read stays good when the manager no longer answers.
    with contextlib.suppress(CouldNotRead):
        https.send("DELETE", "/rest/authentication/logout", **_as(sid))


def _end_session(soap: Soap) -> None:
    with contextlib.suppress(CouldNotRead):
        soap.call("endSession")


PROBES = {
    "nodes": nodes,
    "clocks": clocks,
    "agent_ports": agent_ports,
    "certificates": certificates,
}
PARTS = {
    "manager": manager,
    "computers": computers,
    "policies": policies,
    "relay_updates": relay_updates,
    "alerts": system.alerts,
    "schedule": system.schedule,
    "switches": system.switches,
    "self_protection": self_protection,
    "connectors": system.connectors,
    "packages": packages.packages,
    "roles": role.roles,
    "tenants": tenants,
}
