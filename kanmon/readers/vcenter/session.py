"""A read-only session with a vCenter: vim25 over verified TLS, and its inventory in pages."""

# mypy: allow-untyped-calls
# (pyVmomi says that it is typed, and types no function.)

from __future__ import annotations

import contextlib
import socket
import ssl
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from http.client import HTTPSConnection
from typing import Any

from pyVmomi import vim, vmodl
from pyVmomi.SoapAdapter import SoapStubAdapter

from kanmon.environment.credentials import Login
from kanmon.environment.targets import VCenter
from kanmon.errors import CouldNotRead, Denied, KanmonError, NotAllowed, TargetLost
from kanmon.readers import Request
from kanmon.readers.transport import tls
from kanmon.readers.vcenter.found import Found, Gone, required
from kanmon.readers.vcenter.rest import Rest
from kanmon.redaction import remember
from kanmon.text import Text

__all__ = [
    "ALLOWED",
    "NO_RIGHTS",
    "RIGHTS",
    "Found",
    "Gone",
    "Session",
    "Stub",
    "about",
    "fault_text",
    "log_in",
    "required",
]

ALLOWED = frozenset(
    {
        "RetrieveServiceContent",
        "Login",
        "Logout",
        "CreateContainerView",
        "DestroyView",
        "RetrievePropertiesEx",
        "ContinueRetrievePropertiesEx",
        "fetchSoftwarePackages",
        "QueryAssignedLicenses",
        "CurrentTime",
        "QueryDateTime",
        "HostImageConfigGetAcceptance",
        "QueryOptions",
        "getVchaConfig",
        "GetVchaClusterHealth",
        "QueryHostStatus",
        "FindAssociatedProfile",
        "QueryAgency",
        "QueryConfig",
        "AgencyQueryRuntime",
    }
)
"""The methods of vim25 and of its agent manager that the reader may send, as on the wire."""

DIALECT = "vim.version.version11"
"""vim25/6.5: the first that has packages; every later vCenter speaks it too, with its words."""

CONTENT = (
    "about",
    "rootFolder",
    "propertyCollector",
    "sessionManager",
    "viewManager",
    "extensionManager",
)
"""What every vCenter has in its ``ServiceContent``."""

PAGE = 1000
"""Objects that are asked for at a time; the server may give fewer."""

FEW = 100
"""The same where an object has kilobytes: what is held of them at a time stays below 10 MB."""

RIGHTS = Text(
    "the account needs the role Read-only on the vCenter itself, with 'Propagate to children'"
)

NO_RIGHTS = frozenset({-5, -4, -3})
"""Roles No access, Anonymous and View, with which the inventory looks empty."""


class _Connection(HTTPSConnection):
    """A connection whose peer is verified, or compared with the pinned leaf, before it is used."""

    def __init__(self, target: VCenter, context: ssl.SSLContext) -> None:
        self._target = target
        self._tls = context
        super().__init__(target.address, target.port, timeout=target.timeout, context=context)

    def connect(self) -> None:
        target = self._target
        raw = tls.dial(target.address, target.port, target.timeout)
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        tried = Text("make a TLS handshake with {where}", where=target.where)
        try:
            self.sock = peer = self._tls.wrap_socket(raw, server_hostname=target.address)
        except ssl.SSLCertVerificationError as error:
            raise TargetLost(tried, error.verify_message, Text("check ca or fingerprint")) from None
        except OSError as error:
            raise TargetLost(tried, str(error), Text("is it a vCenter?")) from None
        if problem := tls.mismatch(target, peer.getpeercert(binary_form=True) or b""):
            self.close()
            raise TargetLost(tried, problem, Text("check fingerprint"))


class Stub(SoapStubAdapter):
    """Sends what is on the allow-list, and nothing else; its errors are for operators."""

    def __init__(
        self, target: VCenter, version: str = DIALECT, path: str = "/sdk", rights: str = RIGHTS
    ) -> None:
        self._target = target
        self._rights = rights
        context = tls.context(target)
        super().__init__(
            host=target.address,
            port=target.port,
            path=path,
            version=version,
            sslContext=context,
            acceptCompressedResponses=False,
        )
        # pyvmomi's own thumbprint is compared only after a verification has failed.
        self.scheme: Any = lambda *_, **__: _Connection(target, context)

    def InvokeMethod(self, mo: Any, info: Any, args: Any, outerStub: Any = None) -> Any:  # noqa: N802, N803 - pyvmomi's names
        """One exchange.

        Raises:
            NotAllowed: the allow-list does not name the method; nothing was sent.
            TargetLost: no connection, one that could not be verified, or the session is gone.
            CouldNotRead: a fault, no answer in time, or one that is no vim25.
        """
        if info.wsdlName not in ALLOWED:
            raise NotAllowed(f"{info.wsdlName} is not on the reader's allow-list")
        tried = Text(
            "ask {where} for {wsdlname} of {moref}",
            where=self._target.where,
            wsdlname=info.wsdlName,
            moref=mo._GetMoId(),  # noqa: SLF001 - pyvmomi's only way to a moref
        )
        try:
            return super().InvokeMethod(mo, info, args, outerStub)
        except vmodl.MethodFault as fault:
            raise self._refused(tried, fault) from None
        except TimeoutError:
            got = Text("no answer within {timeout} s", timeout=f"{self._target.timeout:g}")
            raise CouldNotRead(tried, got, Text("raise timeout")) from None
        except OSError as error:
            raise TargetLost(tried, error.strerror or str(error), Text("is it up?")) from None
        except KanmonError:
            raise
        except Exception as error:  # noqa: BLE001 - pyvmomi raises whatever it meets, even Exception
            words = (str(error).splitlines() or [type(error).__name__])[0]
            got = Text("an answer that pyvmomi cannot read: {words}", words=words)
            raise CouldNotRead(tried, got, Text("is it a vCenter?")) from None

    def _refused(self, tried: str, fault: Any) -> CouldNotRead:
        got = fault_text(fault)
        if isinstance(fault, vim.fault.InvalidLogin):
            advice = Text(
                "check username and password of the credential '{credential}'",
                credential=self._target.credential,
            )
            return TargetLost(tried, got, advice)
        if isinstance(fault, vim.fault.NotAuthenticated):
            return TargetLost(tried, got, Text("the session ended early: repeat the run"))
        if isinstance(fault, vmodl.fault.ManagedObjectNotFound):
            return Gone(tried, got, fault.obj._GetMoId())  # noqa: SLF001 - pyvmomi's only way to a moref
        if isinstance(fault, vmodl.fault.SecurityError | vim.fault.NoPermission):
            return Denied(tried, got, self._rights)
        return CouldNotRead(tried, got)


def fault_text(fault: Any) -> str:
    """Name of a fault and what the server says about it, e.g. "NoPermission: ..."."""
    name = type(fault).__name__.rpartition(".")[2]
    privilege = getattr(fault, "privilegeId", None)
    words = [
        " ".join((fault.msg or "").split()),
        Text("privilege {privilege}", privilege=privilege) if privilege else "",
    ]
    return Text.joined(": ", (word for word in (name, *words) if word))


class Session:
    """A logged-in session.

    Attributes:
        target: whose session it is.
        service: ``ServiceInstance``.
        content: ``ServiceContent``, as it was before the login.
        rest: the interface of its appliance, which logs in when it is first asked.
    """

    def __init__(self, target: VCenter, service: Any, content: Any, rest: Rest) -> None:
        self.target = target
        self.service = service
        self.content = content
        self.rest = rest

    @property
    def cookie(self) -> str:
        """By which other interfaces of the vCenter know the session."""
        return self.service._stub.cookie or ""  # noqa: SLF001 - pyvmomi's only way to it

    def inventory(self, wanted: Mapping[type, Sequence[str]]) -> list[Found]:
        """Every object that ``walk`` comes to."""
        return list(self.walk(wanted))

    def walk(self, wanted: Mapping[type, Sequence[str]]) -> Iterator[Found]:
        """Every object of some types, with leaf properties, in pages and in no order.

        The answer always has the root folder in it too, with the role that the account has there:
        so an answer that is empty because of missing rights, or is none at all, is told from an
        empty inventory. That is known at the end: nothing is believed before.

        Args:
            wanted: property paths by managed object type; subtypes are included. The root folder
                itself is in the answer where folders are wanted.

        Raises:
            CouldNotRead: a page is missing, or the account may not read something.
        """
        collector = vmodl.query.PropertyCollector
        root = self.content.rootFolder
        view = self.content.viewManager.CreateContainerView(root, list(wanted), True)
        top: Found | None = None
        try:
            along = collector.TraversalSpec(type=vim.view.ContainerView, path="view", skip=False)
            starts = [
                collector.ObjectSpec(obj=view, skip=True, selectSet=[along]),
                collector.ObjectSpec(obj=root),
            ]
            paths = dict.fromkeys(("effectiveRole", *wanted.get(vim.Folder, ())))
            for one in self._retrieve(starts, {**wanted, vim.Folder: tuple(paths)}):
                if one.object == root:
                    top = one
                if one.object != root or vim.Folder in wanted:
                    yield one
        finally:
            with contextlib.suppress(CouldNotRead):
                view.DestroyView()
        self._believe(top)

    def root(self, *paths: str) -> Found:
        """Properties of the root folder, on which the account has a role that reads.

        Raises:
            CouldNotRead: they cannot be read, or it has none: then they would only look empty.
        """
        found = self.properties(self.content.rootFolder, "effectiveRole", *paths)
        self._believe(found)
        return found

    def _believe(self, root: Found | None) -> None:
        """Refuse what was read without a role on the root folder."""
        if root is None or not set(root.take("effectiveRole", list)) - NO_RIGHTS:
            raise Denied(
                Text("read the inventory of {where}", where=self.target.where),
                Text("the account has no role on the root folder that lets it read"),
                RIGHTS,
            )

    def each(self, objects: Sequence[Any], *paths: str) -> Iterator[Found]:
        """Properties of objects, a few at a time.

        An object that is gone by the server's own word was deleted meanwhile and is left out.

        Raises:
            CouldNotRead: they cannot be read, or one of them is neither answered nor gone.
        """
        for start in range(0, len(objects), FEW):
            yield from self._few(list(objects[start : start + FEW]), paths)

    def _few(self, objects: list[Any], paths: Sequence[str]) -> list[Found]:
        while objects:
            specs = [vmodl.query.PropertyCollector.ObjectSpec(obj=one) for one in objects]
            try:
                answers = list(self._answers(specs, {type(one): paths for one in objects}))
            except Gone as error:
                left = [one for one in objects if one._GetMoId() != error.moref]  # noqa: SLF001 - pyvmomi's only way to a moref
                if len(left) == len(objects):
                    raise
                objects = left
            else:
                self._all_there(objects, answers)
                return list(filter(None, map(self._found, answers)))
        return []

    def _all_there(self, objects: Sequence[Any], answers: Sequence[Any]) -> None:
        answered = {one.obj._GetMoId() for one in answers}  # noqa: SLF001 - as above
        lacking = sorted({one._GetMoId() for one in objects} - answered)  # noqa: SLF001 - as above
        if lacking:
            tried = Text(
                "read the properties of {count} objects at {where}",
                count=len(objects),
                where=self.target.where,
            )
            raise Denied(
                tried, Text("no answer about {lacking}", lacking=", ".join(lacking)), RIGHTS
            )

    def properties(self, managed: Any, *paths: str) -> Found:
        """Properties of one object.

        Raises:
            CouldNotRead: they cannot be read, or the object is gone.
        """
        for found in self.each([managed], *paths):
            return found
        tried = Text(
            "read {paths} of {moref} at {where}",
            paths=", ".join(paths),
            moref=managed._GetMoId(),  # noqa: SLF001 - as above
            where=self.target.where,
        )
        raise CouldNotRead(tried, Text("ManagedObjectNotFound: it is not there"))

    def _retrieve(self, starts: list[Any], wanted: Mapping[type, Sequence[str]]) -> Iterator[Found]:
        yield from filter(None, map(self._found, self._answers(starts, wanted)))

    def _answers(self, starts: list[Any], wanted: Mapping[type, Sequence[str]]) -> Iterator[Any]:
        """What is said of each object, page after page."""
        collector = vmodl.query.PropertyCollector
        spec = collector.FilterSpec(
            objectSet=starts,
            propSet=[
                collector.PropertySpec(type=kind, all=False, pathSet=list(paths))
                for kind, paths in wanted.items()
            ],
        )
        asked = self.content.propertyCollector
        page = asked.RetrievePropertiesEx([spec], collector.RetrieveOptions(maxObjects=PAGE))
        while page is not None and page.objects:
            yield from page.objects
            if not page.token:
                return
            page = asked.ContinueRetrievePropertiesEx(page.token)
        tried = Text(
            "read the properties of {types} at {where}",
            types=", ".join(kind.__name__ for kind in wanted),
            where=self.target.where,
        )
        raise Denied(tried, Text("a page without any object"), RIGHTS)

    def _found(self, content: Any) -> Found | None:
        """One object; None for one that was deleted while the pages were read."""
        values = {p.name: _plain(p.val) for p in content.propSet}
        found = Found(self.target.where, content.obj, values)
        faults = {missing.path: missing.fault for missing in content.missingSet}
        if not faults:
            return found
        if all(isinstance(f, vmodl.fault.ManagedObjectNotFound) for f in faults.values()):
            return None
        told = {path: _not_answered(found, path, fault) for path, fault in faults.items()}
        return replace(found, faults=told)


def _not_answered(found: Found, path: str, fault: Any) -> CouldNotRead:
    """Why a property of one object was not answered."""
    tried = Text("read {path} of {found}", path=path, found=found.label)
    if isinstance(fault, vim.fault.NoPermission):
        return Denied(tried, fault_text(fault), RIGHTS)
    return CouldNotRead(tried, fault_text(fault))


def _plain(value: Any) -> Any:
    """The value, an enum as the text that it is on the wire."""
    return str(value) if isinstance(value, str) else value


def about(content: Any, where: str) -> Any:
    """``AboutInfo`` of a vCenter.

    Raises:
        CouldNotRead: it is no vCenter.
    """
    tried = Text("read what {where} is", where=where)
    if missing := [name for name in CONTENT if getattr(content, name, None) is None]:
        raise CouldNotRead(
            tried,
            Text("no {missing}", missing=", ".join(missing)),
            Text("is it a vCenter?"),
        )
    if content.about.apiType != "VirtualCenter":
        got = f"{content.about.apiType} ({content.about.fullName})"
        raise CouldNotRead(tried, got, Text("give the address of a vCenter"))
    return content.about


@contextlib.contextmanager
def log_in(request: Request) -> Iterator[Session]:
    """A session; it is logged out at the end, also after an error.

    Raises:
        TargetLost: no connection, a peer that is not trusted, no vCenter, or a refused login.
    """
    target: VCenter = request.target
    stub = Stub(target)
    service = vim.ServiceInstance("ServiceInstance", stub)
    try:
        content = _greet(service, target, request.login)
        rest = Rest(target, request.login)
        try:
            yield Session(target, service, content, rest)
        finally:
            rest.close()
            with contextlib.suppress(CouldNotRead):
                content.sessionManager.Logout()
    finally:
        stub.DropConnections()


def _greet(service: Any, target: VCenter, login: Login) -> Any:
    """``ServiceContent`` of a vCenter that has let us in."""
    tried = Text("log in to {where}", where=target.where)
    if login.username is None or login.password is None:
        raise TargetLost(
            tried,
            Text("no username or no password"),
            Text("give the credential '{credential}' both", credential=target.credential),
        )
    try:
        content = service.RetrieveContent()
        about(content, target.where)
        manager = content.sessionManager
        opened = manager.Login(login.username, login.password.get_secret_value(), "en_US")
    except CouldNotRead as error:
        raise TargetLost(error.tried, error.got, error.advice) from None
    if opened is None:
        raise TargetLost(tried, Text("an answer without a session"), Text("is it a vCenter?"))
    cookie = service._stub.cookie or ""  # noqa: SLF001 - pyvmomi's only way to the session's cookie
    remember(opened.key, cookie.partition(";")[0].partition("=")[2].strip('"'))
    return content
