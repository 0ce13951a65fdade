"""The simulated manager's SOAP interface: the operations that tell of hosts."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from xml.sax.saxutils import escape

from lab.dsm import system
from lab.dsm.details import (
    details,
    host,
    relay,
    status,
)
from lab.dsm.node import Node
from lab.transport.server import Answer, Asked

MANAGER = "urn:Manager"
ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
OPERATIONS = (
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
)


def respond(node: Node, asked: Asked) -> Answer:
    """The answer to one request."""
    if asked.method == "GET" and "WSDL" in {name.upper() for name in asked.query}:
        return Answer(body=_wsdl().encode(), content_type="text/xml;charset=utf-8")
    try:
        body = ET.fromstring(asked.body).find(f"{{{ENVELOPE}}}Body")  # noqa: S314 - our own tests ask
    except ET.ParseError:
        body = None
    if body is None or len(body) != 1:
        return _fault("ManagerValidationException", "no SOAP envelope with one operation")
    operation = body[0].tag.removeprefix(f"{{{MANAGER}}}")
    given = {child.tag.removeprefix(f"{{{MANAGER}}}"): child.text or "" for child in body[0].iter()}
    return _operate(node, operation, given)


def _operate(node: Node, operation: str, given: dict[str, str]) -> Answer:
    if operation == "getApiVersion":
        return _answer(operation, "<getApiVersionReturn>25</getApiVersionReturn>")
    if operation in ("authenticate", "authenticateTenant"):
        if not node.accepts({"userName": given.get("username"), "password": given.get("password")}):
            return _fault("ManagerAuthenticationException", "Authentication failed")
        sid = node.manager.open()[0]
        return _answer(operation, f"<{operation}Return>{sid}</{operation}Return>")
    sid = given.get("sID", "")
    if operation == "endSession":
        node.manager.sessions.pop(sid, None)
        return _answer(operation, "")
    if sid not in node.manager.sessions or not node.serves(sid):
        return _fault("ManagerTimeoutException", "The session has timed out")
    return _read(node, operation, given)


def _read(node: Node, operation: str, given: dict[str, str]) -> Answer:
    if (of_itself := system.soap(node, operation, given)) is not None:
        return _answer(operation, of_itself)
    match operation:
        case "hostRetrieveAll":
            hosts = (
                f"<{operation}Return>{host(row)}</{operation}Return>" for row in node.visible()
            )
            return _answer(operation, "".join(hosts))
        case "hostDetailRetrieve" if given.get("type") != "SPECIFIC_HOST":
            return _answer(operation, node.manager.details if node.visible() else "")
    row = node.manager.by_number.get(int(given.get("id") or given.get("hostID") or 0))
    if row is None:
        return _fault("ManagerValidationException", f"{operation}: no such host")
    told = {
        "hostDetailRetrieve": lambda: host(row) + details(row),
        "hostGetStatus": lambda: status(row),
        "hostSettingGet": lambda: relay(row),
    }.get(operation)
    if told is None:
        return _fault("ManagerException", f"{operation} is not simulated")
    return _answer(operation, f"<{operation}Return>{told()}</{operation}Return>")


def _answer(operation: str, content: str) -> Answer:
    response = f'<{operation}Response xmlns="{MANAGER}">{content}</{operation}Response>'
    return _envelope(200, response)


def _fault(name: str, text: str) -> Answer:
    detail = f'<m:fault xmlns:m="{MANAGER}" xsi:type="m:{name}"/>'
    return _envelope(
        500,
        "<soapenv:Fault><faultcode>soapenv:Server.userException</faultcode>"
        f"<faultstring>{escape(text)}</faultstring><detail>{detail}</detail></soapenv:Fault>",
    )


def _envelope(status: int, content: str) -> Answer:
    text = (
        '<?xml version="1.0" encoding="utf-8"?>'
        f'<soapenv:Envelope xmlns:soapenv="{ENVELOPE}" xmlns:xsi="{XSI}">'
        f"<soapenv:Body>{content}</soapenv:Body></soapenv:Envelope>"
    )
    return Answer(status, text.encode(), "text/xml;charset=utf-8")


def _wsdl() -> str:
    operations = "".join(f'<wsdl:operation name="{name}"/>' for name in OPERATIONS)
    return (
        f'<wsdl:definitions targetNamespace="{MANAGER}" '
        'xmlns:wsdl="http://schemas.xmlsoap.org/wsdl/">'
        f'<wsdl:portType name="Manager">{operations}</wsdl:portType></wsdl:definitions>'
    )
