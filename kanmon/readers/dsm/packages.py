"""The software packages that lie in the manager."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator

from kanmon.errors import CouldNotRead
from kanmon.facts.dsm.system import Package, Packages
from kanmon.readers.dsm.api import Api
from kanmon.readers.dsm.session import Session
from kanmon.readers.dsm.soap import SWITCH, text_of
from kanmon.readers.transport.fields import Json, children, count, optional_text, text
from kanmon.text import Text

# As the vendor's download centre names them, e.g. "Agent-RedHat_EL7-12.5.0-814.x86_64.zip".
NAME = re.compile(
    r"(?P<kind>[A-Za-z]+)-(?P<token>[\w.]+)-(?P<version>\d+\.\d+\.\d+-\d+)"
    r"(\.(?P<architecture>\w+))?(\.zip)?"
)
ARCHITECTURES = {
    "x86_64": "64-bit",
    "i386": "32-bit",
    "i686": "32-bit",
    "aarch64": "64-bit Arm",
}
PROFILES = "/api/agentversioncontrolprofiles"


def packages(session: Session) -> Packages:
    """Every package by SOAP; where that is not offered the agents' by ``/api``.

    One that cannot be read is a fault of the whole list: else it would be called missing.

    Raises:
        CouldNotRead: an answer is not what was asked for, or there is not one package in it.
    """
    if session.soap:
        items = tuple(_of_soap(one) for one in session.soap.call("softwareRetrieveAll"))
        found = Packages("soap", (), items)
    elif session.api:
        found = _of_api(session.api)
    else:
        raise CouldNotRead(
            Text("read the packages of {base}", base=session.https.base),
            Text("no interface is offered"),
            SWITCH,
        )
    if not found.items:
        raise CouldNotRead(
            Text("read the packages of {base}", base=session.https.base),
            Text("an empty list"),
            Text(
                "a role without the right to view software gets one too: give it that "
                "right, or import "
                "the packages"
            ),
        )
    return found


def _of_soap(one: ET.Element) -> Package:
    name = text_of(one, "name")
    if name is None:
        raise CouldNotRead(
            Text("read the name of a package"), Text("an answer that leaves it empty")
        )
    platform = text_of(one, "platform") or ""
    known = NAME.fullmatch(name)
    token = known["token"] if known else ""
    version = text_of(one, "version") or (known["version"] if known else "")
    kind = known["kind"] if known else ""
    if "appliance" in f"{name} {platform}".lower():
        kind = "Appliance"
    architecture = (known["architecture"] or "") if known else ""
    return Package(
        name=name,
        kind=kind,
        token=token,
        platform=platform,
        architecture=ARCHITECTURES.get(architecture, architecture),
        version=version,
        imported=text_of(one, "imported") is not None,
    )


def _of_api(api: Api) -> Packages:
    controls = [
        control
        for profile in children(api.get(PROFILES), "agentVersionControlProfiles")
        for control in children(
            api.get(f"{PROFILES}/{count(profile, 'ID')}/agentversioncontrols"),
            "agentVersionControls",
        )
    ]
    platforms = dict.fromkeys(text(control, "platform") for control in controls)
    items = dict.fromkeys(item for control in controls for item in _versions(control))
    return Packages("api", tuple(platforms), tuple(items))


def _versions(control: Json) -> Iterator[Package]:
    """The packages of one platform and architecture."""
    platform = text(control, "platform")
    architecture = optional_text(control, "architecture") or ""
    for row in children(control, "availableVersions", optional=True):
        version = text(row, "version")
        name = f"agent {version} for {platform} {architecture}".strip()
        yield Package(name, "Agent", "", platform, architecture, version, imported=True)
