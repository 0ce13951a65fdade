"""Nothing that goes wrong with a target, a check or the operator's words ends in GO."""

from __future__ import annotations

import shlex
import shutil
import socket
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from kanmon.evidence.saved import load as load_run
from kanmon.evidence.saved import save
from lab.world.world import load
from tests.evidence.test_runs_before import PRE
from tests.running import HOME, Ended, judge, run, world


@pytest.mark.parametrize(
    ("arguments", "listed"),
    [
        (("--env", "prdo"), "demo-blocked"),
        (("--env", "demo", "--step", "manger"), "vsphere-bridge"),
        (("--env", "demo", "--phase", "after"), "post"),
        (("--env", "demo", "--check", "DB-TLS-999"), "DB-TLS-001"),
        (("--env", "demo", "--target", "vc-mian"), "vc-main"),
        (("--env", "demo", "--lang", "jp"), "there are: en, ja"),
        (("--facts", "nowhere"), "run.json"),
    ],
)
def test_typo(arguments: tuple[str, ...], listed: str, tmp_path: Path) -> None:
    """What does not exist is a usage error (exit status 4) that lists what does, and no more."""
    ended = judge(tmp_path / "reports", *arguments)
    assert ended.status == 4, ended.output
    assert listed in ended.output
    assert ended.directory is None


def few_checks(home: Path) -> str:
    """A place whose few checks would pass for all there are."""
    (home / "checks").mkdir()
    for name in ("test_baseline.py", "test_interop.py", "test_nsxv_migration.py"):
        shutil.copy(HOME / "checks" / name, home / "checks")
    return str(home)


USAGE = {
    "no estate": ((), "--env NAME; there are: article, demo, demo-blocked, example"),
    "no such target": (("--env", "demo", "--target", "vc-mian"), "vc-main"),
    "no such place": (("--env", "demo", "--report-dir", "README.md"), "give --report-dir"),
    "no report": (("--env", "demo", "-p", "no:html"), "pytest-html"),
    "no password": (("--env", "{counted}"), "KANMON_NEVER_SET"),
    "another root": (
        ("--env", str(HOME / "envs" / "demo.toml"), "--rootdir", "{few}", "--step", "manager"),
        "which says what a whole run is: leave out --rootdir and -c",
    ),
}


@pytest.mark.e2e
@pytest.mark.parametrize("case", USAGE)
def test_wrong_usage(case: str, tmp_path: Path) -> None:
    """Whichever of pytest's hooks meets it: status 4, words, nothing dialled, nothing left."""
    (file, _, contacts), few = _estate_that_counts(tmp_path), few_checks(tmp_path)
    arguments, told = USAGE[case]
    given = [one.format(counted=file, few=few) for one in arguments]
    ended = run(tmp_path / "reports", *given)
    assert ended.status == 4, ended.output
    assert told in ended.output
    assert "example.waivers" not in ended.output
    assert (ended.directory, contacts) == (None, [])
    assert "Traceback" not in ended.output


def test_typo_in_the_environment_file(tmp_path: Path) -> None:
    """An unknown key is a usage error that names file and key."""
    file = tmp_path / "prod.toml"
    file.write_text('[[vcenter]]\nslug = "vc"\nadress = "vc.example.jp"\ncredential = "x"\n')
    ended = judge(tmp_path / "reports", "--env", str(file))
    assert ended.status == 4
    assert "vcenter.0.adress: unknown key" in ended.output
    assert str(file) in ended.output


def test_missing_password(tmp_path: Path) -> None:
    """An unset credential is a usage error that names it, before anything is contacted."""
    file, port, contacts = _estate_that_counts(tmp_path)
    ended = judge(tmp_path / "reports", "--env", str(file))
    assert ended.status == 4
    assert "KANMON_NEVER_SET" in ended.output
    assert contacts == []
    assert port


@pytest.mark.e2e
def test_collect_only_contacts_nothing(tmp_path: Path) -> None:
    """--collect-only lists the checks, dials nobody, and leaves nothing behind."""
    file, _, contacts = _estate_that_counts(tmp_path)
    ended = run(tmp_path / "reports", "--env", str(file), "--collect-only", "-q")
    assert ended.status == 0, ended.output
    assert "test_hosts_are_ready[vc]" in ended.output
    assert contacts == []
    assert ended.directory is None


def _estate_that_counts(path: Path) -> tuple[Path, int, list[object]]:
    """An environment of one vCenter whose port remembers who called."""
    listener = socket.create_server(("127.0.0.1", 0))
    contacts: list[object] = []

    def count() -> None:
        while True:
            contacts.append(listener.accept())

    threading.Thread(target=count, daemon=True).start()
    port = listener.getsockname()[1]
    file = path / "counted.toml"
    file.write_text(
        f'[[vcenter]]\nslug = "vc"\naddress = "127.0.0.1"\nport = {port}\ncredential = "c"\n'
        '[credentials.c]\nusername = "u"\npassword = "env:KANMON_NEVER_SET"\n'
    )
    return file, port, contacts


@pytest.mark.parametrize("arguments", [("--check", "PLAN-DATA-001"), ("--target", "vc-main")])
def test_partial_run(arguments: tuple[str, ...], demo: Ended, tmp_path: Path) -> None:
    """However a run is narrowed, it says which checks it left out, and is never GO."""
    left_out_of(demo, judge(tmp_path, "--env", "demo", *arguments))


def left_out_of(whole: Ended, ended: Ended) -> set[str]:
    """The checks that a partial run of this estate names as left out, by id and target."""
    left_out = ended.results["partial"]
    assert whole.results["partial"] == []
    assert ended.status == 6, ended.output
    assert "left out of this partial run" in ended.output
    planned = ended.results["coverage"]["planned"]
    assert 0 < planned < whole.results["coverage"]["planned"] == len(left_out) + planned
    judged = {named(one) for one in ended.results["checks"]}
    assert set(left_out) == {named(one) for one in whole.results["checks"]} - judged
    return set(left_out)


def named(check: dict[str, Any]) -> str:
    """A check as a partial run names it."""
    return f"{check['id']} ({check['target']})" if check["target"] else check["id"]


NARROWED = {
    "DB-TLS-001 (dsm-db)": ("-k", "not database_accepts_tls_12"),
    "ESX-STATE-001 (vc-main)": ("--deselect", "checks/test_esxi.py"),
    "VC-VER-001 (vc-main)": ("-o", "python_files=test_[!v]*.py"),
    "PLAN-DATA-001": ("-o", "python_functions=test_[!k]*"),
    "DSM-NODE-001 (dsm)": ("--ignore", "checks/test_manager.py"),
}
"""Ways to narrow a run that pytest has, each with a check that it alone leaves out."""


@pytest.mark.e2e
def test_run_that_pytest_narrows(demo: Ended, tmp_path: Path) -> None:
    """Whatever pytest leaves out is missed, also by options that lie in the shell."""
    shell, *others = NARROWED.values()
    again = ("--facts", str(demo.directory), *(word for option in others for word in option))
    left_out = left_out_of(demo, run(tmp_path, *again, PYTEST_ADDOPTS=shlex.join(shell)))
    assert left_out >= NARROWED.keys()


@pytest.mark.e2e
def test_one_file_of_checks(demo: Ended, tmp_path: Path) -> None:
    """A run that names one file of checks is a partial one, although all of them pass."""
    again = ("--facts", str(demo.directory))
    ended = run(tmp_path, *again, checks="checks/test_esxi.py")
    left_out_of(demo, ended)
    assert ended.results["coverage"]["failed"] == 0


@pytest.mark.e2e
def test_module_that_cannot_be_imported(demo: Ended, tmp_path: Path) -> None:
    """Checks that are lost with their file are missed, even where pytest goes on without them."""
    home = tmp_path / "copy"
    shutil.copytree(HOME / "checks", home / "checks")
    (home / "conftest.py").write_text((HOME / "conftest.py").read_text(encoding="utf-8"))
    (home / "pytest.ini").write_text("[pytest]\n")
    with (home / "checks" / "test_manager.py").open("a") as file:
        file.write("import nobody_has_this\n")
    for option, status in ((), 2), (("--continue-on-collection-errors",), 6):
        again = ("--facts", str(demo.directory), *option)
        ended = run(tmp_path / "reports", *again, cwd=home)
        assert ended.status == status, ended.output
        assert "nobody_has_this" in ended.output


STEPS = [
    "vsphere-bridge",
    "manager",
    "agent",
    "appliance",
    "nsxt-build",
    "nsx-migration",
    "vsphere-target",
]


@pytest.mark.parametrize("step", STEPS)
def test_step_that_never_happened(step: str, tmp_path: Path) -> None:
    """A run after a step on an estate that is as before it is not GO."""
    ended = judge(tmp_path, "--env", "demo", "--step", step, "--phase", "post")
    assert ended.status in (1, 6), ended.output
    assert "the step ended well" not in ended.output


def test_facts_of_before_say_nothing_of_after(tmp_path: Path) -> None:
    """Facts that were read before a step cannot be judged as those after it."""
    before = judge(tmp_path / "a", "--env", "demo", "--step", "manager")
    after = judge(tmp_path / "b", "--facts", str(before.directory), "--phase", "post")
    assert after.status == 4
    assert "phase pre" in after.output


def test_estate_beside_a_lab(tmp_path: Path) -> None:
    """A file with real targets and a lab is refused: the real ones would be read by nobody."""
    file = tmp_path / "prod.toml"
    file.write_text(
        '[lab]\nworld = "demo"\n[[vcenter]]\nslug = "vc"\naddress = "vc.example.jp"\n'
        'credential = "c"\n[credentials.c]\nusername = "u"\npassword = "env:X"\n'
    )
    ended = judge(tmp_path / "reports", "--env", str(file))
    assert ended.status == 4
    assert "vcenter stands beside [lab]" in ended.output


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('[severity]\n"NET-CERT-01" = "blocker"', "[severity] NET-CERT-01: there is no such check"),
        ('[severity]\n"DB-TLS-001" = "warning"', "cannot be lowered"),
    ],
)
def test_severity_of_the_operator(line: str, told: str, tmp_path: Path) -> None:
    """What is said of an unknown check, or a severity below the check's own, is a usage error."""
    file, _, _ = _estate_that_counts(tmp_path)
    with file.open("a") as more:
        more.write(f"{line}\n")
    ended = judge(tmp_path / "reports", "--env", str(file), KANMON_NEVER_SET="x")
    assert ended.status == 4
    assert told in ended.output


def test_severity_that_the_operator_raised(tmp_path: Path) -> None:
    """A check that is advice by itself is a blocker where the environment says so: NO-GO."""
    saved = load_run(PRE)
    estate = saved.environment.model_copy(update={"severity": {"DB-TLS-003": "blocker"}})
    save(tmp_path / "saved" / "facts", replace(saved, environment=estate))
    ended = judge(tmp_path / "r", "--facts", str(tmp_path / "saved"), "--check", "DB-TLS-003")
    assert [check["severity"] for check in ended.results["checks"]] == ["blocker"]
    assert ended.status == 1, ended.output


@pytest.mark.parametrize("step", ["manager", "nsx-migration"])
def test_step_without_its_products(step: str, tmp_path: Path) -> None:
    """A step whose product the environment does not name is a usage error."""
    file, _, _ = _estate_that_counts(tmp_path)
    ended = judge(tmp_path / "r", "--env", str(file), "--step", step, KANMON_NEVER_SET="x")
    assert ended.status == 4
    assert "names no" in ended.output


def test_window_that_is_over(tmp_path: Path) -> None:
    """A change whose window has ended cannot start: a usage error."""
    file, _, _ = _estate_that_counts(tmp_path)
    with file.open("a") as more:
        more.write(
            '[change]\nnumber = "C1"\n'
            "window = { start = 2020-01-01T00:00:00Z, end = 2020-01-01T08:00:00Z }\n"
        )
    ended = judge(tmp_path / "r", "--env", str(file), KANMON_NEVER_SET="x")
    assert ended.status == 4
    assert "change.window ended" in ended.output


@pytest.mark.e2e
def test_machine_without_letters(tmp_path: Path) -> None:
    """Files and answers are read and written in UTF-8, whatever the locale and the console are.

    A verdict does not turn into another for a letter that the console cannot show.
    """
    machine = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    told = {"PYTHONWARNDEFAULTENCODING": "1", "PYTHONIOENCODING": "cp1252"}
    strict = ("error::EncodingWarning", "ignore::EncodingWarning:paramiko.hostkeys")
    warnings = [f"-W{one}" for one in strict]
    ended = run(tmp_path / "関門", "--env", "demo", "--lang", "ja", *warnings, **machine, **told)
    assert ended.status == 0, ended.output
    assert "変更を開始してよい" in ended.page


def test_report_that_cannot_be_written(tmp_path: Path) -> None:
    """A place where no report can be is a usage error before anything is read."""
    (tmp_path / "file").write_text("")
    ended = judge(tmp_path / "file", "--env", "demo")
    assert ended.status == 4
    assert "give --report-dir" in ended.output


def test_same_address_twice(tmp_path: Path) -> None:
    """Two nodes of one address are refused: one of them would never be asked."""
    file = tmp_path / "twice.toml"
    file.write_text(
        '[[dsm]]\nslug = "dsm"\ncredential = "c"\ndatabase = "db"\nnodes = ['
        '{ slug = "n1", address = "dsm.example" }, { slug = "n2", address = "DSM.example" }]\n'
        '[[database]]\nslug = "db"\nproduct = "sqlserver"\naddress = "sql"\ncredential = "c"\n'
        '[credentials.c]\nusername = "u"\npassword = "env:X"\n'
    )
    ended = judge(tmp_path / "reports", "--env", str(file))
    assert ended.status == 4
    assert "n1 and n2 have the same address" in ended.output


def test_only_what_is_needed_is_read(tmp_path: Path) -> None:
    """One check on one target reads that check's facts of that target, and nothing else."""
    ended = judge(tmp_path, "--env", "demo", "--check", "ESX-STATE-001", "--target", "vc-main")
    targets = {t["name"]: t["parts"] for t in ended.results["targets"] if t["parts"]}
    assert targets == {"vc-main": ["about", "hosts"]}


def test_nothing_applies(tmp_path: Path) -> None:
    """A run none of whose blockers applies is INCOMPLETE, though lesser claims passed."""
    nothing = {"dsm": [], "linux": [], "windows": [], "machine": [], "nsxv": [], "nsxt": []}
    env = world(tmp_path, vcenter=[], upgrade={}, **nothing)
    ended = judge(tmp_path / "reports", "--env", env)
    assert ended.status == 6, ended.output
    assert ended.results["coverage"]["passed"] > 0


def test_empty_environment(tmp_path: Path) -> None:
    """An environment file without targets is a usage error."""
    (tmp_path / "empty.toml").write_text("")
    assert judge(tmp_path / "reports", "--env", str(tmp_path / "empty.toml")).status == 4


def test_empty_vcenter(tmp_path: Path) -> None:
    """A vCenter that shows no host is not a vCenter whose hosts all comply."""
    empty = {"slug": "vc-plain", "version": "6.5.0", "build": "8307201"}
    demo = load("demo")
    main = demo.vcenter[0].model_dump(mode="json")
    machines = [m.model_dump(mode="json", exclude_none=True) for m in demo.machine]
    machines = [m for m in machines if m.get("vcenter") != "vc-plain"]
    ended = judge(tmp_path / "r", "--env", world(tmp_path, vcenter=[main, empty], machine=machines))
    assert ended.outcomes("ESX-STATE-001") == {"vc-main": "pass", "vc-plain": "undetermined"}
    assert ended.results["verdict"] != "GO"


@pytest.mark.e2e
def test_stopped_half_way(demo: Ended, tmp_path: Path) -> None:
    """A run that ends before every planned check (-x) is never GO."""
    ended = run(tmp_path, "--facts", str(demo.directory), "-x")
    counted = ended.results["coverage"]
    assert ended.status == 6, ended.output
    assert counted["undetermined"] > 0
