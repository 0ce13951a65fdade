"""A simulated vCenter: vim25 SOAP over HTTPS, in pages of at most 100 objects."""

# mypy: allow-untyped-calls
# (pyVmomi says that it is typed, and types no function.)

from __future__ import annotations

import datetime as dt
import itertools
import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field

from pyVmomi import vim, vmodl

from lab.transport.pki import Pki
from lab.transport.server import Answer, Asked, HttpsServer, Server
from lab.vcenter import agencies, crypto, deployment, hosts, management, profiles, soap, vsan
from lab.vcenter.appliance import ApplianceApi
from lab.vcenter.inventory import ROOT, Entity, entities, image_manager, packages
from lab.world.vcenter import VCenter
from lab.world.world import World

PAGE = 100
EAM = "/eam/sdk"
PATHS = ("/sdk", "/sdk/vimService", EAM)
XML = "text/xml; charset=utf-8"


def servers(world: World, pki: Pki) -> list[Server]:
    """Every vCenter of a world, unstarted."""
    return [VCenterServer(world, vcenter, pki) for vcenter in world.vcenter]


@dataclass
class _Session:
    """What a vCenter remembers of a session.

    Attributes:
        left: objects of the pages to come, and how many a page holds, by token.
    """

    user: str
    key: str = field(default_factory=lambda: str(uuid.uuid4()))
    views: dict[str, list[Entity]] = field(default_factory=dict)
    left: dict[str, tuple[list[str], int]] = field(default_factory=dict)


class VCenterServer(HttpsServer):
    """A vCenter of a world.

    Attributes:
        methods: the vim25 methods that were called, in order, for tests.
    """

    def __init__(self, world: World, vcenter: VCenter, pki: Pki) -> None:
        super().__init__(world, vcenter.slug, pki)
        self.vcenter = vcenter
        self.clock = vcenter.clock
        self.names = tuple(vcenter.deployment.certificate)
        self.methods: list[str] = []
        self._entities = management.managed(world, vcenter, entities(world, vcenter))
        self._sessions: dict[str, _Session] = {}
        self._numbers = itertools.count(1)
        self._appliance = ApplianceApi(world, vcenter, self.faults)

    def respond(self, asked: Asked) -> Answer:
        """SOAP calls, the document that says which versions are spoken, and the appliance."""
        if asked.path.startswith(("/rest/", "/api/")):
            return self._appliance.respond(asked)
        if (asked.method, asked.path) == ("GET", "/sdk/vimServiceVersions.xml"):
            return Answer(body=soap.VERSIONS.encode(), content_type="text/xml")
        if asked.method != "POST" or asked.path not in PATHS:
            return Answer(404, b"<html><body>404 Not Found</body></html>", "text/html")
        try:
            call = soap.parse(asked.body)
        except ValueError as error:
            return Answer(500, soap.fault(vmodl.fault.InvalidRequest(), str(error)), XML)
        self.methods.append(call.method)
        try:
            return self._call(call, self._session(asked), asked.path)
        except vmodl.MethodFault as fault:
            name = type(fault).__name__.rpartition(".")[2]
            return Answer(500, soap.fault(fault, f"The request ended in {name}."), XML)

    def _session(self, asked: Asked) -> _Session | None:
        cookie = re.search(r'vmware_soap_session="?([^";]+)', asked.headers.get("cookie", ""))
        return self._sessions.get(cookie[1]) if cookie else None

    def _call(self, call: soap.Call, session: _Session | None, path: str) -> Answer:
        if call.method == "RetrieveServiceContent":
            return _answer(call, soap.element("returnval", self._content()))
        if call.method == "Login":
            return self._log_in(call)
        if session is None:
            view = "System.View"
            raise vim.fault.NotAuthenticated(
                object=vim.ServiceInstance(call.this), privilegeId=view
            )
        if self.faults.has("expired session"):
            del self._sessions[session.key]
        if path == EAM:
            return Answer(200, agencies.respond(call, self.vcenter), XML)
        answers = {
            "Logout": self._log_out,
            "CurrentTime": self._now,
            "CreateContainerView": self._create_view,
            "DestroyView": self._destroy_view,
            "RetrieveProperties": self._retrieve,
            "RetrievePropertiesEx": self._retrieve_page,
            "ContinueRetrievePropertiesEx": self._continue,
            "fetchSoftwarePackages": self._packages,
            "QueryAssignedLicenses": self._assigned_licences,
            "QueryDateTime": self._host_time,
            "HostImageConfigGetAcceptance": self._acceptance,
            "QueryOptions": self._options,
            "getVchaConfig": self._ha_configuration,
            "GetVchaClusterHealth": self._ha_health,
            "QueryHostStatus": self._vsan,
            "FindAssociatedProfile": self._profiles,
        }
        if call.method not in answers:
            receiver = vim.ServiceInstance(call.this)
            raise vmodl.fault.MethodNotFound(receiver=receiver, method=call.method)
        return _answer(call, answers[call.method](call, session))

    def _content(self) -> vim.ServiceInstanceContent:
        release = self.vcenter.version
        about = vim.AboutInfo(
            name=self.vcenter.name,
            fullName=f"{self.vcenter.name} {release} build-{self.vcenter.build}",
            vendor="VMware, Inc.",
            version=release,
            build=self.vcenter.build,
            osType=self.vcenter.appliance.os_type,
            productLineId="vpx",
            apiType="VirtualCenter",
            apiVersion=release[:3] if release.startswith("6.") else f"{release}.0",
            instanceUuid=self.vcenter.instance_uuid,
        )
        return vim.ServiceInstanceContent(
            rootFolder=ROOT,
            propertyCollector=vmodl.query.PropertyCollector("propertyCollector"),
            viewManager=vim.view.ViewManager("ViewManager"),
            sessionManager=vim.SessionManager("SessionManager"),
            extensionManager=vim.ExtensionManager("ExtensionManager"),
            taskManager=management.TASKS,
            licenseManager=management.LICENCES,
            authorizationManager=management.AUTHORIZATION,
            setting=deployment.SETTINGS,
            failoverClusterConfigurator=deployment.CONFIGURATOR,
            failoverClusterManager=deployment.MANAGER,
            cryptoManager=crypto.KEYS,
            hostProfileManager=profiles.MANAGER,
            about=about,
        )

    def _log_in(self, call: soap.Call) -> Answer:
        given = (call.text("userName"), call.text("password"))
        known = given == (self.world.username, self.world.password)
        if not known or self.faults.has("wrong password"):
            raise vim.fault.InvalidLogin
        session = _Session(self.world.username)
        self._sessions[session.key] = session
        now = dt.datetime.now(dt.UTC)
        opened = vim.UserSession(
            key=session.key,
            userName=session.user,
            fullName=session.user,
            loginTime=now,
            lastActiveTime=now,
            locale="en",
            messageLocale="en",
            extensionSession=False,
            ipAddress="127.0.0.1",
            userAgent="",
            callCount=0,
        )
        cookie = f'vmware_soap_session="{session.key}"; Path=/; HttpOnly; Secure'
        return _answer(call, soap.element("returnval", opened), {"Set-Cookie": cookie})

    def _log_out(self, _call: soap.Call, session: _Session) -> str:
        self._sessions.pop(session.key, None)
        return ""

    def _now(self, _call: soap.Call, _session: _Session) -> str:
        return soap.element("returnval", dt.datetime.now(dt.UTC) + dt.timedelta(seconds=self.clock))

    def _create_view(self, call: soap.Call, session: _Session) -> str:
        if call.text("container") != ROOT._GetMoId():  # noqa: SLF001 - pyvmomi's only way to a moref
            raise vmodl.fault.InvalidArgument(invalidProperty="container")
        kinds = tuple(soap.kind_of(name) for name in call.texts("type")) or (vim.ManagedEntity,)
        view = vim.view.ContainerView(f"session[{session.key}]{uuid.uuid4()}")
        session.views[view._GetMoId()] = (  # noqa: SLF001 - as above
            []
            if self.faults.has("weak rights")
            else [
                e for e in self._entities if isinstance(e.reference, kinds) and e.reference != ROOT
            ]
        )
        return soap.element("returnval", view)

    def _destroy_view(self, call: soap.Call, session: _Session) -> str:
        session.views.pop(call.this, None)
        return ""

    def _retrieve(self, call: soap.Call, session: _Session) -> str:
        found = self._contents(call, session)
        return "".join(f"<returnval>{content}</returnval>" for content in found)

    def _retrieve_page(self, call: soap.Call, session: _Session) -> str:
        most = int(call.text("options/maxObjects") or PAGE)
        return self._page(list(self._contents(call, session)), min(most, PAGE), session)

    def _continue(self, call: soap.Call, session: _Session) -> str:
        token = call.text("token") or ""
        if token not in session.left:
            raise vmodl.fault.InvalidArgument(invalidProperty="token")
        return self._page(*session.left.pop(token), session)

    def _page(self, contents: list[str], most: int, session: _Session) -> str:
        if not contents:
            return ""
        objects = "".join(f"<objects>{content}</objects>" for content in contents[:most])
        token = ""
        if len(contents) > most:
            number = str(next(self._numbers))
            session.left[number] = (contents[most:], most)
            token = f"<token>{number}</token>"
        return f"<returnval>{token}{objects}</returnval>"

    def _contents(self, call: soap.Call, session: _Session) -> Iterator[str]:
        """The inside of an ObjectContent for each object that a call selects."""
        for spec in call.children("specSet"):
            wanted = [
                (soap.kind_of(each.text("type") or ""), each) for each in spec.children("propSet")
            ]
            for entity in self._selected(spec, session):
                paths = dict.fromkeys(
                    path
                    for kind, each in wanted
                    if isinstance(entity.reference, kind)
                    for path in (
                        entity.properties if each.text("all") == "true" else each.texts("pathSet")
                    )
                )
                if paths:
                    weak = self.faults.has("weak rights")
                    yield (entity.unreadable if weak else entity.content)(tuple(paths))

    def _selected(self, spec: soap.Call, session: _Session) -> Iterator[Entity]:
        """The objects of a filter: objects themselves, and what a view or a property leads to."""
        known = {entity.reference._GetMoId(): entity for entity in self._entities}  # noqa: SLF001 - as above
        for start in spec.children("objectSet"):
            moref = start.text("obj") or ""
            if moref in session.views:
                yield from session.views[moref]
            elif moref in known:
                yield known[moref]
                for path in start.texts("selectSet/path"):
                    for one in known[moref].properties[path] or ():
                        yield known[one._GetMoId()]  # noqa: SLF001 - as above
            elif spec.text("reportMissingObjectsInResults") != "true":
                raise vmodl.fault.ManagedObjectNotFound(obj=vim.ManagedEntity(moref))

    def _packages(self, call: soap.Call, _session: _Session) -> str:
        return "".join(
            soap.element("returnval", package)
            for package in packages(self.world, self.vcenter, call.this)
        )

    def _host_time(self, call: soap.Call, _session: _Session) -> str:
        host = hosts.asked(self.vcenter, hosts.clock, call.this)
        ahead = dt.timedelta(seconds=host.settings.clock)
        return soap.element("returnval", dt.datetime.now(dt.UTC) + ahead)

    def _acceptance(self, call: soap.Call, _session: _Session) -> str:
        host = hosts.asked(self.vcenter, image_manager, call.this)
        return soap.element("returnval", host.settings.acceptance)

    def _options(self, call: soap.Call, _session: _Session) -> str:
        return deployment.option(self.vcenter, call.text("name") or "")

    def _ha_configuration(self, _call: soap.Call, _session: _Session) -> str:
        return deployment.ha_configuration(self.vcenter)

    def _ha_health(self, _call: soap.Call, _session: _Session) -> str:
        return deployment.ha_health(self.vcenter)

    def _profiles(self, call: soap.Call, _session: _Session) -> str:
        return profiles.attached(self.vcenter, call.text("entity") or "")

    def _vsan(self, call: soap.Call, _session: _Session) -> str:
        return soap.element("returnval", vsan.status(self.vcenter, call.this))

    def _assigned_licences(self, _call: soap.Call, _session: _Session) -> str:
        return management.assigned(self.vcenter)


def _answer(call: soap.Call, inner: str, headers: dict[str, str] | None = None) -> Answer:
    return Answer(200, soap.answer(call.method, inner), XML, headers or {})
