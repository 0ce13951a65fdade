"""Which vCenters an appliance is in, and the Tools of the guests that it protects."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kanmon.check import Unknown
from kanmon.facts import Unread
from kanmon.facts.dsm.manager import Manager
from kanmon.planning.estate import Component
from tests.estates_by_hand import APPLIANCE, NSXV_MANAGER, OTHER, made, texts, whole, with_nsxv
from tests.facts_by_hand import (
    DSM,
    NSXV,
    OTHER_VCENTER_UUID,
    VC_MAIN,
    VC_OTHER,
    about,
    agent,
    computer,
    extension,
    host,
    vm,
)

PROTECTED = {"dsm": (computer(), APPLIANCE)}


def both_vcenters(**changes):
    """vc-main and vc-other, each with NSX-V."""
    second = NSXV.replace("nsxv-main", "nsxv-other").replace("vc-main", "vc-other")
    given = {
        "abouts": {"vc-main": about(), "vc-other": OTHER},
        "hosts": {"vc-main": (host(),), "vc-other": (host(),)},
        "vms": {"vc-main": (vm(),), "vc-other": ()},
        "extensions": {"vc-main": (extension(),), "vc-other": (extension(),)},
        "nsxv": {"nsxv-main": NSXV_MANAGER, "nsxv-other": NSXV_MANAGER},
        "computers": PROTECTED,
    }
    return made(VC_MAIN, VC_OTHER, NSXV, second, DSM, **{**given, **changes})


def test_an_appliance_is_where_its_guests_are():
    """The vCenter that lists what an appliance protects is the one that it is in."""
    lost = computer(id=102, vm_uuid="4201abcd-0000-4000-8000-000000000102")
    here = whole(both_vcenters())
    assert here.protects == {"dsm": frozenset({"vc-main"})}
    stray = whole(both_vcenters(computers={"dsm": (computer(), lost, APPLIANCE)}))
    assert stray.protects == {"dsm": frozenset({"vc-main", "vc-other"})}


def test_a_stray_appliance_may_be_anywhere():
    """An appliance that no vCenter lists counts for every one with NSX."""
    away = computer(
        id=301,
        kind="appliance",
        agent_version="11.0.0.582",
        appliance_status="not-supported",
        vm_uuid=None,
    )
    found = whole(both_vcenters(computers={"dsm": (away,)}))
    assert found.protects == {"dsm": frozenset({"vc-main", "vc-other"})}


def test_a_vcenter_of_whose_vms_nobody_knows_is_out():
    """Its guests' Tools would be missing; of the other everything is there, the appliance too."""
    gone = {"vc-main": Unread("timed out"), "vc-other": (vm(),)}
    found, unknown = both_vcenters(vms=gone)
    assert unknown == {"vc-main": [Unknown("vc-main", "timed out")]}
    assert {component.owner for component in found.today} == {"vc-other", "dsm"}
    assert found.protects == {"dsm": frozenset({"vc-other"})}
    elsewhere = computer(vcenter_uuid=OTHER_VCENTER_UUID)
    found, _ = both_vcenters(vms=gone, computers={"dsm": (elsewhere,)})
    assert texts(found.today[Component("tools", "vc-other")]) == ["11.2.5"]


def test_unread_vms_do_not_matter_without_an_appliance():
    """Where no appliance protects anything nobody asks for a guest's Tools."""
    gone = {"vc-main": Unread("timed out"), "vc-other": Unread("timed out")}
    found = whole(both_vcenters(vms=gone, computers={"dsm": (agent(),)}))
    assert found.protects == {"dsm": frozenset()}


def test_two_vcenters_that_are_one():
    """Which of the two an appliance is in nobody can say: the manager is out, and told why."""
    _, unknown = both_vcenters(abouts={"vc-main": about(), "vc-other": about()})
    assert [one.subject for one in unknown["dsm"]] == ["dsm"]
    assert "vc-main and vc-other are the same vCenter" in unknown["dsm"][0].reason


def test_an_appliance_where_no_nsx_is_known():
    """An appliance works through NSX: where none is known, one is missing; its manager is out."""
    found, unknown = made(VC_MAIN, DSM, computers=PROTECTED)
    told = [one.reason for one in unknown["dsm"]]
    assert told[0] == "its appliances work in vc-main, for which no NSX is known"
    assert {component.owner for component in found.today} == {"vc-main"}


def test_tools_of_protected_guests():
    """Of guests that an appliance protects every release of Tools counts, of others none."""
    second = "4201abcd-0000-4000-8000-000000000102"
    guests = (
        vm(tools_version=10305),
        vm(moref="vm-102", bios_uuid=second, tools_version=11333),
        vm(moref="vm-103", bios_uuid="4201abcd-0000-4000-8000-000000000103", tools_version=9536),
    )
    own = replace(APPLIANCE, vm_uuid="4201abcd-0000-4000-8000-000000000103")
    computers = (computer(), computer(id=102, vm_uuid=second), own)
    found = whole(with_nsxv(vms={"vc-main": guests}, computers={"dsm": computers}))
    assert texts(found.today[Component("tools", "vc-main")]) == ["10.2.1", "11.2.5"]
    assert texts(found.waypoints[Component("tools", "vc-main")]) == ["10.3.10"]


@pytest.mark.parametrize("number", [None, 0, 2147483647])
def test_tools_without_a_release(number):
    """Guests without Tools, or with such as nobody can name, are judged by a check of their own."""
    found = whole(with_nsxv(vms={"vc-main": (vm(tools_version=number),)}, computers=PROTECTED))
    assert Component("tools", "vc-main") not in found.today


def test_two_managers_in_one_vcenter():
    """The Tools of the guests of both are there, and each manager's appliances."""
    second_uuid = "4201abcd-0000-4000-8000-000000000102"
    second = (
        DSM.replace('"dsm"', '"dsm-b"')
        .replace('"dsm-1"', '"dsm-b1"')
        .replace('"dsm-2"', '"dsm-b2"')
        .replace("dsm1.", "dsmb1.")
        .replace("dsm2.", "dsmb2.")
        .replace('"dsm-db"', '"dsm-b-db"')
        .replace("sql1", "sql2")
    )
    guests = (
        vm(tools_version=10305),
        vm(moref="vm-102", bios_uuid=second_uuid, tools_version=11333),
    )
    found = whole(
        made(
            VC_MAIN,
            NSXV,
            DSM,
            second,
            extensions={"vc-main": (extension(),)},
            vms={"vc-main": guests},
            managers={"dsm": Manager("11.0.510", ()), "dsm-b": Manager("20.0.877", ())},
            computers={
                "dsm": (computer(), APPLIANCE),
                "dsm-b": (computer(vm_uuid=second_uuid), APPLIANCE),
            },
        )
    )
    assert texts(found.today[Component("tools", "vc-main")]) == ["10.2.1", "11.2.5"]
    assert found.protects == dict.fromkeys(("dsm", "dsm-b"), frozenset({"vc-main"}))
