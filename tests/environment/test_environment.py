"""The environment file: what holds together is read, all else is refused in an operator's words."""

from __future__ import annotations

import copy
import json
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kanmon.environment.change import Tolerances
from kanmon.environment.file import Environment, load, names, parse
from kanmon.environment.targets import KINDS
from kanmon.errors import UsageError

HOME = Path(__file__).parents[1] / "estates"
FILE = HOME / "prod.toml"
ENVS = Path(__file__).parents[2] / "envs"
SECRET = "hunter2-Very-Secret"
PIN = "0123456789abcdef" * 4
TOKYO = timezone(timedelta(hours=9))

ESTATE = {
    "change": {
        "number": "CHG0012345",
        "window": {
            "start": datetime(2026, 12, 5, 22, tzinfo=TOKYO),
            "end": datetime(2026, 12, 6, 6, tzinfo=TOKYO),
        },
    },
    "upgrade": {"vcenter": "7.0 U2", "deep_security": "20.0.0-877"},
    "vcenter": [{"slug": "vc", "address": "vc.example.jp", "credential": "ro", "ca": "ca.pem"}],
    "nsxv": [{"slug": "nv", "address": "nv.example.jp", "credential": "ro", "vcenter": "vc"}],
    "nsxt": [{"slug": "nt", "address": "nt.example.jp", "credential": "ro", "vcenters": ["vc"]}],
    "dsm": [
        {
            "slug": "dsm",
            "credential": "api",
            "database": "db",
            "nodes": [
                {"slug": "dsm-1", "address": "dsm1.example.jp", "fingerprint": f"sha256:{PIN}"},
                {"slug": "dsm-2", "address": "dsm2.example.jp"},
            ],
        }
    ],
    "database": [
        {"slug": "db", "product": "sqlserver", "address": "sql.example.jp", "credential": "ro"}
    ],
    "linux": [{"slug": "host", "address": "dsm1.example.jp", "credential": "key", "node": "dsm-1"}],
    "manager_host": [
        {
            "slug": "other",
            "platform": "windows",
            "address": "dsm2.example.jp",
            "credential": "ro",
            "node": "dsm-2",
        }
    ],
    "windows": [
        {"slug": "fleet", "from_dsm": "dsm", "credential": "ro"},
        {
            "slug": "named",
            "machines": [{"name": "app-1", "address": "192.0.2.7"}],
            "credential": "key",
            "transport": "ssh",
        },
    ],
    "credentials": {
        "ro": {"username": "kanmon-ro", "password": "env:KANMON_RO"},
        "api": {"api_key": "env:KANMON_API"},
        "key": {"username": "kanmon", "private_key": "id_ed25519", "passphrase": "env:KANMON_PP"},
    },
    "severity": {"DSM-NODE-001": "blocker"},
}


def inline(value):
    """A value as TOML writes it on one line."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{json.dumps(k)} = {inline(v)}" for k, v in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(inline, value)) + "]"
    if isinstance(value, date):
        return value.isoformat()
    return repr(value) if isinstance(value, float) else json.dumps(value, ensure_ascii=False)


def toml(values):
    return "\n".join(f"{json.dumps(key)} = {inline(value)}" for key, value in values.items())


def test_the_host_of_a_node_is_named_by_its_platform():
    """A Linux one is a linux table with node; a Windows one is dialled as a Windows machine is."""
    linux = {**ESTATE["linux"][0], "platform": "linux"}
    named = read({**ESTATE, "linux": [], "manager_host": [linux, *ESTATE["manager_host"]]})
    assert named.linux == read(ESTATE).linux
    assert [one.slug for one in named.node_hosts] == ["host", "other"]
    (windows,) = named.manager_host
    assert (windows.transport, windows.port) == ("winrm", 5986)
    assert read(changed(("manager_host", 0, "transport", "ssh"))).manager_host[0].port == 22
    told = refusal(changed(("manager_host", 0, "platform", "linus")))
    assert "manager_host.0.platform" in told
    told = refusal(changed(("manager_host", 0, "node", "dsm-3")))
    assert "manager_host other: node names 'dsm-3', expected a dsm node: dsm-1, dsm-2" in told
    told = refusal(changed(("manager_host", 0, "installer", r"C:\\x & del C:\\y.exe")))
    assert "manager_host.0.installer" in told


def changed(*changes):
    """The estate with some values replaced; each change is (*path, value), None takes it out."""
    values = copy.deepcopy(ESTATE)
    for *path, last, value in changes:
        place = values
        for step in path:
            place = place[step]
        if isinstance(place, list):
            place.insert(last, value)
        elif value is None:
            del place[last]
        else:
            place[last] = value
    return values


def read(values):
    return parse(toml(values), "prod", FILE)


def refusal(values):
    """What an operator is told about values that cannot be used."""
    with pytest.raises(UsageError) as told:
        read(values)
    assert str(FILE) in str(told.value)
    return str(told.value)


def test_an_estate_is_read_in_the_order_of_kinds_and_file():
    """Targets come by kind, then as the file has them, and each is found by its slug."""
    environment = read(ESTATE)
    assert [target.slug for target in environment.targets] == [
        *("vc", "nv", "nt", "dsm", "db", "host", "other", "fleet", "named"),
    ]
    assert tuple(dict.fromkeys(target.kind for target in environment.targets)) == KINDS
    assert [target.slug for target in environment.of_kind("windows")] == ["fleet", "named"]
    assert environment.target("dsm").nodes[1].where == "dsm2.example.jp:4119"
    with pytest.raises(KeyError):
        environment.target("dsm-1")


def test_the_name_is_the_files(tmp_path):
    """The environment's name is its file's, and a name in the file is refused."""
    path = tmp_path / "prod.toml"
    path.write_text(toml(ESTATE), encoding="utf-8")
    assert load(path).name == "prod"
    assert "name: unknown key" in refusal({"name": "other", **ESTATE})


@pytest.mark.parametrize("name", names(ENVS))
def test_the_shipped_files_can_be_used(name):
    """Every environment file in envs/ is one that kanmon itself takes."""
    assert load(ENVS / f"{name}.toml").name == name


@pytest.mark.parametrize(
    "path",
    [
        (),
        ("change",),
        ("change", "window"),
        ("upgrade",),
        *[(kind, 0) for kind in KINDS],
        ("dsm", 0, "nodes", 1),
        ("windows", 1, "machines", 0),
        ("credentials", "ro"),
    ],
    ids=lambda path: ".".join(map(str, path)) or "file",
)
def test_unknown_keys_are_refused(path):
    """A key that kanmon does not know is an error at every level, and is named with its path."""
    named = ".".join(map(str, (*path, "colour")))
    assert f"{named}: unknown key" in refusal(changed((*path, "colour", "red")))


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        (("vcenter", 0, "port"), "443", "integer"),
        (("vcenter", 0, "port"), 70000, "65535"),
        (("vcenter", 0, "port"), 0, "greater than or equal to 1"),
        (("vcenter", 0, "port"), True, "integer"),
        (("vcenter", 0, "address"), 7, "string"),
        (("vcenter", 0, "address"), "", "at least 1 character"),
        (("vcenter", 0, "address"), "  ", "a host name or an IP address alone"),
        (("vcenter", 0, "slug"), "VC main", "pattern"),
        (("vcenter", 0, "timeout"), "30", "number"),
        (("vcenter", 0, "timeout"), 0, "greater than 0"),
        (("vcenter", 0, "timeout"), float("nan"), "600"),
        (("vcenter", 0, "timeout"), float("inf"), "600"),
        (("vcenter",), {"slug": "vc"}, "list"),
        (("upgrade", "vcenter"), 7.0, "string"),
        (("upgrade", "installation"), "fresh", "'upgrade' or 'new'"),
        (("nsxt", 0, "vcenters"), [], "at least 1 item"),
        (("nsxt", 0, "vcenters"), "vc", "list"),
        (("dsm", 0, "nodes"), [], "at least 1 item"),
        (("database", 0, "product"), "mysql", "'sqlserver', 'postgresql' or 'oracle'"),
        (("linux", 0, "installer"), "/root/x; reboot", "pattern"),
        (("windows", 0, "transport"), "rdp", "'winrm' or 'ssh'"),
        (("credentials", "ro"), "env:X", "dictionary"),
        (("severity", "DSM-NODE-001"), "fatal", "'advice', 'warning' or 'blocker'"),
    ],
    ids=str,
)
def test_wrong_values_are_refused(path, value, expected):
    """A value of the wrong type or out of range is named by its key, with what was expected."""
    named = ".".join(map(str, path))
    line = next(line for line in refusal(changed((*path, value))).splitlines() if named in line)
    assert line.startswith(f"  {named}: ")
    assert expected in line


@pytest.mark.parametrize("name", Tolerances.model_fields)
def test_a_tolerance_has_a_bound(name):
    """What would hold for every estate is no tolerance."""
    told = refusal(changed(("tolerances", {name: 100_000})))
    assert f"tolerances.{name}: " in told
    assert "less than or equal to" in told


@pytest.mark.parametrize(
    "path",
    [
        ("change", "number"),
        ("change", "window"),
        ("change", "window", "end"),
        ("vcenter", 0, "slug"),
        ("vcenter", 0, "address"),
        ("vcenter", 0, "credential"),
        ("nsxv", 0, "vcenter"),
        ("nsxt", 0, "vcenters"),
        ("dsm", 0, "nodes"),
        ("dsm", 0, "database"),
        ("database", 0, "product"),
        ("linux", 0, "credential"),
        ("windows", 1, "machines", 0, "address"),
    ],
    ids=lambda path: ".".join(map(str, path)),
)
def test_missing_keys_are_named(path):
    """A key that must be there is named when it is not."""
    assert f"{'.'.join(map(str, path))}: Field required" in refusal(changed((*path, None)))


@pytest.mark.parametrize("kind", KINDS)
def test_the_kind_of_a_target_is_no_key(kind):
    """The table says of which kind a target is: a key that says it too could contradict it."""
    for value in (kind, "vcenter"):
        assert f"{kind}.0.kind: unknown key" in refusal(changed((kind, 0, "kind", value)))


ADDRESSES = pytest.mark.parametrize(
    "path",
    [
        *[(kind, 0) for kind in ("vcenter", "nsxv", "nsxt", "database", "linux")],
        ("dsm", 0, "nodes", 1),
        ("windows", 1, "machines", 0),
    ],
    ids=lambda path: path[0],
)


@ADDRESSES
@pytest.mark.parametrize(
    "address",
    [
        "https://vc.example.jp",
        "https://vc.example.jp:443/sdk",
        "vc.example.jp/ui",
        "vc.example.jp:443",
        "192.0.2.9:443",
        "[2001:db8::9]",
        "[2001:db8::9]:443",
        "root@vc.example.jp",
        "vc example",
        " vc.example.jp",
    ],
)
def test_an_address_is_a_host_alone(path, address):
    """A URL, a login or a port in an address would be dialled as the name of a host."""
    named = ".".join(map(str, path))
    told = refusal(changed((*path, "address", address)))
    assert f"{named}.address: expected a host name or an IP address alone" in told
    assert address not in told


@ADDRESSES
@pytest.mark.parametrize("address", ["other", "other.example.jp", "192.0.2.9", "2001:db8::9:443"])
def test_hosts_and_ip_addresses_are_taken(path, address):
    """A name, an IPv4 and an IPv6 address are addresses, even where its end looks like a port."""
    assert read(changed((*path, "address", address)))


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("vcenter", "7"),
        ("vcenter", "7.0.2"),
        ("vcenter", "latest"),
        ("esxi", "ESXi 7.0 U2"),
        ("nsx", "3.1.2"),
        ("nsx", "NSX 3.1.2"),
        ("deep_security", "20"),
        ("deep_security", "20.0.2"),
        ("deep_security", "DS 20.0"),
    ],
)
def test_a_target_version_that_its_family_does_not_know_is_refused(key, text):
    """A version that could mean two things is refused before anything is read, by its key."""
    told = refusal(changed(("upgrade", key, text)))
    assert f"upgrade.{key}: got version {text!r}, expected " in told


@pytest.mark.parametrize(
    ("key", "texts"),
    [
        ("vcenter", ["7.0 U2", "6.7 U3", "7.0"]),
        ("esxi", ["7.0 U2", "6.5"]),
        ("nsx", ["NSX-T 3.1.2", "NSX-V 6.4.5"]),
        ("deep_security", ["20.0.0-877", "20.0.877", "20.0"]),
    ],
)
def test_target_versions_are_kept_as_written(key, texts):
    """A version that is understood stays the operator's own text."""
    for text in texts:
        assert getattr(read(changed(("upgrade", key, text))).upgrade, key) == text


BARE = {"credentials": ESTATE["credentials"]}
MANAGER = {**BARE, "dsm": ESTATE["dsm"], "database": ESTATE["database"]}
VCENTER = {**BARE, "vcenter": ESTATE["vcenter"]}


@pytest.mark.parametrize(
    ("values", "key", "text", "absent"),
    [
        (MANAGER, "vcenter", "7.0 U2", "vcenter"),
        (MANAGER, "esxi", "7.0 U2", "vcenter"),
        (MANAGER, "nsx", "NSX-T 3.1.2", "nsxv or nsxt"),
        (VCENTER, "nsx", "NSX-T 3.1.2", "nsxv or nsxt"),
        (VCENTER, "deep_security", "20.0", "dsm"),
    ],
)
def test_what_is_to_be_upgraded_is_named(values, key, text, absent):
    """The version of a product that the file does not name would be judged by nobody."""
    told = refusal({**values, "upgrade": {key: text}})
    assert f"upgrade.{key} is given, but no {absent} is named" in told


@pytest.mark.parametrize(
    ("values", "upgrade"),
    [
        (MANAGER, {"deep_security": "20.0"}),
        (VCENTER, {"vcenter": "7.0 U2", "esxi": "7.0 U2"}),
        (VCENTER, {}),
    ],
)
def test_an_estate_of_a_part_names_that_part(values, upgrade):
    """A file may name a part of an estate, with the versions of that part."""
    assert read({**values, "upgrade": upgrade}).targets


@pytest.mark.parametrize("key", ["change", "upgrade", "vcenter", "credentials", "severity"])
def test_a_lab_stands_alone(key):
    """What stands beside a lab would be read by nobody, and is refused by its name."""
    told = refusal({"lab": {"world": "demo"}, key: ESTATE[key]})
    assert f"{key} stands beside [lab]" in told


SECOND_NODE = {"slug": "dsm-3", "address": "DSM2.example.jp"}
SECOND_MACHINE = {"name": "app-2", "address": "192.0.2.7"}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        *[
            ((kind, 1, {**ESTATE[kind][0], "slug": "second"}), f"{slug} and second")
            for kind, slug in (
                ("vcenter", "vc"),
                ("nsxv", "nv"),
                ("nsxt", "nt"),
                ("database", "db"),
                ("linux", "host"),
            )
        ],
        (("dsm", 0, "nodes", 2, SECOND_NODE), "dsm-2 and dsm-3"),
        (("windows", 1, "machines", 1, SECOND_MACHINE), "app-1 and app-2"),
    ],
    ids=lambda value: value if isinstance(value, str) else value[0],
)
def test_two_targets_at_one_address_are_refused(change, told):
    """Two names for one machine, in any case of the letters, would hide that one was not read."""
    assert f"{told} have the same address" in refusal(changed(change))


def test_one_host_may_be_several_targets():
    """A machine is a manager node and a Linux host; two databases listen on two ports."""
    second = {**ESTATE["database"][0], "slug": "second", "port": 1434}
    assert read(changed(("database", 1, second))).target("second").where == "sql.example.jp:1434"
    assert read(ESTATE).target("host").address == read(ESTATE).target("dsm").nodes[0].address


def test_a_file_without_targets_is_refused():
    """A file that names nothing to judge would read as an estate without faults."""
    for values in ({}, {"change": ESTATE["change"], "credentials": ESTATE["credentials"]}):
        assert "it names no target: expected tables of vcenter, nsxv" in refusal(values)
    assert read({"lab": {"world": "demo"}}).targets == ()


def test_all_problems_are_told_at_once():
    """An operator mends a file once: each of its problems is in the same message."""
    told = refusal(changed(("vcenter", 0, "port", "x"), ("linux", 0, "colour", "red")))
    assert "vcenter.0.port" in told
    assert "linux.0.colour" in told


@pytest.mark.parametrize(
    ("change", "slug"),
    [
        (("vcenter", 1, ESTATE["vcenter"][0]), "vc"),
        (("linux", 0, "slug", "db"), "db"),
        (("linux", 0, "slug", "dsm-1"), "dsm-1"),
        (("dsm", 0, "nodes", 1, "slug", "dsm-1"), "dsm-1"),
        (("dsm", 0, "nodes", 1, "slug", "dsm"), "dsm"),
    ],
    ids=["in a kind", "between kinds", "node and target", "two nodes", "node and its manager"],
)
def test_slugs_are_unique(change, slug):
    """No slug stands for two things, nodes of a manager included."""
    assert f"slug {slug!r} is used twice" in refusal(changed(change))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("nsxv", 0, "vcenter", "no"), "nsxv nv: vcenter names 'no', expected a vcenter: vc"),
        (("nsxv", 0, "vcenter", "db"), "nsxv nv: vcenter names 'db', expected a vcenter: vc"),
        (("nsxt", 0, "vcenters", ["vc", "no"]), "nsxt nt: vcenters names 'no', expected a vcenter"),
        (("dsm", 0, "database", "no"), "dsm dsm: database names 'no', expected a database: db"),
        (("linux", 0, "node", "dsm"), "node names 'dsm', expected a dsm node: dsm-1, dsm-2"),
        (("windows", 0, "from_dsm", "dsm-1"), "from_dsm names 'dsm-1', expected a dsm: dsm"),
        (("database", None), "dsm dsm: database names 'db', expected a database: none is named"),
    ],
    ids=str,
)
def test_relations_lead_to_a_target_of_the_right_kind(change, told):
    """A relation that leads nowhere, or to another kind, is told with the slugs that would do."""
    assert told in refusal(changed(change))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (
            ("vcenter", 0, "credential", "no"),
            "vcenter vc: credential names 'no', expected one of [credentials]: ro, api, key",
        ),
        (("credentials", None), "names 'ro', expected one of [credentials]: none is named"),
        (("credentials", "ro", "password", None), "a username needs a password or a private_key"),
        (
            ("credentials", "ro", "username", None),
            "credentials.ro: expected a username with a password or private_key, or an api_key",
        ),
        (("vcenter", 0, "credential", "api"), "vcenter vc: credential 'api' needs a username"),
        (("linux", 0, "credential", "api"), "linux host: credential 'api' needs a username"),
        (("vcenter", 0, "credential", "key"), "vcenter vc: credential 'key' needs a password"),
        (("dsm", 0, "credential", "key"), "dsm dsm: credential 'key' needs a password"),
        (("windows", 0, "credential", "key"), "windows fleet: credential 'key' needs a password"),
    ],
    ids=str,
)
def test_credentials_fit_their_targets(change, told):
    """A credential that is unknown, incomplete or of no use at its target is refused."""
    assert told in refusal(changed(change))


@pytest.mark.parametrize("field", ["password", "api_key", "passphrase"])
@pytest.mark.parametrize(
    "value",
    [
        SECRET,
        f"vault:{SECRET}",
        f"keyring:{SECRET}",
        f"keyring:/{SECRET}",
        f"keyring:{SECRET}/",
        f"ENV:{SECRET}",
        [SECRET],
        {"value": SECRET},
        {SECRET: {SECRET: SECRET}},
    ],
    ids=repr,
)
def test_a_secret_in_the_file_is_refused_without_repeating_it(field, value):
    """A literal secret is an error that says where it stands and never what it is."""
    told = refusal(changed(("credentials", "ro", field, value)))
    assert f"credentials.ro.{field}: " in told
    assert SECRET not in told


@pytest.mark.parametrize(
    "line",
    [
        f"password = {SECRET}",
        f'password = "{SECRET}" x',
        f'password = "{SECRET}\n',
        f'password = "\\q{SECRET}"',
        f"vcenter = 1\n[[vcenter]]\npassword = '{SECRET}'",
        f"[[vcenter]]\npassword = '{SECRET}'",
        f"[credentials]\npassword = '{SECRET}'",
        f"credentials = '{SECRET}'",
    ],
)
def test_a_secret_in_the_wrong_place_is_not_repeated(line):
    """Whatever is wrong with a line that holds a secret, the error does not quote the line."""
    with pytest.raises(UsageError) as told:
        parse(line, "prod", FILE)
    assert SECRET not in str(told.value)


def test_a_pasted_private_key_is_refused_without_repeating_it():
    """private_key is a path: the key itself is refused like any other secret in the file."""
    pem = f"-----BEGIN OPENSSH PRIVATE KEY-----\n{SECRET}\n-----END OPENSSH PRIVATE KEY-----\n"
    told = refusal(changed(("credentials", "key", "private_key", pem)))
    assert "credentials.key.private_key: " in told
    assert SECRET not in told


@pytest.mark.parametrize(
    "text",
    [
        f"sha256:{PIN}",
        f"sha256:{PIN.upper()}",
        "sha256:" + ":".join(PIN[i : i + 2] for i in range(0, 64, 2)).upper(),
    ],
    ids=["lower", "upper", "colons"],
)
def test_fingerprints_are_read_in_the_forms_that_tools_print(text):
    """The forms that openssl and browsers print are the same fingerprint."""
    node = read(changed(("dsm", 0, "nodes", 0, "fingerprint", text))).target("dsm").nodes[0]
    assert node.fingerprint == PIN


@pytest.mark.parametrize(
    "text", [PIN, f"sha1:{PIN[:40]}", f"sha256:{PIN[:-1]}", f"sha256:{PIN}0", "sha256:" + "g" * 64]
)
def test_other_fingerprints_are_refused(text):
    """A fingerprint of another algorithm or length pins nothing and is refused."""
    told = refusal(changed(("dsm", 0, "nodes", 0, "fingerprint", text)))
    assert "dsm.0.nodes.0.fingerprint: expected sha256: and 64 hex digits" in told


def test_trust_is_given_once():
    """A CA beside a pinned fingerprint would leave open which one counts."""
    told = refusal(changed(("vcenter", 0, "fingerprint", f"sha256:{PIN}")))
    assert "vcenter.0: give ca or fingerprint, not both" in told


@pytest.mark.parametrize("hours", [0, -1])
def test_a_window_ends_after_it_starts(hours):
    """A window without length, or backwards, is refused."""
    start = ESTATE["change"]["window"]["start"]
    told = refusal(changed(("change", "window", "end", start + timedelta(hours=hours))))
    assert "change.window: the window ends before it starts" in told


def test_a_window_is_compared_across_time_zones():
    """06:00+09:00 is before 22:00 UTC of the day before, although its digits say otherwise."""
    window = {
        "start": datetime(2026, 12, 5, 22, tzinfo=UTC),
        "end": datetime(2026, 12, 6, 6, tzinfo=TOKYO),
    }
    assert "ends before it starts" in refusal(changed(("change", "window", window)))


def test_times_carry_a_zone():
    """A time without zone would mean another hour on another jump host."""
    naive = datetime(2026, 12, 5, 22)  # noqa: DTZ001 - what is refused
    told = refusal(changed(("change", "window", "start", naive)))
    assert "change.window.start: Input should have timezone info" in told


@pytest.mark.parametrize(
    ("changes", "slug", "port"),
    [
        ([], "vc", 443),
        ([], "db", 1433),
        ([("database", 0, "product", "postgresql")], "db", 5432),
        ([("database", 0, "port", 1434)], "db", 1434),
        ([], "host", 22),
        ([], "fleet", 5986),
        ([], "named", 22),
        ([("windows", 1, "port", 2222)], "named", 2222),
    ],
    ids=str,
)
def test_ports_are_the_usual_ones_unless_given(changes, slug, port):
    """The port follows the product or the transport where the file gives none."""
    assert read(changed(*changes)).target(slug).port == port


def test_a_fleet_has_one_list():
    """The machines of a fleet come from the manager or from the file, not from both or neither."""
    for change in [("from_dsm", None), ("machines", [{"name": "a", "address": "b"}])]:
        told = refusal(changed(("windows", 0, *change)))
        assert "windows.0: give from_dsm, or machines, and not both" in told


def test_relative_paths_start_at_the_file(tmp_path):
    """Paths of CA and known_hosts files are relative to the file that names them, at any depth."""
    elsewhere = str(tmp_path / "abs.pem")
    environment = read(
        changed(
            ("nsxv", 0, "ca", elsewhere),
            ("nsxt", 0, "ca", "~/ca.pem"),
            ("dsm", 0, "nodes", 1, "ca", "certs/dsm.pem"),
            ("linux", 0, "known_hosts", "known_hosts"),
        )
    )
    assert environment.target("vc").ca == str(HOME / "ca.pem")
    assert environment.target("nv").ca == elsewhere
    assert environment.target("nt").ca == str(Path.home() / "ca.pem")
    assert environment.target("dsm").nodes[1].ca == str(HOME / "certs/dsm.pem")
    assert environment.target("host").known_hosts == str(HOME / "known_hosts")


def test_an_absent_file_is_told_with_those_that_exist(tmp_path):
    """A mistyped name is answered with the names that there are."""
    for name in ("prod", "demo"):
        (tmp_path / f"{name}.toml").touch()
    with pytest.raises(UsageError, match=r"no environment 'pord'.*there are: demo, prod"):
        load(tmp_path / "pord.toml")
    with pytest.raises(UsageError, match="there are: none"):
        load(tmp_path / "nowhere" / "prod.toml")


def test_a_file_that_is_not_text_is_refused(tmp_path):
    """A file in another encoding, or a directory, is told as such and by its path."""
    (tmp_path / "sjis.toml").write_bytes("number = '関門'".encode("shift_jis"))
    (tmp_path / "dir.toml").mkdir()
    for name in ("sjis.toml", "dir.toml"):
        with pytest.raises(UsageError, match=f"{name} cannot be read: "):
            load(tmp_path / name)


def test_toml_errors_name_the_line():
    """What is no TOML is told with file and line."""
    with pytest.raises(UsageError, match=r"prod\.toml is not TOML: .*line 2"):
        parse('[change]\nnumber = "x\n', "prod", FILE)


def test_a_byte_order_mark_is_no_part_of_the_file(tmp_path):
    """A file that a Windows editor saved as UTF-8 is read like any other."""
    path = tmp_path / "prod.toml"
    path.write_text(toml(ESTATE), encoding="utf-8-sig")
    assert load(path).target("vc").slug == "vc"


def told_or_read(text):
    """Whether a text ends in an environment or in words for the operator, and in nothing else."""
    try:
        assert isinstance(parse(text, "prod", FILE), Environment)
    except UsageError as error:
        assert str(error).startswith(str(FILE))  # noqa: PT017 - both ends are right, a third is not


@pytest.mark.parametrize(
    "text",
    ["a=" + "[" * 5000, "a=" + "9" * 5000, "[[vcenter]]\nca = '~no-such-user/ca.pem'"],
    ids=["deep", "long number", "home of nobody"],
)
def test_extreme_texts_are_refused(text):
    """Texts at which Python itself gives up are refused like any other."""
    told_or_read(text)


# Known keys and values, so that generated files get past the first check, beside any others.
KEYS = st.sampled_from(
    [
        *Environment.model_fields,
        *("slug", "address", "credential", "ca", "fingerprint", "port", "product", "transport"),
        *("nodes", "machines", "from_dsm", "database", "username", "password", "window", "start"),
    ]
) | st.text(max_size=5)
LEAVES = (
    st.sampled_from(["vc", "db", "sqlserver", "ssh", "env:X", f"sha256:{PIN}"])
    | st.none().map(lambda _: datetime(2026, 1, 1, tzinfo=UTC))
    | st.text(max_size=8)
    | st.integers()
    | st.floats()
    | st.booleans()
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, min_size=1, max_size=6)
    ),
    max_leaves=12,
)


@given(st.text() | st.text("[]{}=\"'\n.,#0123456789-:TZabc_", max_size=60))
def test_any_text_is_an_environment_or_a_usage_error(text):
    """No text whatever ends in anything but an environment or a UsageError."""
    told_or_read(text)


@given(st.dictionaries(KEYS, VALUES, max_size=5))
@example({"database": [{"product": ["sqlserver"]}]})
@example({"windows": [{"transport": ["ssh"]}]})
def test_any_values_are_an_environment_or_a_usage_error(values):
    """No TOML whatever ends in anything but an environment or a UsageError."""
    told_or_read(toml(values))


@given(st.sampled_from([path for kind in KINDS for path in [(kind, 0)]]), KEYS, VALUES)
@example(("database", 0), "product", {"a": 1})
def test_any_value_in_a_target_is_read_or_a_usage_error(path, key, value):
    """One wrong value in a good file ends in a UsageError, whatever it is."""
    told_or_read(toml(changed((*path, key, value))))


ATTESTED = {
    "check": "VC-BKP-001",
    "target": "vc",
    "answers": "no job is known",
    "says": "the backup of last night was restored",
    "by": "Taro Yamada",
    "on": date(2026, 11, 20),
}


def test_an_attestation_of_nobodys_target_is_refused():
    """A typo in the slug would attest nothing."""
    told = refusal(changed(("attestation", [{**ATTESTED, "target": "vcc"}])))
    assert "attestation of VC-BKP-001: target" in told
