"""The certificates of all hosts: their managers in one look, then what these say, in pages."""

# mypy: allow-untyped-calls
# (pyVmomi says that it is typed, and types no function.)

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from pyVmomi import vim, vmodl

from kanmon.errors import CouldNotRead, Denied
from kanmon.facts import Unread
from kanmon.facts.vcenter.appliance import CertificateInfo, HostCertificate
from kanmon.readers.transport.unread import or_unread
from kanmon.readers.vcenter.hosts import answer_of
from kanmon.readers.vcenter.session import PAGE, RIGHTS, Found, Session, fault_text, required
from kanmon.text import Text

MANAGER = "configManager.certificateManager"


def host_certificates(session: Session) -> tuple[HostCertificate, ...]:
    """The certificate of every host; one that is not told is unread, the others are not."""
    systems = session.inventory({vim.HostSystem: ("name", MANAGER)})
    if not systems:
        where = session.target.where
        raise Denied(
            Text("read the hosts of {where}", where=where), Text("no hosts at all"), RIGHTS
        )
    managers = [one for one in map(_manager, systems) if one and not isinstance(one, Unread)]
    answers = {_moref(one.obj): one for one in _contents(session, managers)}
    return tuple(
        HostCertificate(one.moref, one.called, answer_of(one, lambda host: _info(host, answers)))
        for one in systems
    )


def _manager(host: Found) -> Any | Unread:
    return or_unread(lambda: host.find(MANAGER, vim.host.CertificateManager))


def _contents(session: Session, managers: Sequence[Any]) -> Iterator[Any]:
    """``ObjectContent`` of every manager that there is.

    One that does not exist is left out of the answer, where it would else end the whole of it.
    """
    collector = vmodl.query.PropertyCollector
    asked = session.content.propertyCollector
    for start in range(0, len(managers), PAGE):
        spec = collector.FilterSpec(
            objectSet=[collector.ObjectSpec(obj=one) for one in managers[start : start + PAGE]],
            propSet=[
                collector.PropertySpec(
                    type=vim.host.CertificateManager, all=False, pathSet=["certificateInfo"]
                )
            ],
            reportMissingObjectsInResults=True,
        )
        page = asked.RetrievePropertiesEx([spec], collector.RetrieveOptions(maxObjects=PAGE))
        while page is not None:
            yield from page.objects
            page = asked.ContinueRetrievePropertiesEx(page.token) if page.token else None


def _info(host: Found, answers: Mapping[str, Any]) -> CertificateInfo:
    tried = Text("read the certificate of {host}", host=host.label)
    manager = _moref(host.take(MANAGER, vim.host.CertificateManager))
    content = answers.get(manager)
    if content is None:
        raise CouldNotRead(
            tried, Text("no answer about {manager} (ManagedObjectNotFound)", manager=manager)
        )
    for missing in content.missingSet:
        if isinstance(missing.fault, vim.fault.NoPermission):
            raise Denied(tried, fault_text(missing.fault), RIGHTS)
        raise CouldNotRead(tried, fault_text(missing.fault))
    if not content.propSet:
        raise CouldNotRead(tried, Text("vCenter left it unset"))
    told = content.propSet[0].val
    return CertificateInfo(
        subject=told.subject,
        issuer=told.issuer,
        not_before=_utc(told.notBefore),
        not_after=_utc(told.notAfter),
        status=required(told, "status", tried),
    )


def _utc(time: datetime | None) -> datetime | None:
    return time.astimezone(UTC) if time else None


def _moref(managed: Any) -> str:
    return str(managed._GetMoId())  # noqa: SLF001 - pyvmomi's only way to a moref
