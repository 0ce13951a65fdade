"""The manager's ``/api`` (20.0): log in, and read the computers page by page."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import requests

from kanmon.errors import CouldNotRead
from kanmon.facts.dsm.manager import Computer, Module
from kanmon.readers.apart import each
from kanmon.readers.dsm.status import STATUSES, UNMANAGED, Side, in_contact, in_doubt, side
from kanmon.readers.transport.http import Https, refused
from kanmon.redaction import excerpt
from kanmon.text import Text

PAGE = 1000
PAUSES = (1, 2, 4, 8, 16, 32)  # seconds; the manager counts requests over the last 60
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EXPAND = (
    "computerStatus",
    "allSecurityModules",
    "vmwareVMVirtualMachineSummary",
    "ESXSummary",
)
MODULES = (
    "antiMalware",
    "webReputation",
    "activityMonitoring",
    "firewall",
    "intrusionPrevention",
    "integrityMonitoring",
    "logInspection",
    "applicationControl",
)
OWN_KEY = "/api/apikeys/current"
ADVICE = {
    400: Text("the manager may be of a release whose /api is not known here"),
    401: Text("the session or the key is no longer valid: run again"),
    403: Text(
        "give the account's role the right to view this; a key may also have expired or be locked"
    ),
    429: Text(
        "the manager limits the rate of API requests: raise the limit or run at a quieter time"
    ),
}

T = TypeVar("T")


class NotThere(CouldNotRead):
    """A path of ``/api`` that this release does not offer."""


class Api:
    """The interface after login; ``headers`` carry the credentials."""

    def __init__(self, https: Https, headers: Mapping[str, str]) -> None:
        self._https = https
        self._headers = {**headers, "api-version": "v1", "Accept": "application/json"}

    def check_key(self) -> requests.Response:
        """The answer to "which key am I", whatever its status: 200 when the login is good."""
        return self._https.send("GET", OWN_KEY, headers=self._headers)

    def computers(self) -> tuple[Computer, ...]:
        """Every computer that the account sees.

        Raises:
            CouldNotRead: an answer is not what was asked for.
        """
        # Relays first, so that no page is kept for longer than it takes to read.
        relays, strange = self._relays()

        def read(row: Mapping[str, Any]) -> Computer:
            if row.get("ID") in strange:
                raise strange[row["ID"]]
            return computer(row, relays)

        return each(self._search(EXPAND), read, computer_label)

    def get(self, path: str, query: Mapping[str, str] | None = None) -> dict[str, Any]:
        """The JSON object at a path.

        Raises:
            NotThere: this release does not offer it.
            CouldNotRead: the answer is not what was asked for.
        """
        tried = f"GET {self._https.base}{path}"
        response = self._patiently("GET", path, {"params": query or {}})
        if response.status_code == requests.codes.not_found:
            raise NotThere(tried, Text("HTTP 404: this release does not offer it"))
        if response.status_code != requests.codes.ok:
            raise refused(response, tried, ADVICE)
        return json_object(response, tried)

    def _relays(self) -> tuple[frozenset[int] | None, dict[int, CouldNotRead]]:
        """Numbers of the relays, None when the manager names none; and of whom it is not told.

        All settings of all computers would be some 20 kB each. A relay is one by a setting of its
        own, so overrides are enough. That none at all is named is not believed: then the flag is
        not where it is looked for.
        """
        relays: set[int] = set()
        strange: dict[int, CouldNotRead] = {}
        for row in self.own_settings():
            if (number := _number(row)) is None:
                continue  # the other answer about it lacks its number too
            try:
                if _is_relay(row):
                    relays.add(number)
            except CouldNotRead as error:
                strange[number] = error
        return frozenset(relays) or None, strange

    def own_settings(self) -> Iterator[dict[str, Any]]:
        """Every computer with the settings that are its own.

        Raises:
            CouldNotRead: an answer is not what was asked for.
        """
        return self._search(("computerSettings",), overrides="true")

    def _search(self, expand: tuple[str, ...], **options: str) -> Iterator[dict[str, Any]]:
        """The computers in the order of their numbers; only an empty page is the end.

        One without a number is handed on as it is; the list goes on after those that have one.
        """
        last = 0
        while rows := self._page(last, {"expand": list(expand), **options}):
            if all(_number(row) is None for row in rows):
                raise CouldNotRead(
                    Text("read the computers after number {last}", last=last),
                    Text("computers without a number, and no other"),
                    Text("the manager does not page as documented: ask its vendor"),
                )
            for row in rows:
                number = _number(row)
                if number is None:
                    yield row
                    continue
                if number <= last:
                    raise CouldNotRead(
                        Text("read the computers after number {last}", last=last),
                        Text("computer {number}, which is not after it", number=number),
                        Text("the manager does not page as documented: ask its vendor"),
                    )
                last = number
                yield row

    def _page(self, after: int, query: Mapping[str, Any]) -> list[dict[str, Any]]:
        tried = Text(
            "read the computers after number {after} from {base}/api",
            after=after,
            base=self._https.base,
        )
        body = {
            "maxItems": PAGE,
            "sortByObjectID": True,
            "searchCriteria": [{"idTest": "greater-than", "idValue": after}],
        }
        response = self._post("/api/computers/search", body, query)
        if response.status_code != requests.codes.ok:
            raise refused(response, tried, ADVICE)
        answer = json_object(response, tried)
        rows = answer.get("computers")
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise CouldNotRead(tried, Text("JSON without a list of computers"))
        return rows

    def _post(self, path: str, body: object, query: Mapping[str, Any]) -> requests.Response:
        return self._patiently("POST", path, {"json": body, "params": query})

    def _patiently(self, method: str, path: str, options: Mapping[str, Any]) -> requests.Response:
        """One request, repeated after ever longer pauses while the manager says "too many"."""
        for pause in PAUSES:
            response = self._https.send(method, path, headers=self._headers, **options)
            if response.status_code != requests.codes.too_many_requests:
                return response
            time.sleep(pause)
        return self._https.send(method, path, headers=self._headers, **options)


def json_object(response: requests.Response, tried: str) -> dict[str, Any]:
    """The JSON object of an answer.

    Raises:
        CouldNotRead: it is none.
    """
    try:
        value = response.json()
    except ValueError:
        raise CouldNotRead(
            tried, Text("no JSON but {excerpt}", excerpt=repr(excerpt(response.text, 80)))
        ) from None
    if not isinstance(value, dict):
        raise CouldNotRead(tried, Text("JSON that is not an object"))
    return value


def computer(row: Mapping[str, Any], relays: frozenset[int] | None) -> Computer:
    """A computer of ``/api``.

    Args:
        row: the JSON object, with what EXPAND asks for.
        relays: numbers of the relays, None when not known.

    Raises:
        CouldNotRead: a field is missing or is not of its type.
    """
    number = _field(row, "ID", int)
    status = _field(row, "computerStatus", dict)
    agent = _side(status, "agent")
    appliance = _side(status, "appliance")
    vm = _given(row, "vmwareVMVirtualMachineSummary", dict) or {}
    kind = _kind(row)
    return Computer(
        id=number,
        host_name=_field(row, "hostName", str),
        display_name=_given(row, "displayName", str) or "",
        last_ip=_given(row, "lastIPUsed", str) or None,
        platform=_given(row, "platform", str) or "",
        kind=kind,
        policy_id=_given(row, "policyID", int) or None,
        agent_version=_field(row, "agentVersion", str),
        agent_status=agent.status,
        agent_messages=agent.messages,
        appliance_status=appliance.status,
        appliance_messages=appliance.messages,
        online=in_contact(agent, appliance),
        doubtful=in_doubt(agent, appliance),
        last_contact=_last_contact(row, agent, appliance),
        relay=None if relays is None else number in relays,
        vm_uuid=_lower(_given(vm, "biosUUID", str) or _given(row, "biosUUID", str)),
        vcenter_uuid=_lower(_given(vm, "vCenterUUID", str)),
        modules=tuple(_modules(row, kind)),
    )


def _kind(row: Mapping[str, Any]) -> str:
    """What it is; only its platform tells an appliance.

    Its ``applianceFingerPrint`` would be that of the appliance that protects it.
    """
    if "virtual appliance" in (_given(row, "platform", str) or "").lower():
        return "appliance"
    return "esx" if _given(row, "ESXSummary", dict) else "machine"


def _side(status: Mapping[str, Any], name: str) -> Side:
    value = _field(status, f"{name}Status", str).lower()
    if value not in STATUSES:
        raise CouldNotRead(
            Text("read {name}Status", name=name),
            repr(value),
            Text("expected {statuses}", statuses=", ".join(STATUSES)),
        )
    messages = _given(status, f"{name}StatusMessages", list) or []
    return side(value, tuple(str(message) for message in messages))


def _last_contact(row: Mapping[str, Any], agent: Side, appliance: Side) -> datetime | None:
    """When the side that manages it was in contact: of two the one that is silent for longer."""
    told = {
        "lastAgentCommunication": agent.status not in UNMANAGED,
        "lastApplianceCommunication": appliance.status not in UNMANAGED,
    }
    of_a_side = [_given(row, name, int) or 0 for name, manages in told.items() if manages]
    of_any = [_given(row, name, int) or 0 for name in told]
    contact = min(of_a_side) if of_a_side else max(of_any)
    return EPOCH + timedelta(milliseconds=contact) if contact > 0 else None


def _modules(row: Mapping[str, Any], kind: str) -> Iterator[Module]:
    """The modules that the manager tells of; anti-malware must be told of for a machine."""
    for name in MODULES:
        required = name == "antiMalware" and kind == "machine"
        module = _field(row, name, dict) if required else _given(row, name, dict)
        if module is None:
            continue
        told, made = _last.get(name, ({}, None))
        if made is None or told != module:
            made = _module(name, module)
            _last[name] = (module, made)
        yield made


_last: dict[str, tuple[dict[str, Any], Module]] = {}
"""The module told last, by name: of thousands of computers nearly all are told alike."""


def _module(name: str, told: dict[str, Any]) -> Module:
    status = _given(told, "moduleStatus", dict) or {}
    return Module(
        name,
        _field(told, "state", str) != "off",
        _given(status, "agentStatus", str),
        _given(status, "applianceStatus", str),
    )


def _is_relay(row: Mapping[str, Any]) -> bool:
    settings = _given(row, "computerSettings", dict) or {}
    setting = _given(settings, "platformSettingRelayState", dict) or {}
    return str(setting.get("value")).lower() == "true"


def _field(row: Mapping[str, Any], name: str, kind: type[T]) -> T:
    """A field that must be there."""
    value = _given(row, name, kind)
    if value is None:
        raise CouldNotRead(
            Text("read {name} of {owner}", name=name, owner=_owner(row)),
            Text("an answer without it"),
        )
    return value


def _given(row: Mapping[str, Any], name: str, kind: type[T]) -> T | None:
    """A field that the manager may leave out or set to null."""
    value = row.get(name)
    if value is not None and type(value) is not kind:
        raise CouldNotRead(
            Text("read {name} of {owner}", name=name, owner=_owner(row)),
            f"{value!r:.80}",
            Text("expected {type}", type=kind.__name__),
        )
    return value


def computer_label(row: Mapping[str, Any]) -> str:
    """What a computer is called of which not everything can be read."""
    name = row.get("displayName") or row.get("hostName") or "unset"
    return f"{name} (computer {row.get('ID') or 'unset'})"


def _number(row: Mapping[str, Any]) -> int | None:
    found = row.get("ID")
    return found if type(found) is int else None


def _owner(row: Mapping[str, Any]) -> str:
    return Text("computer {id}", id=row["ID"]) if "ID" in row else Text("a computer")


def _lower(text: str | None) -> str | None:
    return text.lower() if text else None
