"""One planted fault in the database of an estate that is otherwise ready: found, and no other."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from lab.world.world import load
from tests.running import Ended, judge, world

WHERE = "dsm on 127.0.0.1:"
FULL = {"hours": 6}
LOGS = [{"kind": "L", "hours": 4}, {"kind": "L", "hours": 2}]
FAULTS: list[tuple[str, dict[str, Any], str, str]] = [
    ("DB-BKP-001", {"backups": [{"hours": 30}, *LOGS]}, WHERE, "older than"),
    ("DB-BKP-001", {"backups": [{**FULL, "checksums": False}, *LOGS]}, WHERE, "no checksums"),
    ("DB-BKP-001", {"backups": [FULL, {**LOGS[0], "gap": True}]}, WHERE, "log is missing"),
    ("DB-SPACE-001", {"free": {"D:\\": 20, "L:\\": 40}}, f"data of {WHERE}", "room for 25.0 GiB"),
    ("DB-STATE-001", {"read_only": True}, WHERE, "read-only"),
    ("DB-STATE-001", {"checked_days": 90}, WHERE, "last good integrity check"),
    ("DB-STATE-001", {"damaged_pages": 4}, WHERE, "4 damaged pages"),
    (
        "DB-STATE-001",
        {
            "replicas": [
                {"server": "SQL1", "local": True, "role": "PRIMARY"},
                {"server": "SQL2", "state": "NOT SYNCHRONIZING"},
            ]
        },
        "replica SQL2 of ag-dsm",
        "NOT SYNCHRONIZING",
    ),
    ("DB-VER-001", {"version": "10.50.6560.0"}, "127.0.0.1:", "not supported"),
    (
        "RB-DB-001",
        {"backups": [{**FULL, "version": "12.0.6024.0"}, *LOGS]},
        WHERE,
        "taken by another version",
    ),
    ("DB-PERM-001", {"owner": "sa"}, "dsm-1 on", "login dsm: without all rights"),
]


def judged(path: Path, *arguments: str, **changes: Any) -> Ended:
    """The step of the manager on the demo's estate, with another database."""
    usual = load("demo").database[0].model_dump(mode="json", exclude_unset=True)
    healthy = {**usual, "tls": ["TLSv1.2", "TLSv1.2"]}
    env = world(path, database=[{**healthy, **changes}])
    return judge(path / "reports", "--env", env, "--step", "manager", *arguments)


def findings(ended: Ended) -> dict[tuple[str, str], str]:
    """What was found in the database, by check and object."""
    return {
        (check["id"], finding["subject"]): finding["found"]
        for check in ended.results["checks"]
        if check["id"].startswith(("DB-", "RB-"))
        for finding in check["findings"]
    }


@pytest.mark.parametrize(("id_", "changes", "subject", "found"), FAULTS)
def test_one_fault_is_found_alone(
    id_: str, changes: dict[str, Any], subject: str, found: str, tmp_path: Path
) -> None:
    """The planted fault is the only finding about the database, and weighs what it should."""
    ended = judged(tmp_path, **changes)
    mine = findings(ended)
    both = {"dsm-1 on dsm-1-host.example.jp", "dsm-2 on dsm-2-host.example.jp"}
    assert {check for check, _ in mine} == {id_}, ended.output
    if id_ == "DB-PERM-001":
        assert {named for _, named in mine} == both
    else:
        ((_, named),) = mine
        assert named.startswith(subject)
    assert all(found in told for told in mine.values())
    warns = "checked_days" in changes
    assert ended.results["verdict"] == ("CONDITIONAL" if warns else "NO-GO")


def test_a_node_that_names_another_database(tmp_path: Path) -> None:
    """Of two nodes the one whose dsm.properties name another server is found, and blocks."""
    hosts = [one.model_dump(mode="json", exclude_unset=True) for one in load("demo").linux]
    hosts[1]["database_server"] = "sql9.example.jp"
    env = world(tmp_path, linux=hosts)
    ended = judge(tmp_path / "reports", "--env", env, "--step", "manager", "--check", "DB-CFG-001")
    node = "dsm-2 on dsm-2-host.example.jp"
    ((named, told),) = findings(ended).items()
    assert named == ("DB-CFG-001", node)
    assert told.startswith("server sql9.example.jp")
    assert ended.status == 1, ended.output


@pytest.mark.parametrize(
    ("right", "ids"),
    [
        ("VIEW SERVER STATE", {"DB-SPACE-001"}),
        (
            "VIEW ANY DEFINITION",
            {"DB-SPACE-001", "DB-BKP-001", "DB-PERM-001", "RB-DB-001"},
        ),
        ("msdb", {"DB-BKP-001", "RB-DB-001", "DB-STATE-001"}),
        ("database", {"DB-PERM-001"}),
    ],
)
def test_an_account_without_a_right(right: str, ids: set[str], tmp_path: Path) -> None:
    """What a right hides is undetermined, never a pass and never a finding; the run is not GO."""
    rights = ["VIEW SERVER STATE", "VIEW ANY DEFINITION", "msdb", "database"]
    ended = judged(tmp_path, rights=[one for one in rights if one != right])
    undetermined = {
        check["id"] for check in ended.results["checks"] if check["outcome"] == "undetermined"
    }
    assert undetermined == ids
    assert findings(ended) == {}
    assert ended.status == 6, ended.output


def test_judged_again_from_the_saved_facts(tmp_path: Path) -> None:
    """What was read of a database is the same when it is judged again without any server."""
    ended = judged(tmp_path, backups=[{"hours": 6}], owner="sa")
    again = judge(tmp_path / "again", "--facts", str(ended.directory))
    keys = ("id", "outcome", "reason", "findings", "notes")
    assert [[check[key] for key in keys] for check in again.results["checks"]] == [
        [check[key] for key in keys] for check in ended.results["checks"]
    ]
    saved = json.loads((ended.directory / "facts" / "target-dsm-db.json").read_text())
    assert set(saved["parts"]) >= {"backups", "storage", "health", "holders", "instance"}
