"""ESX-STATE-001: hosts in service."""

from __future__ import annotations

import pytest

from kanmon.check import Outcome, Severity
from tests.facts_by_hand import VC_MAIN, environment, host, second_host
from tests.judging import judged, told


def state(*hosts):
    """The check on these hosts."""
    vcenter = environment(VC_MAIN).vcenter[0]
    return judged("ESX-STATE-001", vcenter=vcenter, vcenter_hosts=hosts)


def test_hosts_in_service_pass():
    """Hosts that are connected, on, and wait for nothing pass; every one is examined."""
    judgement = state(host(), second_host())
    assert judgement.outcome is Outcome.PASS
    assert judgement.examined == 2


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"connection_state": "disconnected"}, "disconnected"),
        ({"connection_state": "notResponding", "power_state": "unknown"}, "notResponding, unknown"),
        ({"power_state": "standBy"}, "standBy"),
        ({"in_maintenance": True}, "in maintenance"),
        ({"in_quarantine": True}, "in quarantine"),
        ({"reboot_required": True}, "reboot required"),
        ({"in_maintenance": True, "reboot_required": True}, "in maintenance, reboot required"),
    ],
)
def test_a_host_out_of_service_fails(changes, found):
    """Each thing that takes a host out of service is told, of the host that has it."""
    judgement = state(host(), second_host(**changes))
    assert judgement.outcome is Outcome.FAIL
    assert told(judgement) == [("esx-02.example.jp (host-22)", found, "in service")]
    assert judgement.weight is Severity.BLOCKER


def test_no_hosts_are_not_judged():
    """A vCenter without hosts has nothing to judge; its reader refuses an empty list."""
    assert state().outcome is Outcome.NOT_APPLICABLE
