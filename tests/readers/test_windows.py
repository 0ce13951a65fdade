"""The Windows reader, against simulated fleets over WinRM and SSH."""

from __future__ import annotations

import contextlib
import re
import socket
import threading

import pytest
from pydantic import SecretStr

from kanmon.environment.credentials import Login
from kanmon.environment.targets import Windows as Fleet
from kanmon.environment.targets import WindowsMachine
from kanmon.errors import CouldNotRead, NotAllowed, TargetLost
from kanmon.facts import Unread
from kanmon.facts.dsm.manager import Computer, Module
from kanmon.readers import Request, windows
from kanmon.readers.apart import gathering, set_apart
from kanmon.readers.transport import ssh, winrm
from lab.transport.pki import Pki
from lab.windows import LISTED_ROOTS, OTHER_ROOTS, servers
from lab.world.world import make

PASSWORD = "Rd0nly-Lab-Passw0rd"
IDENTITY_ROOT = "F40042E2E5F7E8EF8189FED15519AECE42C3BFA2"


@pytest.fixture
def lab():
    """Starts a simulated fleet: ``lab({"name": "a"}, fault="silent")`` gives server and request."""
    pki = Pki()
    started = []

    def start(*machines, fault=None, transport="winrm", timeout=10.0, password=PASSWORD, **target):
        plain = {"dsm": "dsm", "protection": "agent"}
        world = make(
            "test",
            {
                "title": "t",
                "machine": [{**plain, **machine} for machine in machines or ({"name": "win"},)],
                "windows": [{"slug": "windows", "from_dsm": "dsm", "transport": transport}],
                "misbehaviour": [{"target": "windows", "how": fault}] if fault else [],
            },
        )
        (server,) = servers(world, pki)
        server.start()
        started.append(server)
        trust = {"ca": str(pki.trusted.path)}
        if transport == "ssh":
            trust = {"known_hosts": str(pki.home / "known_hosts")}
        values = {"from_dsm": "dsm", "dial": "last_ip", "credential": "win", **trust, **target}
        fleet = Fleet(
            slug="windows", transport=transport, port=server.port, timeout=timeout, **values
        )
        computers = tuple(computer(world, machine) for machine in world.machines)
        login = Login(username="kanmon-ro", password=SecretStr(password))
        return server, Request(fleet, login, lambda *_: computers)

    yield start
    for server in started:
        server.stop()
    pki.close()


def computer(world, machine, **changes):
    values = {
        "id": world.computer_id(machine),
        "host_name": machine.name,
        "display_name": "",
        "last_ip": world.addresses.get(machine.name),
        "platform": machine.os,
        "kind": "machine",
        "policy_id": None,
        "agent_version": machine.agent_version,
        "agent_status": "active" if machine.protection == "agent" else "inactive",
        "agent_messages": (),
        "appliance_status": "active" if machine.protection == "appliance" else "inactive",
        "appliance_messages": (),
        "online": True,
        "last_contact": None,
        "relay": False,
        "vm_uuid": None,
        "vcenter_uuid": None,
        "modules": (Module("antiMalware", machine.anti_malware, "active", None),),
    }
    return Computer(**{**values, **changes})


def read(request):
    with windows.connect(request) as session:
        return windows.PARTS["machines"](session)


def unread(machine):
    assert isinstance(machine.answer, Unread), machine.answer
    assert PASSWORD not in machine.answer.reason
    return machine.answer.reason


@pytest.mark.parametrize("transport", ["winrm", "ssh"])
def test_a_fleet_is_read_with_one_command_on_each_machine(lab, transport):
    """Builds, roots, policies, services, drivers and free space of agents and agentless guests."""
    server, request = lab(
        {"name": "app", "lacks_roots": [IDENTITY_ROOT], "root_update": False, "ubr": 4467},
        {"name": "vdi", "protection": "appliance", "disallowed_roots": [LISTED_ROOTS[0]]},
        {"name": "old", "build": "7601", "ubr": None, "lacks_roots": ["all"], "file_driver": False},
        {"name": "busy", "pending_reboot": True, "services": {"Amsp": "STOPPED"}},
        transport=transport,
    )
    app, vdi, old, busy = machines = read(request)
    assert [machine.name for machine in machines] == ["app", "vdi", "old", "busy"]
    assert [machine.agentless for machine in machines] == [False, True, False, False]
    assert app.answer.product == "Windows Server 2016 Standard"
    assert (app.answer.build, app.answer.ubr) == ("14393", 4467)
    assert IDENTITY_ROOT not in app.answer.root | app.answer.auth_root
    assert set(LISTED_ROOTS) - (app.answer.root | app.answer.auth_root) == {IDENTITY_ROOT}
    assert app.answer.root_update_disabled
    assert app.answer.disallowed == frozenset()
    assert app.answer.system_drive_free == 42949672960
    assert {app.answer.service(name) for name in windows.SERVICES} == {"RUNNING"}
    assert vdi.answer.disallowed == {LISTED_ROOTS[0]}
    assert not vdi.answer.root_update_disabled
    assert vdi.answer.service("ds_agent") == "ABSENT"
    assert vdi.answer.service("vsepflt") == "RUNNING"
    assert (old.answer.build, old.answer.ubr) == ("7601", None)
    assert old.answer.root | old.answer.auth_root == set(OTHER_ROOTS)
    assert old.answer.service("VSEPFLT") == "ABSENT"
    assert busy.answer.pending_reboot == ("Component Based Servicing", "file rename operations")
    assert busy.answer.service("Amsp") == "STOPPED"
    assert app.answer.pending_reboot == ()
    commands = [asked for asked in server.requests if "reg query" in asked]
    assert commands == [windows.COMMAND] * 4


def test_winrm_shells_are_closed(lab):
    """Windows allows few shells at a time: none is left behind."""
    server, request = lab({"name": "a", "count": 3})
    assert len(read(request)) == 3
    assert server.open_shells == 0


def test_only_windows_machines_with_anti_malware_are_read(lab):
    """Linux computers and those without anti-malware do not belong to the fleet."""
    _, request = lab(
        {"name": "app"},
        {"name": "no-am", "anti_malware": False},
        {"name": "lnx", "os": "Red Hat Enterprise 7 (64 bit)"},
    )
    assert [machine.name for machine in read(request)] == ["app"]


def test_a_manager_without_such_machines_gives_an_empty_fleet(lab):
    """Nothing in scope is a fact, told from nothing readable."""
    _, request = lab({"name": "lnx", "os": "Red Hat Enterprise 7 (64 bit)"})
    assert read(request) == ()


def test_computers_that_could_not_be_read_leave_no_empty_fleet(lab):
    """When the manager's list is unreadable, so is the fleet."""
    _, request = lab()

    def related(*_):
        raise CouldNotRead("read the computers", "HTTP 500")

    with pytest.raises(CouldNotRead, match="HTTP 500"):
        read(Request(request.target, request.login, related))


def test_a_computer_that_could_not_be_read_hides_no_machine(lab):
    """It may be one of the fleet: it is told beside the machines that answered."""
    _, request = lab({"name": "a"}, {"name": "b"})

    def related(slug, part):
        set_apart("odd (computer 9)", CouldNotRead("read it", "nothing"))
        return request.related(slug, part)

    with (
        windows.connect(Request(request.target, request.login, related)) as session,
        gathering() as faults,
    ):
        machines = windows.PARTS["machines"](session)
    assert [one.name for one in machines] == ["a", "b"]
    assert [subject for subject, _ in faults] == ["odd (computer 9)"]


@pytest.mark.parametrize("transport", ["winrm", "ssh"])
@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("refused", r"is it up\?"),
        ("silent", "within 1 s"),
        ("wrong certificate", "local issuer certificate|known is ecdsa"),
        ("wrong password", "check the credential 'win'"),
        ("cut off", "tried to"),
        ("half a page", "tried to"),
        ("weak rights", "let the account read it"),
    ],
)
def test_a_machine_that_cannot_be_read_says_why(lab, transport, fault, reason):
    """Every fault is that machine's own reason, never a green answer and never an exception."""
    _, request = lab(fault=fault, transport=transport, timeout=1.0 if fault == "silent" else 10.0)
    (machine,) = read(request)
    assert re.search(reason, unread(machine))


def test_one_dead_machine_does_not_hide_the_others(lab):
    """The rest of the fleet is read, in its order."""
    _, request = lab({"name": "a"}, {"name": "dead", "reachable": False}, {"name": "z"})
    a, dead, z = read(request)
    assert "is it up?" in unread(dead)
    assert a.answer.build == z.answer.build == "14393"


def test_a_machine_without_address_is_unread(lab):
    """What the manager does not know cannot be dialled, and is said."""
    _, request = lab()
    (known,) = request.related()
    unknown = [
        Computer(**{name: getattr(known, name) for name in Computer.__slots__} | {"last_ip": none})
        for none in (None, "")
    ]
    for one in unknown:
        (machine,) = read(Request(request.target, request.login, lambda *_, one=one: (one,)))
        assert "knows no last_ip of win" in unread(machine)


def test_a_name_that_cannot_be_one_is_unread(lab):
    """A host name that no resolver takes does not end the run."""
    _, request = lab()
    odd = WindowsMachine(name="odd", address="a" * 70 + ".example")
    fleet = request.target.model_copy(update={"from_dsm": None, "machines": [odd]})
    (machine,) = read(Request(fleet, request.login, request.related))
    assert "tried to" in unread(machine)
    assert machine.computer_id is None


def test_a_refused_password_is_tried_on_three_machines_only(lab):
    """A mistyped password must not lock the account: after three refusals nobody else asks."""
    server, request = lab({"name": "win", "count": 40}, password="mistyped-secret")
    machines = read(request)
    reasons = [unread(machine) for machine in machines]
    tried = [reason for reason in reasons if "check the credential 'win'" in reason]
    spared = [reason for reason in reasons if "was not tried here" in reason]
    assert (len(tried), len(spared)) == (3, 37)
    assert not any("mistyped-secret" in reason for reason in reasons)
    assert server.open_shells == 0


def test_only_the_readers_own_command_may_be_run(lab):
    """Anything else is refused before it is sent, over either transport."""
    for transport in ("winrm", "ssh"):
        server, request = lab(transport=transport)
        with (
            windows.connect(request) as session,
            windows._reach(session.target, session.places[0]) as door,
        ):
            shell = door.log_in(session.login, [windows.COMMAND])
            for other in ("shutdown /r", windows.COMMAND + " & whoami"):
                with pytest.raises(NotAllowed):
                    shell.run(other)
            with pytest.raises(NotAllowed):
                shell.run(windows.COMMAND, "argument")
        assert not [asked for asked in server.requests if "shutdown" in asked or "who" in asked]


def test_a_named_machine_is_verified_by_its_own_host_key(lab):
    """host_key of a named machine replaces known_hosts."""
    server, request = lab(transport="ssh")
    key = f"{server.key.get_name()} {server.key.get_base64()}"
    for told, fine in ((key, True), ("ssh-ed25519 AAAA", False)):
        named = WindowsMachine(name="win", address=server.addresses[0], host_key=told)
        fleet = request.target.model_copy(
            update={"from_dsm": None, "machines": [named], "known_hosts": None}
        )
        (machine,) = read(Request(fleet, request.login, request.related))
        assert isinstance(machine.answer, Unread) is not fine


def test_the_login_itself_goes_to_a_verified_listener_only(lab):
    """The connection that carries the password is verified too, not only the first one."""
    server, request = lab(fault="wrong certificate")
    address = server.addresses[0]
    endpoint = winrm.Endpoint(address, server.port, 10.0, request.target.ca, "win")
    url = f"https://{address}:{server.port}/wsman"
    with contextlib.ExitStack() as closing, pytest.raises(TargetLost):
        winrm.Door(endpoint, url, "basic", closing).log_in(request.login, [windows.COMMAND])
    assert server.requests == []


@pytest.fixture
def web():
    """A plain listener that answers every connection with given bytes."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve(reply):
        def loop():
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    connection.recv(65536)
                    connection.sendall(reply)

        threading.Thread(target=loop, daemon=True).start()
        return listener.getsockname()[1]

    yield serve
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()


@pytest.mark.parametrize("transport", ["winrm", "ssh"])
def test_another_service_on_the_port_is_no_windows(lab, web, transport):
    """A web server where SSH or WinRM over HTTPS should be is an error that names the address."""
    port = web(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")
    server, request = lab(transport=transport)
    fleet = request.target.model_copy(update={"port": port})
    (machine,) = read(Request(fleet, request.login, request.related))
    assert server.addresses[0] in unread(machine)


def test_after_the_first_success_nobody_waits_and_nobody_is_spared():
    """A machine of its own mind costs no other machine its reading."""
    gate = windows.LoginGate()
    with gate.attempt():
        pass
    for _ in range(windows.REFUSALS + 1):
        with pytest.raises(ssh.LoginRefused), gate.attempt():
            raise ssh.LoginRefused("log in", "no")
    with gate.attempt():
        pass


def test_a_lost_connection_is_not_counted_as_a_refusal():
    """Three dead machines say nothing about the password."""
    gate = windows.LoginGate()
    for _ in range(windows.REFUSALS + 1):
        with pytest.raises(TargetLost), gate.attempt():
            raise TargetLost("log in", "reset")
    with gate.attempt():
        pass
