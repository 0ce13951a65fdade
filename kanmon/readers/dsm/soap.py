"""The manager's older SOAP interface, the only one of 11.0 that tells all about computers."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import requests

from kanmon.errors import CouldNotRead, NotAllowed
from kanmon.facts.dsm.manager import Computer, Module
from kanmon.readers.apart import each
from kanmon.readers.dsm.status import UNMANAGED, Side, in_contact, in_doubt, side
from kanmon.readers.transport.http import Https
from kanmon.text import Text

PATH = "/webservice/Manager"
MANAGER = "urn:Manager"
ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"
WORKERS = 4
READING = frozenset(
    {
        "authenticate",
        "authenticateTenant",
        "endSession",
        "getApiVersion",
        "hostDetailRetrieve",
        "hostGetStatus",
        "hostRetrieveAll",
        "hostSettingGet",
        "securityProfileRetrieveAll",
        "softwareRetrieveAll",
        "systemSettingGet",
    }
)
ADVICE = {
    "ManagerTimeoutException": Text("the session ended before everything was read: run again"),
    "ManagerMaxSessionsException": Text(
        "the user has too many sessions: end some, or raise the limit"
    ),
    "ManagerAuthorizationException": Text(
        "give the account's role the right to view every computer"
    ),
    "ManagerLockoutException": Text("the account is locked out: unlock it"),
}
OF_THE_SESSION = (
    "ManagerTimeoutException",
    "ManagerMaxSessionsException",
    "ManagerLockoutException",
)
"""Faults that are of no single computer."""
SWITCH = Text("switch on Administration > System Settings > Advanced > SOAP Web Service API")
NO_AGENT = "0.0.0.0"  # noqa: S104 - a version, not an address

UNMANAGED_TEXTS = ("Unmanaged", "管理対象外")
UNMANAGED_STATES = ("NONE", "NEUTRAL", "INSTALLED", "HAS_DSM_CERT", "OTHER_DSM_AGENT")
KINDS = {"STANDARD": "machine", "VM": "machine", "APPLIANCE": "appliance", "ESX": "esx"}
LIGHTS = {
    "GREEN": "active",
    "BLUE": "warning",
    "YELLOW": "warning",
    "RED": "error",
    "GREY": "inactive",
}
MODULES = {
    "antiMalware": "overallAntiMalwareStatus",
    "webReputation": "overallWebReputationStatus",
    "firewall": "overallFirewallStatus",
    "intrusionPrevention": "overallDpiStatus",
    "integrityMonitoring": "overallIntegrityMonitoringStatus",
    "logInspection": "overallLogInspectionStatus",
}
# "Anti-Malware: Off, not installed", "Not Activated"; a wording that is not known counts as on.
OFF = re.compile(r"([^:\uff1a]*[:\uff1a]\s*)?((off|not|disabled)\b|オフ|無効|未)", re.IGNORECASE)

Arguments = Mapping[str, "str | Arguments"]


class NotOffered(CouldNotRead):
    """There is no SOAP interface at this address, or it is switched off."""


class SoapFault(CouldNotRead):
    """The manager's answer is a fault; ``name`` is that of its exception."""

    def __init__(self, tried: str, name: str, text: str) -> None:
        self.name = name
        super().__init__(tried, f"{name}: {text}".strip(": "), ADVICE.get(name, ""))


class Soap:
    """The interface; every operation but the first two needs ``sid``."""

    def __init__(self, https: Https, sid: str = "") -> None:
        self._https = https
        self._sid = sid

    def call(self, operation: str, arguments: Arguments | None = None) -> list[ET.Element]:
        """The return values of one operation.

        Raises:
            NotAllowed: it is not one of those that only read; nothing was sent.
            NotOffered: there is no SOAP interface.
            SoapFault: the manager refused.
            CouldNotRead: the answer is not a SOAP answer to this operation.
        """
        if operation not in READING:
            raise NotAllowed(f"SOAP {operation} is not on the reader's allow-list")
        tried = Text(
            "call {operation} of {base}{path}",
            operation=operation,
            base=self._https.base,
            path=PATH,
        )
        response = self._https.send(
            "POST",
            PATH,
            data=_envelope(
                operation, {**(arguments or {}), **({"sID": self._sid} if self._sid else {})}
            ),
            headers={"Content-Type": "text/xml;charset=UTF-8", "SOAPAction": '""'},
        )
        return _returned(response, operation, tried)

    def computers(self) -> tuple[Computer, ...]:
        """Every computer that the account sees.

        Raises:
            CouldNotRead: an answer is not what was asked for, or leaves computers out.
        """
        listed = set(filter(None, map(number_of, self.call("hostRetrieveAll"))))
        hosts = self._details()
        numbers = [number_of(host) for host in hosts]
        missing = listed - set(numbers)
        if len(missing) > numbers.count(None):  # one without a number is set apart by its name
            raise CouldNotRead(
                Text("read the details of {count} computers", count=len(listed)),
                Text(
                    "{count} are missing, e.g. number {missing}",
                    count=len(missing),
                    missing=min(missing, key=int),
                ),
                Text("run again, the list may have changed meanwhile"),
            )
        with ThreadPoolExecutor(WORKERS) as pool:
            read = {id(host): pool.submit(self._computer, host) for host in hosts}
        for one in read.values():
            if isinstance(fault := one.exception(), SoapFault) and fault.name in OF_THE_SESSION:
                raise fault
        return each(hosts, lambda host: read[id(host)].result(), host_label)

    def _details(self) -> list[ET.Element]:
        """Every host, at the lowest level of detail that tells its light and a VM's uuid."""
        for level in ("LOW", "MEDIUM"):
            hosts = self.call(
                "hostDetailRetrieve",
                {"hostFilter": {"type": "ALL_HOSTS"}, "hostDetailLevel": level},
            )
            if all(_is_told(host) for host in hosts):
                break
        return hosts

    def _computer(self, host: ET.Element) -> Computer:
        number = _required(host, "ID")
        host_type = _required(host, "hostType")
        if host_type not in KINDS:
            raise CouldNotRead(
                Text("read the type of computer {number}", number=number), repr(host_type)
            )
        kind = KINDS[host_type]
        # A VM may be protected by an appliance, even one that the account does not see.
        if host_type == "VM":
            agent, appliance, version = self._protection(number)
        else:
            agent, appliance, version = _agent_only(host, kind)
        uuid = text_of(host, "virtualUuid")
        return Computer(
            id=_number(number),
            host_name=_required(host, "name"),
            display_name=text_of(host, "displayName") or "",
            last_ip=text_of(host, "lastIPUsed"),
            platform=text_of(host, "platform") or "",
            kind=kind,
            policy_id=_number(policy) if (policy := text_of(host, "securityProfileID")) else None,
            agent_version=version,
            agent_status=agent.status,
            agent_messages=agent.messages,
            appliance_status=appliance.status,
            appliance_messages=appliance.messages,
            online=in_contact(agent, appliance),
            doubtful=in_doubt(agent, appliance),
            last_contact=moment_of(host, "overallLastSuccessfulCommunication"),
            relay=self._relay(number) if agent.status not in UNMANAGED else False,
            vm_uuid=uuid.lower() if uuid else None,
            vcenter_uuid=None,
            modules=tuple(
                Module(
                    name,
                    on=_is_on(text_of(host, element)),
                    agent_status=None,
                    appliance_status=None,
                )
                for name, element in MODULES.items()
            ),
        )

    def _protection(self, number: str) -> tuple[Side, Side, str]:
        """Agent, appliance and the agent's version of a VM that either may protect."""
        returned = self.call("hostGetStatus", {"id": number})
        if len(returned) != 1:
            raise CouldNotRead(
                Text("read the status of computer {number}", number=number),
                Text("{count} answers", count=len(returned)),
            )
        sides = {"AGENT": Side("inactive", ()), "APPLIANCE": Side("inactive", ())}
        version = NO_AGENT
        strange: list[str] = []
        for item in _child(returned[0], "protectionStatusTransports"):
            protection = _required(item, "protectionType")
            text = text_of(item, "status") or ""
            if protection == "NONE":
                continue
            if protection not in sides:
                strange.append(f"protection type {protection}")
                continue
            sides[protection] = side(_protected(text_of(item, "state"), text), (text,))
            if protection == "AGENT":
                version = text_of(item, "version") or NO_AGENT
        if strange:  # whatever the sides that are known say, they are not all
            sides["AGENT"] = Side("error", tuple(strange))
        return sides["AGENT"], sides["APPLIANCE"], version

    def _relay(self, number: str) -> bool | None:
        """Whether it is a relay; None when the manager does not say or the account may not see."""
        try:
            settings = self.call(
                "hostSettingGet", {"hostID": number, "keys": "CONFIGURATION_RELAYSTATE"}
            )
        except SoapFault as fault:
            if fault.name == "ManagerAuthorizationException":
                return None
            raise
        if not settings:
            return None
        value = text_of(settings[0], "settingValue")
        return {None: False, "true": True, "false": False}.get(value and value.lower())


def _envelope(operation: str, arguments: Arguments) -> bytes:
    envelope = ET.Element(f"{{{ENVELOPE}}}Envelope")
    body = ET.SubElement(envelope, f"{{{ENVELOPE}}}Body")
    _fill(ET.SubElement(body, f"{{{MANAGER}}}{operation}"), arguments)
    return bytes(ET.tostring(envelope, encoding="utf-8", xml_declaration=True))


def _fill(element: ET.Element, arguments: Arguments) -> None:
    for name, value in arguments.items():
        child = ET.SubElement(element, f"{{{MANAGER}}}{name}")
        if isinstance(value, str):
            child.text = value
        else:
            _fill(child, value)


def _returned(response: requests.Response, operation: str, tried: str) -> list[ET.Element]:
    """The return values in an answer; a fault comes with HTTP 500."""
    html = "html" in response.headers.get("Content-Type", "").lower()
    if html or response.status_code not in (requests.codes.ok, requests.codes.server_error):
        raise NotOffered(
            tried, Text("HTTP {status_code} and no SOAP", status_code=response.status_code), SWITCH
        )
    try:
        root = ET.fromstring(response.content)  # noqa: S314 - from a verified server; expat bounds expansion
    except ET.ParseError as error:
        raise CouldNotRead(
            tried, Text("XML that breaks off or is none: {error}", error=error)
        ) from None
    fault = root.find(f".//{{{ENVELOPE}}}Fault")
    if fault is not None:
        named = re.search(r"Manager\w*Exception", ET.tostring(fault, encoding="unicode"))
        raise SoapFault(
            tried, named.group() if named else "fault", fault.findtext("faultstring") or ""
        )
    answer = root.find(f".//{{{MANAGER}}}{operation}Response")
    if answer is None:
        raise CouldNotRead(tried, Text("no {operation}Response", operation=operation))
    return answer.findall(f"{{{MANAGER}}}{operation}Return")


def _is_told(host: ET.Element) -> bool:
    light, uuid = maybe_of(host, "hostLight"), maybe_of(host, "virtualUuid")
    return bool(light and (uuid or maybe_of(host, "hostType") != "VM"))


def number_of(host: ET.Element) -> str | None:
    """The number of an object; None where it has none."""
    return maybe_of(host, "ID")


def host_label(host: ET.Element) -> str:
    """What a computer is called of which not everything can be read."""
    name = maybe_of(host, "displayName") or maybe_of(host, "name") or "unset"
    return f"{name} (computer {number_of(host) or 'unset'})"


def maybe_of(element: ET.Element, name: str) -> str | None:
    """Text of a child, None where it is empty or not there at all."""
    return (element.findtext(f"{{{MANAGER}}}{name}") or "").strip() or None


def _agent_only(host: ET.Element, kind: str) -> tuple[Side, Side, str]:
    """Agent, appliance and the agent's version of a host that no appliance can protect."""
    messages = (text_of(host, "overallStatus") or "",)
    none = Side("not-supported", ())
    version = text_of(host, "overallVersion") or NO_AGENT
    if kind == "esx":
        return Side("not-supported", messages), none, version
    light = _required(host, "hostLight")
    if light not in LIGHTS:
        raise CouldNotRead(
            Text("read the light of computer {id}", id=text_of(host, "ID")), repr(light)
        )
    return side(LIGHTS[light], messages), none, version


def _protected(state: str | None, text: str) -> str:
    """The status of a side, in the words of ``/api``, from its state and text in SOAP's.

    Only what is known to be unmanaged is: any other word is of a side that manages and has trouble.
    """
    if text.startswith(UNMANAGED_TEXTS) or state in UNMANAGED_STATES:
        return "inactive"
    if state == "ACTIVATED":
        return "active" if "(Online)" in text else "warning"
    return "error"


def _is_on(text: str | None) -> bool:
    return bool(text) and not OFF.match(text or "")


def moment_of(host: ET.Element, name: str) -> datetime | None:
    """Time of a child that must be there, aware, UTC; None when the manager leaves it empty."""
    text = text_of(host, name)
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise CouldNotRead(
            Text("read {name}", name=name), repr(text), Text("expected a time with its zone")
        )
    return moment.astimezone(UTC)


def _number(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise CouldNotRead(Text("read a number of the manager"), repr(text)) from None


def _required(element: ET.Element, name: str) -> str:
    """Text of a child that must not be empty."""
    text = text_of(element, name)
    if text is None:
        raise CouldNotRead(
            Text("read {name} of a computer", name=name), Text("an answer that leaves it empty")
        )
    return text


def text_of(element: ET.Element, name: str) -> str | None:
    """Text of a child that must be there; None when the manager leaves it empty."""
    child = _child(element, name)
    return None if child.get(NIL) in ("true", "1") else (child.text or "").strip() or None


def _child(element: ET.Element, name: str) -> ET.Element:
    child = element.find(f"{{{MANAGER}}}{name}")
    if child is None:
        number = element.findtext(f"{{{MANAGER}}}ID")
        owner = Text("computer {id}", id=number) if number else Text("a computer")
        raise CouldNotRead(
            Text("read {name} of {owner}", name=name, owner=owner), Text("an answer without it")
        )
    return child
