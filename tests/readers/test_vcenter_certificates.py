"""The certificates of hosts: in bulk, and each unread by itself."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from pyVmomi import vim

from kanmon.errors import CouldNotRead
from kanmon.facts import Unread
from kanmon.facts.vcenter.appliance import CertificateInfo
from kanmon.readers.vcenter.certificates import host_certificates
from kanmon.readers.vcenter.session import RIGHTS
from lab.transport.pki import Pki
from lab.vcenter.inventory import Entity
from tests.readers.vcenters import misbehaving, remove, replace, session, small


@pytest.fixture(scope="module")
def pki() -> Iterator[Pki]:
    made = Pki()
    yield made
    made.close()


def hosts(number, **changes):
    """A vCenter of many hosts; ``changes`` are of the first."""
    plain = {"version": "6.5.0", "build": "8294253"}
    made = [{"name": f"esx-{n}", "number": 1000 + n, **plain} for n in range(number)]
    made[0] |= changes
    cluster = {"name": "C", "number": 7, "hosts": made}
    one = {"slug": "vc", "version": "6.5.0", "build": "8307201", "clusters": [cluster]}
    return small(vcenter=[one], machine=[])


def by_name(opened):
    return {one.host_name: one.certificate for one in host_certificates(opened)}


def test_the_certificate_is_what_the_world_says(pki):
    """Names, dates with their zone, and vCenter's word for it."""
    with session(hosts(1, certificate_days=10, certificate_status="expirationImminent"), pki) as (
        _,
        opened,
    ):
        (only,) = host_certificates(opened)
    told = only.certificate
    assert isinstance(told, CertificateInfo)
    assert (only.host, only.host_name, told.status) == ("host-1000", "esx-0", "expirationImminent")
    assert told.subject == "OU=VMware Engineering,O=VMware,CN=esx-0"
    assert told.not_after.tzinfo is UTC
    left = told.not_after - datetime.now(UTC)
    assert timedelta(days=9) < left < timedelta(days=10)


def test_two_looks_in_pages_however_many_hosts(pki):
    """250 hosts take three pages of hosts and three of certificates, and no call of their own."""
    with session(hosts(250), pki) as (server, opened):
        before = len(server.methods)
        found = host_certificates(opened)
        sent = server.methods[before:]
    assert len({one.host for one in found}) == 250
    assert all(isinstance(one.certificate, CertificateInfo) for one in found)
    pages = ["RetrievePropertiesEx", *["ContinueRetrievePropertiesEx"] * 2]
    assert sent == ["CreateContainerView", *pages, "DestroyView", *pages]


def test_a_manager_that_does_not_exist_is_that_hosts_alone(pki):
    """The others are read; the one is unread by the fault's name."""
    with session(small(), pki) as (server, opened):
        moref = vim.host.CertificateManager("gone")
        replace(server, "host-22", configManager__certificateManager=moref)
        found = by_name(opened)
    assert isinstance(found["esx-01.example.jp"], CertificateInfo)
    assert isinstance(found["esx-03.example.jp"], CertificateInfo)
    assert "ManagedObjectNotFound" in found["esx-02.example.jp"].reason
    assert "esx-02.example.jp (host-22)" in found["esx-02.example.jp"].reason


def test_when_no_manager_exists_every_host_is_unread(pki):
    """An empty answer is no host without a certificate."""
    with session(small(), pki) as (server, opened):
        remove(server, vim.host.CertificateManager)
        found = by_name(opened)
    assert len(found) == 3
    assert all("ManagedObjectNotFound" in one.reason for one in found.values())


def test_a_host_that_names_no_manager_is_unread(pki):
    """As when vCenter does not know the host."""
    with session(small(), pki) as (server, opened):
        replace(server, "host-22", configManager__certificateManager=None)
        found = by_name(opened)
    assert "configManager.certificateManager" in found["esx-02.example.jp"].reason
    assert isinstance(found["esx-01.example.jp"], CertificateInfo)


@pytest.mark.parametrize("status", [None, ""])
def test_what_vcenter_leaves_unset_is_unread(pki, status):
    """No certificate, or one without a status, is no good one."""
    told = None if status is None else vim.host.CertificateManager.CertificateInfo(status=status)
    with session(small(), pki) as (server, opened):
        replace(server, "certificateManager-22", certificateInfo=told)
        found = by_name(opened)
    assert isinstance(found["esx-02.example.jp"], Unread)
    assert isinstance(found["esx-01.example.jp"], CertificateInfo)


def test_dates_that_are_unset_stay_unset(pki):
    """Where only a status is known, the check says that nobody knows the end."""
    told = vim.host.CertificateManager.CertificateInfo(status="unknown")
    with session(small(), pki) as (server, opened):
        replace(server, "certificateManager-22", certificateInfo=told)
        found = by_name(opened)["esx-02.example.jp"]
    assert found == CertificateInfo(None, None, None, None, "unknown")


def test_a_denied_host_is_unread_and_names_the_right(pki):
    """The fault with its privilege is told, and what to do."""

    class Denied(Entity):
        content = Entity.unreadable

    with session(small(), pki) as (server, opened):
        for number, entity in enumerate(server._entities):
            if entity.reference._GetMoId() == "certificateManager-22":
                server._entities[number] = Denied(entity.reference, entity.properties)
        found = by_name(opened)
    assert "NoPermission: privilege System.Read" in found["esx-02.example.jp"].reason
    assert RIGHTS in found["esx-02.example.jp"].reason
    assert isinstance(found["esx-01.example.jp"], CertificateInfo)


def test_weak_rights_and_no_hosts_are_no_estate(pki):
    """An account that sees nothing, and a vCenter without hosts, are errors."""
    with (
        session(misbehaving("weak rights"), pki) as (_, opened),
        pytest.raises(CouldNotRead, match="NoPermission"),
    ):
        host_certificates(opened)
    empty = small(vcenter=[{"slug": "vc", "version": "6.5.0", "build": "1"}], machine=[])
    with (
        session(empty, pki) as (_, opened),
        pytest.raises(CouldNotRead, match="no hosts at all"),
    ):
        host_certificates(opened)
