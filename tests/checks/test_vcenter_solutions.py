"""VC-VUM-001: products beside a vCenter that its upgrade concerns."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kanmon.check import Outcome, Severity
from kanmon.facts import Unread
from kanmon.facts.vcenter.deployment import Naming
from kanmon.gate.judgement import Judgement
from tests.facts_by_hand import VC_MAIN, environment, extension
from tests.judging import answered, judged, missed, told

NODE = "vcsa.corp.example"
NAMES = Naming(NODE, NODE, (NODE, "192.0.2.7"), ("192.0.2.7",), (NODE,))
OWN = extension(key="com.vmware.vim.eam", version="6.5.0")
UNREAD = Unread("tried to ask for QueryOptions; got: NoPermission")


def registered(*extensions, naming=NAMES) -> Judgement:
    """The check on a vCenter with these extensions."""
    return judged(
        "VC-VUM-001",
        vcenter=environment(VC_MAIN).vcenter[0],
        vcenter_extensions=(OWN, *extensions),
        all_vcenter_naming={"vc-main": naming},
    )


def updates(*hosts, key="com.vmware.vcIntegrity"):
    """Update Manager at these hosts."""
    urls = tuple(f"https://{host}:8084/vci/sdk" for host in hosts)
    return extension(key=key, version="6.5.0", company="VMware, Inc.", urls=urls)


def test_a_vcenter_without_other_products_passes():
    """Its own extensions need nothing."""
    judgement = registered()
    assert (judgement.outcome, judgement.examined) == (Outcome.PASS, 1)


@pytest.mark.parametrize(
    "host",
    ["vc-main.example.jp", NODE, NODE.upper(), "vcsa", "192.0.2.7", "localhost", "127.0.0.1"],
)
def test_the_internal_update_manager_needs_nothing(host):
    """Every appliance of 6.5 and later registers one, by any of its own names."""
    assert registered(updates(host)).outcome is Outcome.PASS


def test_an_update_manager_of_its_own_needs_the_migration_assistant():
    """It is told by the address of its registration, with its version."""
    judgement = registered(updates("vum.corp.example"))
    assert judgement.weight is Severity.WARNING
    ((subject, found, expected),) = told(judgement)
    assert subject == "com.vmware.vcIntegrity"
    assert found.endswith("com.vmware.vcIntegrity 6.5.0 at vum.corp.example")
    assert "Migration Assistant" in expected
    assert judgement.findings[0].source.confidence == "documented"


def test_one_foreign_address_is_enough():
    """A client of it elsewhere is no part of the appliance."""
    assert registered(updates(NODE, "vum.corp.example")).outcome is Outcome.FAIL


def test_an_address_that_is_none_is_not_the_vcenters_own():
    """What cannot be taken apart is shown as it is."""
    broken = replace(updates(), urls=("https://[vum/vci",))
    assert "https://[vum/vci" in told(registered(broken))[0][1]


@pytest.mark.parametrize(
    "naming", [UNREAD, replace(NAMES, node_name=UNREAD), replace(NAMES, addresses=UNREAD)]
)
def test_a_name_that_may_be_the_vcenters_own_is_unknown(naming):
    """Who does not know all names of a vCenter cannot call one foreign; a person can."""
    judgement = registered(updates("vum.corp.example"), naming=naming)
    assert judgement.outcome is Outcome.UNDETERMINED
    ((subject, reason),) = missed(judgement)
    assert subject == "com.vmware.vcIntegrity"
    assert reason.startswith("is vum.corp.example this vCenter?")
    assert answered("VC-VUM-001", judgement, "vc-main").outcome is Outcome.ATTESTED


@pytest.mark.parametrize(
    ("host", "naming"),
    [
        ("vum.corp.example", replace(NAMES, certificate=(NODE, "vum.corp.example"))),
        ("192.0.2.8", replace(NAMES, certificate=(NODE, "192.0.2.8"))),
        ("vcsa.other.example", replace(NAMES, node_name="vcsa")),
    ],
)
def test_a_shared_certificate_or_a_short_name_proves_nothing(host, naming):
    """It may be an alias of this vCenter, or the machine that the new one would lose."""
    judgement = registered(updates(host), naming=naming)
    reason = f"is {host} this vCenter? It may be another of that name"
    assert missed(judgement) == [("com.vmware.vcIntegrity", reason)]
    assert answered("VC-VUM-001", judgement, "vc-main").outcome is Outcome.ATTESTED


def test_the_vcenters_own_address_is_enough_where_names_are_unread():
    """The environment reaches it by that."""
    assert registered(updates("vc-main.example.jp"), naming=UNREAD).outcome is Outcome.PASS


def test_an_update_manager_without_an_address_is_unknown():
    """Nobody can say on which machine it is."""
    assert missed(registered(updates())) == [
        ("com.vmware.vcIntegrity", "it says no address: on which machine is it?")
    ]


@pytest.mark.parametrize(
    ("key", "product", "weight"),
    [
        ("com.vmware.vcDr", "Site Recovery Manager", Severity.WARNING),
        ("com.vmware.vcDr-site-b", "Site Recovery Manager", Severity.WARNING),
        ("com.vmware.vcHms", "vSphere Replication", Severity.WARNING),
        ("com.vmware.hybridity", "HCX", Severity.WARNING),
        ("com.vmware.vcops", "vRealize Operations", Severity.ADVICE),
        ("com.veeam.plugin", "backup by Veeam", Severity.ADVICE),
    ],
)
def test_a_product_is_listed_with_its_version_and_what_it_needs(key, product, weight):
    """Whatever its address is."""
    judgement = registered(extension(key=key, version="8.3.0", company="Example", urls=()))
    assert judgement.weight is weight
    ((subject, found, expected),) = told(judgement)
    assert (subject, found) == (key, f"{product}: {key} 8.3.0")
    assert expected


def test_several_extensions_of_a_product_are_one_finding():
    """HCX registers a handful of them."""
    keys = [f"com.vmware.hybridity{part}" for part in ("", ".dr", ".publisher")]
    judgement = registered(*(extension(key=key, version="4.0", urls=()) for key in keys))
    assert [found for _, found, _ in told(judgement)] == [
        "HCX: " + ", ".join(f"{key} 4.0" for key in keys)
    ]
