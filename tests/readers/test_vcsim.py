"""The vCenter reader against VMware's own simulator, and VMware's own client against our lab."""

from __future__ import annotations

import hashlib
import json
import os
import re
import ssl
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from pydantic import SecretStr
from pyVim.connect import Disconnect, SmartConnect
from pyVim.task import WaitForTask
from pyVmomi import vim

from kanmon.environment.credentials import Login
from kanmon.environment.targets import VCenter
from kanmon.errors import CouldNotRead, TargetLost
from kanmon.facts import Unread
from kanmon.facts.common import NotKept
from kanmon.facts.vcenter.crypto import Encryption
from kanmon.facts.vcenter.deployment import HaHealth, HaNode, HighAvailability
from kanmon.readers import Request
from kanmon.readers.transport.clock import of_web_server
from kanmon.readers.transport.http import Https
from kanmon.readers.vcenter import inventory as vcenter
from lab.transport.pki import Pki
from lab.vcenter.server import servers
from lab.world import world as worlds
from tests.servers import need

SOURCES = Path(__file__).parents[1] / "vcsim"
LIBRARY = Path("/usr/share/gocode/src/github.com/vmware/govmomi")
PASSWORD = "vcsim-Passw0rd"

Build = Callable[[str], Path]


@pytest.fixture(scope="module")
def build(pytestconfig) -> Build:
    """Builds a Go program once; it is kept until its source changes."""
    go = need("go")
    if not LIBRARY.is_dir():
        need("golang-github-vmware-govmomi-dev")
    home = pytestconfig.cache.mkdir("vcsim")

    def made(name: str) -> Path:
        source = SOURCES / f"{name}.go"
        program = home / f"{name}-{hashlib.sha256(source.read_bytes()).hexdigest()[:16]}"
        if not program.exists():
            for old in home.glob(f"{name}-*"):
                old.unlink()
            fresh = program.with_suffix(".new")
            environment = {
                **os.environ,
                "GOPATH": f"{home / 'go'}{os.pathsep}/usr/share/gocode",
                "GOCACHE": str(home / "go-build"),
                "GO111MODULE": "off",
                "GOPROXY": "off",
            }
            subprocess.run([go, "build", "-o", fresh, source], env=environment, check=True)
            fresh.replace(program)
        return program

    return made


@contextmanager
def vcsim(program: Path, *options: str) -> Iterator[dict[str, list[str]]]:
    """A running simulator, and what it says is in it; it ends when its input is closed."""
    command = [program, "-password", PASSWORD, *options]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL) as process:
        try:
            yield json.loads(process.stdout.readline())
        finally:
            process.stdin.close()
            process.wait(timeout=30)


@pytest.fixture(scope="module")
def told(build) -> Iterator[dict[str, list[str]]]:
    with vcsim(build("main"), "-vm", "60", "-cluster", "2", "-host", "2") as said:
        yield said


def request(told: dict[str, list[str]], password: str = PASSWORD) -> Request:
    """The simulator's certificate is its own, so the leaf is pinned."""
    address = urlsplit(told["url"][0])
    leaf = ssl.get_server_certificate((address.hostname, address.port))
    target = VCenter(
        slug="vcsim",
        address=address.hostname,
        port=address.port,
        fingerprint="sha256:" + hashlib.sha256(ssl.PEM_cert_to_DER_cert(leaf)).hexdigest(),
        credential="vcsim",
    )
    return Request(target, Login("kanmon-ro", SecretStr(password)), lambda *_: None)


def test_what_the_simulator_has_is_read(told):
    """Hosts, clusters, a standalone host, VMs, switch and extensions as the Go side knows them."""
    with vcenter.connect(request(told)) as session:
        about = vcenter.about(session)
        hosts = vcenter.hosts(session)
        vms = vcenter.vms(session)
        extensions = vcenter.extensions(session)
        switches = vcenter.switches(session)
    assert (about.version, about.build) == ("6.5.0", "5973321")
    assert sorted(host.name for host in hosts) == sorted(told["hosts"])
    assert {host.cluster_name for host in hosts} == {"DC0_C0", "DC0_C1", "DC0_H0"}
    assert {host.version for host in hosts} == {"6.5.0"}
    assert sorted(vm.name for vm in vms) == sorted(told["vms"])
    assert len(vms) == 180
    assert {vm.host for vm in vms} <= {host.moref for host in hosts}
    assert {(vm.power_state, vm.hardware_version, vm.tools_version) for vm in vms} == {
        ("poweredOn", "vmx-13", 0)
    }
    assert {e.key: (e.version, e.urls) for e in extensions} == {
        "com.vmware.vShieldManager": ("6.4.5", ("https://nsx.example.jp:443",)),
        "com.vmware.vim.eam": ("6.5.0", ()),
    }
    assert [(switch.name, switch.version) for switch in switches] == [("DVS0", "6.5.0")]


def test_packages_of_one_half_of_the_hosts_are_unread(told):
    """Hosts whose image manager does not exist are unread by the fault's name, the others read."""
    with vcenter.connect(request(told)) as session:
        answers = {host.host_name: host.vibs for host in vcenter.PARTS["vibs"](session)}
    assert set(answers) == set(told["hosts"])
    for name, vibs in answers.items():
        if name in told["hosts_with_packages"]:
            assert [vib.name for vib in vibs] == ["esx-base", "esx-nsxv"]
        else:
            assert isinstance(vibs, Unread)
            assert "ManagedObjectNotFound" in vibs.reason


def test_the_machines_of_the_simulator_are_those_of_a_real_host(told):
    """Its hosts are the record of an ESXi 6.5: Sandy Bridge, its devices, uplink and boot disk."""
    with vcenter.connect(request(told)) as session:
        machines = {one.host_name: one.answer for one in vcenter.PARTS["hardware"](session)}
        adapters = [one.answer for one in vcenter.PARTS["adapters"](session)]
        disks = [one.answer for one in vcenter.PARTS["boot_disks"](session)]
    assert set(machines) == set(told["hosts"])
    for machine in machines.values():
        assert machine.model == "VMware Virtual Platform"
        assert {(cpu.vendor, cpu.family, cpu.model) for cpu in machine.cpus} == {("intel", 6, 0x2D)}
        assert (machine.cores, machine.memory, len(machine.devices)) == (2, 4294430720, 43)
        assert machine.devices[-1].ids == "15ad:07b0"
    assert {one.management for one in adapters} == {("vmnic0",)}
    assert {tuple(adapter.name for adapter in one.adapters) for one in adapters} == {
        ("vmnic0", "vmnic1", "vmhba0", "vmhba1", "vmhba64")
    }
    assert {(one.name, one.size, one.adapters) for one in disks} == {
        ("mpx.vmhba0:C0:T0:L0", 32 * 2**30, ("vmhba0",))
    }


def test_nothing_of_others_is_encrypted(told):
    """The simulator takes the question for the key of a VM, and has none."""
    with vcenter.connect(request(told)) as session:
        assert vcenter.PARTS["encryption"](session) == Encryption((), (), ())


def test_no_cluster_of_others_has_vsan(told):
    """The simulator says nothing of vSAN, which no cluster without it does either."""
    with vcenter.connect(request(told)) as session:
        assert vcenter.PARTS["vsan"](session) == ()


def test_a_manager_of_profiles_that_is_not_there_is_no_empty_one(told):
    """The simulator names one and has none: that is no estate without profiles."""
    with (
        vcenter.connect(request(told)) as session,
        pytest.raises(CouldNotRead, match=r"ManagedObjectNotFound|MethodNotFound"),
    ):
        vcenter.PARTS["profiles"](session)


def test_issues_of_others_are_read(told):
    """A type of event, and an event by the id that it carries; the other hosts have none."""
    with vcenter.connect(request(told)) as session:
        issues = {one.host_name: one.answer for one in vcenter.PARTS["issues"](session)}
    assert set(issues) == set(told["hosts"])
    first, *others = sorted(issues)
    assert [(one.id, one.text) for one in issues[first]] == [
        ("RemoteTSMEnabledEvent", "look at it"),
        ("esx.problem.storage.redundancy.lost", "look at it"),
    ]
    assert {issues[name] for name in others} == {()}


def test_the_simulators_hosts_are_managed_over_a_standard_switch(told):
    """Beside a distributed switch, whose uuid is read; no host is on it with its management."""
    with vcenter.connect(request(told)) as session:
        answers = {o.host_name: o.answer for o in vcenter.PARTS["management_switches"](session)}
    assert answers == dict.fromkeys(told["hosts"], ())


def test_the_simulators_clock_is_this_machines(told):
    """It runs here: the difference is none, within the time that its answer took."""
    with vcenter.connect(request(told)) as session:
        found = vcenter.PARTS["clock"](session)
    assert found.low <= 0 <= found.high


def test_the_header_date_of_anothers_web_server(told):
    """That of Go, which the simulator is written in, is read as those of the products are."""
    asked = Https(request(told).target, [("GET", "/about")])
    with closing(asked):
        found = of_web_server("GET /about", lambda: asked.send("GET", "/about"))
    assert found.low <= 0 <= found.high


@pytest.mark.parametrize(
    ("part", "reason"),
    [
        ("settings", "config.dateTimeInfo"),
        ("clocks", "ManagedObjectNotFound"),
        ("acceptance", "MethodNotFound|ManagedObjectNotFound"),
    ],
)
def test_what_the_simulators_hosts_do_not_tell_is_unread(told, part, reason):
    """It has no time settings, no clock and no acceptance level: each host is unread by itself."""
    with vcenter.connect(request(told)) as session:
        answers = {one.host_name: one.answer for one in vcenter.PARTS[part](session)}
    assert set(answers) == set(told["hosts"])
    assert all(isinstance(one, Unread) for one in answers.values())
    assert all(re.search(reason, one.reason) for one in answers.values())


def test_the_simulators_datastores_are_no_vmfs(told):
    """They are directories of its own, of a type that has no version."""
    with vcenter.connect(request(told)) as session:
        stores = vcenter.PARTS["datastores"](session)
    assert {(one.type, one.vmfs) for one in stores} == {("OTHER", None)}
    assert all(one.free for one in stores)


def test_certificates_of_one_half_of_the_hosts_are_unread(told):
    """A manager that does not exist leaves its host unread by the fault's name, not the others."""
    with vcenter.connect(request(told)) as session:
        answers = {
            one.host_name: one.certificate for one in vcenter.PARTS["host_certificates"](session)
        }
    assert set(answers) == set(told["hosts"])
    for name, certificate in answers.items():
        if name in told["hosts_with_packages"]:
            assert (certificate.subject, certificate.status) == (f"CN={name}", "good")
            assert certificate.not_after == datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC)
            assert certificate.not_before is None
        else:
            assert isinstance(certificate, Unread)
            assert "ManagedObjectNotFound" in certificate.reason


@pytest.mark.parametrize("part", ["appliance", "backups", "services"])
def test_the_simulators_rest_takes_the_login_and_has_no_appliance(told, part):
    """A session of VMware's own ``/rest`` is opened; what it lacks behind it is told as that."""
    with vcenter.connect(request(told)) as session:
        with pytest.raises(CouldNotRead, match=r"GET /rest/appliance/.*HTTP 404") as error:
            vcenter.PARTS[part](session)
        assert not isinstance(error.value, TargetLost)
        assert len(vcenter.hosts(session)) == len(told["hosts"])


def test_the_simulators_rest_has_no_health_and_each_reading_says_so(told):
    """None of them is green, and none takes another along."""
    with vcenter.connect(request(told)) as session:
        stored = vcenter.PARTS["storage"](session)
        colours = [one.colour for one in vcenter.PARTS["readings"](session)]
    parts = [stored.health, stored.database_health, stored.partitions, *colours]
    assert all(isinstance(one, Unread) and "HTTP 404" in one.reason for one in parts)


@pytest.mark.parametrize("part", ["root_account", "signing_certificate", "trusted_roots"])
def test_the_simulator_is_a_65_and_tells_of_no_trust(told, part):
    """What 6.5 has no question for is said as that, by VMware's own word for the version."""
    with vcenter.connect(request(told)) as session:
        assert isinstance(vcenter.PARTS[part](session), NotKept)


def test_what_ties_the_simulators_vms_is_told(told):
    """Each has a CD drive of its host connected, and is on a datastore that not every host has."""
    with vcenter.connect(request(told)) as session:
        running = vcenter.PARTS["running"](session)
        policies = vcenter.PARTS["tools_policies"](session)
    assert sorted(vm.name for vm in running) == sorted(told["vms"])
    assert {(vm.cpu_used, vm.memory_active, vm.memory_reserved) for vm in running} == {(0, 0, 0)}
    assert {tuple(tie.kind for tie in vm.ties) for vm in running} == {("host device", "datastore")}
    assert {vm.multi_writer for vm in running} == {()}
    assert {vm.policy for vm in policies} == {None}
    assert len(policies) == len(running)


def test_a_cluster_without_a_level_of_automation_is_not_believed(told):
    """The simulator switches DRS on and does not say what it does, which every vCenter says."""
    with (
        vcenter.connect(request(told)) as session,
        pytest.raises(CouldNotRead, match=r"defaultVmBehavior of DC0_C. .*left it unset"),
    ):
        vcenter.PARTS["clusters"](session)


def test_an_empty_extension_list_is_not_believed(build):
    """The simulator as it comes has no extensions, which no vCenter has."""
    with (
        vcsim(build("main"), "-extensions=false") as told,
        vcenter.connect(request(told)) as session,
        pytest.raises(CouldNotRead, match="every vCenter registers its own"),
    ):
        vcenter.extensions(session)


def test_no_vms_are_believed_since_the_hosts_list_none(build):
    """A vCenter of others that has hosts and no VMs is empty."""
    with vcsim(build("main"), "-vm", "0") as told, vcenter.connect(request(told)) as session:
        assert vcenter.vms(session) == ()
        assert vcenter.PARTS["running"](session) == ()
        assert len(vcenter.hosts(session)) == len(told["hosts"])


def test_a_quiet_vcenter_of_others(told):
    """No alarm, no task, no question; the simulator says nothing of consolidation nor of NIOC."""
    with vcenter.connect(request(told)) as session:
        facts = {name: vcenter.PARTS[name](session) for name in ("alarms", "activity", "upkeep")}
        (switch,) = vcenter.PARTS["switch_configs"](session)
    assert facts["alarms"] == ()
    assert (facts["activity"].vms, facts["activity"].tasks) == (180, ())
    assert sorted(vm.name for vm in facts["upkeep"]) == sorted(told["vms"])
    assert {(vm.consolidation_needed, vm.snapshots) for vm in facts["upkeep"]} == {(None, ())}
    assert (switch.name, switch.version, switch.network_control) == ("DVS0", "6.5.0", None)
    assert len(switch.hosts or ()) == len(told["hosts"])


def test_high_availability_as_the_library_writes_it(told):
    """VMware's own types on the wire: the state of each node, and what the cluster says of it."""
    with vcenter.connect(request(told)) as session:
        ha = vcenter.PARTS["availability"](session)
    nodes = tuple(
        HaNode(role, state, f"192.0.2.{number}")
        for number, (role, state) in enumerate(
            [("active", "up"), ("passive", "down"), ("witness", "up")], 1
        )
    )
    health = HaHealth("enabled", "degraded", nodes, ("the passive node is down",))
    assert ha == HighAvailability("configured", health)


def test_networks_of_others(told):
    """A standard one, and port groups of whose binding the simulator says nothing."""
    with vcenter.connect(request(told)) as session:
        groups = {one.name: one.binding for one in vcenter.PARTS["port_groups"](session)}
    assert groups["VM Network"] == "standard"
    assert groups["DC0_DVPG0"] is None


def test_the_node_name_is_a_setting_that_the_simulator_has_not(told):
    """The fault is vCenter's own, and concerns this name alone: the certificate is read."""
    with vcenter.connect(request(told)) as session:
        names = vcenter.PARTS["naming"](session)
    assert "InvalidName" in names.node_name.reason
    assert names.addresses == names.reverse == names.node_name
    assert "HTTP 404" in names.host_name.reason
    assert not isinstance(names.certificate, Unread)


def test_the_node_name_of_others(build):
    """A setting that VMware's simulator took from another client is read by its name."""
    with vcsim(build("main"), "-vm", "1", "-cluster", "1") as told:
        with client(told) as service:
            option = vim.option.OptionValue(key="config.vpxd.hostnameUrl", value="localhost")
            more = vim.option.OptionValue(key="config.vpxd.hostnameUrlOther", value="other")
            service.content.setting.UpdateValues([more, option])
        with vcenter.connect(request(told)) as session:
            names = vcenter.PARTS["naming"](session)
    assert names.node_name == "localhost"
    assert "127.0.0.1" in names.addresses
    assert "localhost" in names.reverse


@contextmanager
def client(told):
    """A session of pyvmomi's own, which may change the simulator."""
    address = urlsplit(told["url"][0])
    service = SmartConnect(
        host=address.hostname,
        port=address.port,
        user="kanmon-ro",
        pwd=PASSWORD,
        disableSslCertValidation=True,
    )
    try:
        yield service
    finally:
        Disconnect(service)


def test_snapshots_that_another_client_made(build):
    """A snapshot on a snapshot, made with VMware's own calls, is read with the name and its day."""
    with vcsim(build("main"), "-vm", "1", "-cluster", "1") as told:
        with client(told) as service:
            view = service.content.viewManager.CreateContainerView(
                service.content.rootFolder, [vim.VirtualMachine], True
            )
            for name in ("before the change", "and again"):
                WaitForTask(view.view[0].CreateSnapshot_Task(name, "", False, False))
        with vcenter.connect(request(told)) as session:
            found = {vm.moref: vm.snapshots for vm in vcenter.PARTS["upkeep"](session)}
            activity = vcenter.PARTS["activity"](session)
    (snapshots,) = [listed for listed in found.values() if listed]
    assert [snapshot.name for snapshot in snapshots] == ["before the change", "and again"]
    assert all(snapshot.created.tzinfo is not None for snapshot in snapshots)
    assert activity.tasks == ()  # both have ended


def test_the_roles_of_others(told):
    """The simulator's account is an administrator everywhere, and nothing is hidden from it."""
    with vcenter.connect(request(told)) as session:
        rights = vcenter.PARTS["rights"](session)
    assert rights.unseen == ()
    assert {one.roles for one in rights.access} == {(-1,)}
    assert {one.name for one in rights.access if one.kind == "HostSystem"} == set(told["hosts"])
    (admin,) = [role for role in rights.roles if role.id == -1]
    assert {"System.View", "System.Read", "Global.Licenses"} <= set(admin.privileges)


def test_licences_of_nobody_are_not_believed(told):
    """The simulator does not say what uses a licence, which every vCenter does."""
    with (
        vcenter.connect(request(told)) as session,
        pytest.raises(CouldNotRead, match="no entityId"),
    ):
        vcenter.PARTS["licences"](session)


def test_a_wrong_password_is_refused(told):
    """The simulator's own InvalidLogin names the credential."""
    with (
        pytest.raises(TargetLost, match="InvalidLogin") as error,
        vcenter.connect(request(told, "not-the-password")),
    ):
        pass
    assert "'vcsim'" in error.value.advice
    assert "not-the-password" not in str(error.value)


def test_a_client_of_others_reads_our_lab(build):
    """VMware's Go library reads the lab's hosts, packages, extensions and VMs, these in pages."""
    pki = Pki()
    world = worlds.enlarge(worlds.load("article"), vms=110)
    server = servers(world, pki)[0]
    server.start()
    try:
        done = subprocess.run(
            [
                build("client"),
                f"-url=https://127.0.0.1:{server.port}/sdk",
                f"-ca={pki.trusted.path}",
                f"-username={world.username}",
                f"-password={world.password}",
            ],
            capture_output=True,
            check=False,
            timeout=60,
        )
    finally:
        server.stop()
        pki.close()
    assert done.returncode == 0, done.stderr.decode()
    told = json.loads(done.stdout)
    machines = world.of_vcenter("vc-main")
    assert told["About"]["Build"] == "8307201"
    assert told["Hosts"] == {f"esx-0{n}.example.jp": "6.5.0" for n in (1, 2, 3)}
    assert told["Vms"] == {machine.name: machine.power for machine in machines}
    assert told["Pages"] == 4
    assert all("epsec-mux" in packages for packages in told["Packages"].values())
    assert told["Extensions"]["com.vmware.vShieldManager"] == "6.4.5"
