"""A vCenter whose own VM is in its inventory: what is said of the place where it runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.running import Ended, judge, world
from tests.runs import test_planted_faults as planted

OWN = {"name": "vcsa", "vcenter": "vc-plain", "guest_ip": "127.0.0.1"}
"""In the lab every vCenter has this address, and so they share this VM."""


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> Ended:
    """The demo with such a VM, on a cluster with little room."""
    home = tmp_path_factory.mktemp("own")
    main, plain = planted.demo()["vcenter"]
    plain["clusters"][0]["settings"] = {"free": 100}
    machines = [*planted.demo()["machine"], OWN]
    env = world(home, vcenter=[main, plain], machine=machines, attestation=[])
    return judge(home / "r", "--env", env, "--step", "vsphere-target")


def of(ended: Ended, check: str) -> dict[str, Any]:
    (found,) = (
        one for one in ended.results["checks"] if (one["id"], one["target"]) == (check, "vc-plain")
    )
    return found


def test_drs_may_move_it(ended: Ended) -> None:
    """Its cluster is fully automated."""
    found = of(ended, "VC-RULE-001")
    assert found["severity"] == "warning"
    assert [one["subject"].split(" (")[0] for one in found["findings"]] == ["vcsa"]


def test_the_new_one_has_no_room_beside_it(ended: Ended) -> None:
    """No datastore has what the size for so few hosts takes; the address is still asked for."""
    found = of(ended, "VC-ROOM-001")
    assert [one["subject"] for one in found["findings"]] == [
        "room for the new appliance of vc-plain"
    ]
    assert [one["subject"] for one in found["unknown"]] == ["a temporary address for vc-plain"]


def test_an_attested_address_is_enough_where_there_is_room(tmp_path: Path) -> None:
    """What a person answers for leaves nothing open."""
    machines = [*planted.demo()["machine"], OWN]
    answers = "which address is free for it, with records of the DNS in both directions?"
    told = [
        {
            "check": "VC-ROOM-001",
            "target": slug,
            "answers": answers,
            "subjects": [f"a temporary address for {slug}"],
        }
        for slug in ("vc-main", "vc-plain")
    ]
    env = world(tmp_path, machine=machines, attestation=told)
    ended = judge(
        tmp_path / "r", "--env", env, "--step", "vsphere-target", "--check", "VC-ROOM-001"
    )
    assert of(ended, "VC-ROOM-001")["outcome"] == "attested"
