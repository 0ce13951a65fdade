"""vim25 on the wire, with pyvmomi's own types and serialiser."""

# mypy: allow-untyped-calls
# (pyVmomi says that it is typed, and types no function.)

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree as ET

from pyVmomi import vmodl
from pyVmomi.SoapAdapter import (
    SOAP_END,
    SOAP_START,
    XML_HEADER,
    SerializeFaultDetail,
    SerializeToStr,
    XmlEscape,
)
from pyVmomi.VmomiSupport import (
    XMLNS_XSD,
    XMLNS_XSI,
    GetVmodlType,
    GetWsdlName,
    GuessWsdlType,
    Object,
)

VERSION = "vim.version.version11"
VERSION_ID = "6.5"
NAMESPACE = "urn:vim25"
PREFIXES = {XMLNS_XSI: "xsi", XMLNS_XSD: "xsd", NAMESPACE: ""}

VERSIONS = f"""<?xml version="1.0" encoding="UTF-8"?>
<namespaces version="1.0">
 <namespace>
  <name>{NAMESPACE}</name>
  <version>{VERSION_ID}</version>
  <priorVersions><version>6.0</version><version>5.5</version></priorVersions>
 </namespace>
</namespaces>
"""


@dataclass(frozen=True)
class Call:
    """A method call as it came in; parameters are read with the methods below."""

    method: str
    this: str
    element: ET.Element

    def text(self, path: str) -> str | None:
        """Text of a parameter, or of an element below it."""
        return self.element.findtext(_qualified(path))

    def texts(self, path: str) -> list[str]:
        """Texts of a repeated parameter."""
        return [found.text or "" for found in self.element.findall(_qualified(path))]

    def children(self, path: str) -> list[Call]:
        """Repeated parameters that have a structure of their own."""
        found = self.element.findall(_qualified(path))
        return [Call(self.method, self.this, element) for element in found]


def parse(body: bytes) -> Call:
    """The call in a SOAP envelope.

    Raises:
        ValueError: there is none.
    """
    try:
        envelope = ET.fromstring(body)  # noqa: S314 - our own tests send it
    except ET.ParseError as error:
        raise ValueError(str(error)) from None
    element = envelope.find("{http://schemas.xmlsoap.org/soap/envelope/}Body/*")
    if element is None:
        raise ValueError("no SOAP body")
    method = element.tag.rpartition("}")[2]
    namespace = element.tag.partition("}")[0]
    return Call(method, element.findtext(f"{namespace}}}_this") or "", element)


def _qualified(path: str) -> str:
    return "/".join(f"{{{NAMESPACE}}}{step}" for step in path.split("/"))


def kind_of(name: str) -> Any:
    """The managed object type with a name on the wire, e.g. "HostSystem"."""
    return GuessWsdlType(name)


def array(kind: str, values: Iterable[Any]) -> Any:
    """A typed array, e.g. of "int" or "vim.VirtualMachine"."""
    return GetVmodlType(f"{kind}[]")(values)


def short(value: int) -> Any:
    """A number that vim25 keeps in 16 bits."""
    return GetVmodlType("short")(value)


def long(value: int) -> Any:
    """A number that vim25 keeps in 64 bits."""
    return GetVmodlType("long")(value)


class Written(str):
    """A value that is XML already, under the name "val"."""

    __slots__ = ()


def element(name: str, value: Any) -> str:
    """A value as XML, with its type."""
    if isinstance(value, Written):
        return value
    info = Object(name=name, type=object, version=VERSION, flags=0)
    text: str = SerializeToStr(value, info, VERSION, PREFIXES)
    text = text.replace(f' versionId="{VERSION_ID}"', "", 1)
    # pyvmomi shortens the name of this type, and only pyvmomi understands that
    return text.replace(' xsi:type="ManagedObject"', ' xsi:type="ManagedObjectReference"')


def reference(name: str, managed: Any) -> str:
    """A reference to a managed object as XML."""
    return f'<{name} type="{GetWsdlName(type(managed))}">{XmlEscape(managed._GetMoId())}</{name}>'  # noqa: SLF001 - pyvmomi's only way to a moref


def answer(method: str, inner: str, namespace: str = NAMESPACE) -> bytes:
    """The envelope of a result."""
    response = f'<{method}Response xmlns="{namespace}">{inner}</{method}Response>'
    return f"{XML_HEADER}\n{SOAP_START}{response}{SOAP_END}".encode()


def fault(raised: vmodl.MethodFault, words: str) -> bytes:
    """The envelope of a fault."""
    name = GetWsdlName(type(raised))
    info = Object(name=f"{name}Fault", type=object, version=VERSION, flags=0)
    detail = SerializeFaultDetail(raised, info, VERSION, PREFIXES)
    detail = re.sub(r"^<(\w+)", rf'<\1 xmlns="{NAMESPACE}"', detail, count=1)
    return (
        f"{XML_HEADER}\n{SOAP_START}<soapenv:Fault><faultcode>ServerFaultCode</faultcode>"
        f"<faultstring>{XmlEscape(words)}</faultstring><detail>{detail}</detail>"
        f"</soapenv:Fault>{SOAP_END}"
    ).encode()
