"""World files: a machine is described once, and every product finds it by the same ids."""

from __future__ import annotations

import ipaddress

import pytest
from pydantic import ValidationError

from lab.world.world import WORLDS, enlarge, load, make

SMALL = {
    "title": "Two clusters, one manager",
    "vcenter": [
        {
            "slug": "vc",
            "version": "6.5.0",
            "build": "1",
            "clusters": [
                {
                    "name": "Protected",
                    "number": 7,
                    "hosts": [
                        {"name": f"esx-{n}", "number": 20 + n, "version": "6.5.0", "build": "1"}
                        for n in (1, 2)
                    ],
                },
                {
                    "name": "Plain",
                    "number": 9,
                    "hosts": [
                        {"name": "esx-3", "number": 23, "version": "6.5.0", "build": "1"},
                    ],
                },
            ],
        }
    ],
    "dsm": [{"slug": "dsm", "version": "11.0.510", "nodes": [{"slug": "n1"}], "database": "db"}],
    "machine": [
        {"name": "win", "count": 3, "vcenter": "vc", "dsm": "dsm"},
        {"name": "plain", "vcenter": "vc", "cluster": "Plain"},
        {"name": "lnx", "vcenter": "vc", "dsm": "dsm", "os": "Red Hat Enterprise 7"},
        {"name": "box", "dsm": "dsm"},
        {"name": "desk"},
    ],
    "misbehaviour": [
        {"target": "vc", "how": "slow", "seconds": 1.5},
        {"target": "vc", "how": "half a page"},
        {"target": "n1", "how": "refused"},
    ],
}


@pytest.fixture
def world():
    return make("small", SMALL)


@pytest.mark.parametrize("path", sorted(WORLDS.glob("*.toml")), ids=lambda path: path.stem)
def test_the_shipped_worlds_can_be_loaded(path):
    """Every world file is one, by name and by path, and its relations lead somewhere."""
    world = load(path.stem)
    assert load(str(path)) == world
    assert world.name == path.stem
    vcenters = {vcenter.slug for vcenter in world.vcenter}
    nodes = {node.slug for dsm in world.dsm for node in dsm.nodes}
    kinds = (world.nsxv, world.nsxt, world.dsm, world.database, world.linux, world.windows)
    slugs = vcenters | nodes | {target.slug for kind in kinds for target in kind}
    assert {fault.target for fault in world.misbehaviour} <= slugs
    assert {machine.vcenter for machine in world.machines} - {None} <= vcenters
    assert {machine.dsm for machine in world.machines} - {None} <= {d.slug for d in world.dsm}
    assert {nsxv.vcenter for nsxv in world.nsxv} <= vcenters
    assert {slug for nsxt in world.nsxt for slug in nsxt.vcenters} <= vcenters
    assert {host.node for host in world.linux} - {None} <= nodes
    for machine in world.machines:
        assert (world.host_of(machine) is None) is (machine.vcenter is None)


def test_a_world_on_a_base_has_what_it_does_not_say_itself(tmp_path):
    """Its own tables replace those of its base whole; the rest is the base's."""
    base = load("demo")
    file = tmp_path / "other.toml"
    file.write_text('base = "demo"\ntitle = "Another"\nmachine = []\n')
    other = load(str(file))
    assert (other.name, other.title, other.machines) == ("other", "Another", ())
    assert (other.vcenter, other.dsm, other.plan) == (base.vcenter, base.dsm, base.plan)


def test_a_base_that_is_not_there_is_not_found(tmp_path):
    """A world on nothing is none."""
    file = tmp_path / "other.toml"
    file.write_text('base = "atlantis"\ntitle = "Another"\n')
    with pytest.raises(FileNotFoundError):
        load(str(file))


def test_the_nodes_that_do_not_run():
    """Between the nodes the second one is stopped."""
    assert load("manager-before").stopped_nodes == set()
    assert load("manager-between").stopped_nodes == {"dsm-2"}


def test_an_unknown_world_is_not_found():
    """A mistyped name is no empty world."""
    with pytest.raises(FileNotFoundError):
        load("atlantis")


@pytest.mark.parametrize(
    "change",
    [
        {"colour": "red"},
        {"misbehaviour": [{"target": "vc", "how": "rude"}]},
        {"vcenter": [{"slug": "vc", "version": "6.5.0"}]},
        {"password": "abc"},
    ],
    ids=str,
)
def test_what_is_no_world_is_refused(change):
    """Unknown keys, unknown faults and missing values are refused."""
    with pytest.raises(ValidationError):
        make("bad", {**SMALL, **change})


def test_a_fault_of_nobody_is_refused():
    """A fault belongs to a target or a node of the world."""
    with pytest.raises(ValidationError):
        make("bad", {**SMALL, "misbehaviour": [{"target": "vcenter", "how": "slow"}]})


def test_counted_machines_are_spelt_out(world):
    """Equal machines have numbered names of equal length, in the order of the file."""
    assert [machine.name for machine in world.machines] == [
        *("win-01", "win-02", "win-03", "plain", "lnx", "box", "desk"),
    ]
    many = make("many", {"title": "", "machine": [{"name": "m", "count": 120}]})
    assert (many.machines[0].name, many.machines[-1].name) == ("m-001", "m-120")


def test_products_see_their_own_machines(world):
    """A vCenter lists its VMs, a manager its computers."""
    assert [m.name for m in world.of_vcenter("vc")] == [
        "win-01",
        "win-02",
        "win-03",
        "plain",
        "lnx",
    ]
    assert [m.name for m in world.of_dsm("dsm")] == ["win-01", "win-02", "win-03", "lnx", "box"]
    assert world.find_vcenter("vc").slug == "vc"


def test_machines_have_ids_of_their_own(world):
    """No two machines share an id of any product, and ids are the same in every run."""
    again = make("small", SMALL)
    for key in (world.vm_number, world.computer_id, lambda m: m.uuid, lambda m: m.instance_uuid):
        assert len({key(machine) for machine in world.machines}) == len(world.machines)
    for one, other in zip(world.machines, again.machines, strict=True):
        assert (one.uuid, one.instance_uuid) == (other.uuid, other.instance_uuid)
        assert world.vm_number(one) == again.vm_number(other)
        assert one.uuid != one.instance_uuid
    assert world.computer_id(world.machines[0]) == 1


def test_vms_are_spread_over_the_hosts_of_their_cluster(world):
    """A VM is in the first cluster unless it names another; a physical machine is on no host."""
    where = {machine.name: world.host_of(machine) for machine in world.machines}
    assert where["box"] is where["desk"] is None
    assert where["plain"][0].name == "Plain"
    assert {where[name][0].name for name in ("win-01", "win-02", "win-03")} == {"Protected"}
    assert {where[name][1].name for name in ("win-01", "win-02")} == {"esx-1", "esx-2"}
    assert (where["plain"][0].moref, where["plain"][1].moref) == ("domain-c9", "host-23")


def test_windows_machines_of_a_manager_have_loopback_addresses(world):
    """Each Windows machine that a manager knows has an address of its own, never 127.0.0.1."""
    assert set(world.addresses) == {"win-01", "win-02", "win-03", "box"}
    fleet = [{"name": "w", "count": 62_600, "dsm": "dsm"}]
    addresses = make("large", {**SMALL, "machine": fleet}).addresses.values()
    assert len(set(addresses)) == 62_600
    assert all(ipaddress.ip_address(address).is_loopback for address in addresses)
    assert "127.0.0.1" not in addresses


def test_faults_are_found_by_target(world):
    """A target has its own faults, as many as it was given; the others have none."""
    assert [(fault.how, fault.seconds) for fault in world.faults("vc")] == [
        ("slow", 1.5),
        ("half a page", 2.0),
    ]
    assert [fault.how for fault in world.faults("n1")] == ["refused"]
    assert world.faults("dsm") == []


def test_enlarge_adds_more_of_the_same(world):
    """VMs go to the first cluster, computers to the first manager; nothing else changes."""
    large = enlarge(world, vms=40, computers=30)
    assert large.machines[: len(world.machines)] == world.machines
    assert len(large.machines) == len(world.machines) + 70
    assert len(large.of_vcenter("vc")) == len(world.of_vcenter("vc")) + 40
    assert len(large.of_dsm("dsm")) == len(world.of_dsm("dsm")) + 30
    assert large.host_of(large.of_vcenter("vc")[-1])[0].name == "Protected"
    assert len({large.computer_id(machine) for machine in large.machines}) == len(large.machines)
    assert large.addresses == world.addresses
    assert enlarge(world) == world
