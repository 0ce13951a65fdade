"""Host profiles, read from the simulated vCenter."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pyVmomi import vim

from kanmon.errors import CouldNotRead
from kanmon.facts.vcenter.profiles import HostProfile
from kanmon.readers.vcenter.profiles import profiles
from lab.transport.pki import Pki
from tests.readers.vcenters import remove, replace, session, small


@pytest.fixture(scope="module")
def pki() -> Iterator[Pki]:
    made = Pki()
    yield made
    made.close()


def with_profiles(**listed: str):
    """The small vCenter with profiles; the first one is attached to two of its hosts."""
    table = small().model_dump(mode="json")["vcenter"][0]
    table["profiles"] = listed
    for host in table["clusters"][0]["hosts"][:2]:
        host["profile"] = next(iter(listed))
    return small(vcenter=[table])


def test_no_profile_is_an_ordinary_estate(pki):
    """Every host and every cluster was asked."""
    with session(small(), pki) as (server, opened):
        assert profiles(opened) == ()
        assert server.methods.count("FindAssociatedProfile") == 4


def test_a_profile_is_told_with_what_it_is_attached_to(pki):
    """One that is attached to nothing is not told."""
    with session(with_profiles(gold="nonCompliant", idle="unknown"), pki) as (_, opened):
        told = profiles(opened)
    hosts = ("esx-01.example.jp", "esx-02.example.jp")
    assert told == (HostProfile("hostprofile-gold", "gold", "nonCompliant", hosts),)


def test_a_compliance_that_is_unset_is_told_as_that(pki):
    """Nobody ever looked."""
    with session(with_profiles(gold="unknown"), pki) as (server, opened):
        replace(server, "hostprofile-gold", complianceStatus=None)
        assert profiles(opened)[0].compliance is None


def test_no_hosts_and_no_manager_are_errors(pki):
    """The account sees no host; or the vCenter has nothing that would tell."""
    with session(small(), pki) as (server, opened):
        opened.content.hostProfileManager = None
        with pytest.raises(CouldNotRead, match="no manager of profiles"):
            profiles(opened)
        remove(server, vim.HostSystem)
    with session(small(), pki) as (server, opened):
        remove(server, vim.HostSystem)
        with pytest.raises(CouldNotRead, match="no hosts at all"):
            profiles(opened)
