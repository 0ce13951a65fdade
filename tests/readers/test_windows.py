"""The Windows reader, against simulated fleets over WinRM and SSH and answers made by hand."""

from __future__ import annotations

import base64
import re
import socket
import threading

import pytest
import spnego
from pydantic import SecretStr
from spnego.channel_bindings import GssChannelBindings

from kanmon.credentials import Login
from kanmon.environment import Windows as Fleet
from kanmon.environment import WindowsMachine
from kanmon.errors import CouldNotRead, NotAllowed, TargetLost
from kanmon.facts import Unread
from kanmon.facts.dsm import Computer, Module
from kanmon.readers import Request, ssh, windows
from kanmon.readers.sections import Section, split
from lab import windows as lab_windows
from lab.pki import Pki
from lab.windows import LISTED_ROOTS, OTHER_ROOTS, servers
from lab.winrm import WinRmServer
from lab.world import make

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


class NtlmServer(WinRmServer):
    """Takes NTLM only, bound to its own certificate as Windows can demand it."""

    leaf_of_ours = None

    def leaf(self):
        """Remember the certificate."""
        self.leaf_of_ours = super().leaf()
        return self.leaf_of_ours

    def challenge(self, asked):
        """The next message of the handshake, for this connection."""
        state = self.connection
        if "authorization" not in asked.headers:
            done = getattr(state, "ntlm", None) is not None and state.ntlm.complete
            return None if done else "Negotiate, NTLM"
        token = base64.b64decode(asked.headers["authorization"].split(" ")[1])
        if token[8] == 1:  # a negotiate message starts anew
            leaf = b"tls-server-end-point:" + bytes.fromhex(self.leaf_of_ours.fingerprint)
            state.ntlm = spnego.server(
                protocol="ntlm", channel_bindings=GssChannelBindings(application_data=leaf)
            )
        try:
            reply = state.ntlm.step(token)
        except spnego.exceptions.SpnegoError:
            state.ntlm = None
            return "Negotiate, NTLM"
        return None if state.ntlm.complete else f"NTLM {base64.b64encode(reply).decode()}"


@pytest.fixture
def ntlm(tmp_path, monkeypatch):
    """A machine that takes NTLM only, and how to ask it with a password."""
    users = tmp_path / "users"
    users.write_text(f"CORP:kanmon-ro:{PASSWORD}\n")
    monkeypatch.setenv("NTLM_USER_FILE", str(users))
    pki = Pki()
    machine = make("t", {"title": "t", "machine": [{"name": "w", "protection": "agent"}]}).machine[
        0
    ]
    server = NtlmServer(
        make("t", {"title": "t"}),
        "windows",
        pki,
        lambda command, _: lab_windows.cmd(command, machine),
        ("127.0.0.1",),
    )
    server.start()

    def ask(password):
        named = WindowsMachine(name="w", address="127.0.0.1")
        fleet = Fleet(
            slug="windows",
            machines=[named],
            port=server.port,
            ca=str(pki.trusted.path),
            credential="win",
            timeout=10.0,
        )
        login = Login(username="CORP\\kanmon-ro", password=SecretStr(password))
        (machine,) = read(Request(fleet, login, lambda *_: None))
        return machine

    yield ask
    server.stop()
    pki.close()


def test_a_domain_account_logs_in_with_ntlm(ntlm):
    """What Windows offers by default, bound to the certificate; a wrong password is refused."""
    assert ntlm(PASSWORD).answer.build == "14393"
    refused = unread(ntlm("mistyped-secret"))
    assert "check the credential 'win'" in refused
    assert "mistyped-secret" not in refused


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


def answer(**changed):
    """The sections of the simulated machine's answer, some of them replaced."""
    machine = make("t", {"title": "t", "machine": [{"name": "w", "protection": "agent"}]}).machine[
        0
    ]
    _, output = lab_windows.cmd(windows.COMMAND, machine)
    return {**split(output.decode(), windows.QUESTIONS, "t", ""), **changed}


def test_a_japanese_machine_is_understood():
    """Messages and labels in the machine's language change nothing."""
    absent = "エラー: 指定されたレジストリ キーまたは値が見つかりませんでした。"
    no_service = "[SC] EnumQueryServicesStatus:OpenService FAILED 1060:\n\n指定されたサービスは…"
    parts = {
        name: Section(section.status, absent)
        if section.status == 1
        else Section(section.status, no_service)
        if section.status == 1060
        else section
        for name, section in answer().items()
    }
    parts["service-vsepflt"] = Section(
        0, "SERVICE_NAME: vsepflt\n  種類  : 2  FILE_SYSTEM_DRIVER\n  状態  : 4  RUNNING\n"
    )
    parts["drive"] = Section(0, "\n 5 個のディレクトリ  82542182400 バイトの空き領域\n")
    known = windows.windows(parts)
    assert known.service("vsepflt") == "RUNNING"
    assert known.system_drive_free == 82542182400
    assert not known.root_update_disabled


DENIED = Section(1, "ERROR: Access is denied.\n")
EMPTY = Section(0, "\n")


@pytest.mark.parametrize(
    "changed",
    [
        {"root-local": DENIED},
        {"root-local": EMPTY},
        {"root-local": Section(1, lab_windows.NO_KEY)},
        {"root-policy": DENIED},
        {"authroot-local": DENIED},
        {"disallowed-local": DENIED},
        {"disallowed-enterprise": Section(0, "HKEY_LOCAL_MACHINE\\X\\Certificates\\nonsense\n")},
        {"product": Section(1, lab_windows.NO_KEY)},
        {"build": DENIED},
        {"build": EMPTY},
        {"ubr": DENIED},
        {"ubr": Section(0, "    UBR    REG_DWORD    many\n")},
        {"root-update": DENIED},
        {"root-url": DENIED},
        {"servicing": DENIED},
        {"update": DENIED},
        {"renames": DENIED},
        {"service-vsepflt": Section(5, lab_windows.SERVICE_DENIED)},
        {"service-amsp": EMPTY},
        {"service-amsp": Section(0, "  STATE : 4  WALKING\n")},
        {"a-service": Section(5, lab_windows.SERVICE_DENIED)},
        {
            name: Section(5, lab_windows.SERVICE_DENIED)
            for name in windows.QUESTIONS
            if windows.QUESTIONS[name].startswith("sc ")
        },
        {name: Section(9009, "'reg' is not recognized") for name in ("no-key", "root-local")},
        {"drive": Section(1, "File Not Found\n")},
        {"drive": Section(0, " Directory of C:\\\n 17 Dir(s)\n")},
    ],
)
def test_what_was_not_told_is_never_taken_for_absent(changed):
    """Denied, empty, garbled or missing: the machine is unread, whichever question it was."""
    windows.windows(answer())
    with pytest.raises(CouldNotRead):
        windows.windows(answer(**changed))


def test_optional_things_are_read_when_they_are_there():
    """Group policy's and enterprise's roots, a redirected root list, a pending Windows Update."""
    thumbprint = "0123456789ABCDEF0123456789abcdef01234567"
    key = "\nHKEY_LOCAL_MACHINE\\SOFTWARE\\Policies\\Microsoft\\SystemCertificates\\root"
    key += "\\Certificates"
    known = windows.windows(
        answer(
            **{
                "root-policy": Section(
                    0, f"{key}\n    (Default)    REG_SZ    x\n\n{key}\\{thumbprint}\n"
                ),
                "root-url": Section(0, "    RootDirURL    REG_SZ    http://wsus.corp/roots\n"),
                "root-update": Section(0, "    DisableRootAutoUpdate    REG_DWORD    0x0\n"),
                "update": Section(0, ""),
                "renames": Section(0, "    PendingFileRenameOperations    REG_MULTI_SZ    \n"),
            }
        )
    )
    assert thumbprint.upper() in known.root
    assert known.root_update_url == "http://wsus.corp/roots"
    assert not known.root_update_disabled
    assert known.pending_reboot == ("Windows Update",)


def test_the_command_fits_into_cmd():
    """A cmd line has 8191 characters at most, and the shell puts its own name before ours."""
    assert len(windows.COMMAND) < 8000
    assert "\n" not in windows.COMMAND
    assert "powershell" not in windows.COMMAND.lower()


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
