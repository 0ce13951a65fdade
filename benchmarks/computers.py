"""20,000 computers on a manager: one run beside plain requests for the same pages.

Needs Linux or macOS.

.venv/bin/python benchmarks/computers.py            every agent is online
.venv/bin/python benchmarks/computers.py --offline  no agent is: a finding for each machine
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
import tomllib
from pathlib import Path

import requests
from scale import MB, judge, served

from kanmon.readers.dsm.api import EXPAND, PAGE

COMPUTERS = 20_000
GOAL = 2
"""At most so many times what plain requests for the same pages take."""
WORLD = """
title = "A manager of {computers} computers"
upgrade = {{ deep_security = "20.0.0-877" }}

[[dsm]]
slug = "dsm"
version = "20.0.877"
nodes = [{{ slug = "dsm-1" }}, {{ slug = "dsm-2" }}]
database = "dsm-db"

[[database]]
slug = "dsm-db"
version = "13.0.5026.0"

[[machine]]
name = "relay"
count = 2
os = "Red Hat Enterprise 7 (64 bit) (3.10.0-1160.el7.x86_64)"
dsm = "dsm"
protection = "agent"
relay = true

[[machine]]
name = "agent"
count = {computers}
os = "Red Hat Enterprise 7 (64 bit) (3.10.0-1160.el7.x86_64)"
dsm = "dsm"
protection = "agent"
online = {online}
"""
ROUNDS = 3  # one alone differs from the next by a tenth
STEP = ("--step", "manager", "--phase", "post")


def fetch(environment: Path) -> tuple[float, int]:
    """Seconds and number of plain requests for every page that a run reads."""
    given = tomllib.loads(environment.read_text(encoding="utf-8"))
    node = given["dsm"][0]["nodes"][0]
    key = Path(given["credentials"]["lab"]["api_key"].removeprefix("file:")).read_text("utf-8")
    with requests.Session() as session:
        session.trust_env = False  # a CA bundle or proxy of this machine is of no account here
        session.verify = node["ca"]
        session.headers.update({"api-secret-key": key, "api-version": "v1"})
        url = f"https://{node['address']}:{node['port']}/api/computers/search"
        started = time.monotonic()
        pages = _pages(session, url, {"expand": EXPAND})
        pages += _pages(session, url, {"expand": "computerSettings", "overrides": "true"})
        return time.monotonic() - started, pages


def _pages(session: requests.Session, url: str, query: dict[str, object]) -> int:
    last, pages = 0, 0
    while True:
        criterion = {"idTest": "greater-than", "idValue": last}
        body = {"maxItems": PAGE, "sortByObjectID": True, "searchCriteria": [criterion]}
        answer = session.post(url, json=body, params=query, timeout=60)
        rows = json.loads(answer.content)["computers"]
        pages += 1
        if not rows:
            return pages
        last = rows[-1]["ID"]


def measure(*, online: bool) -> None:
    """Print what a run costs beside the plain requests just before it: the middle one of three."""
    with tempfile.TemporaryDirectory() as directory:
        world, file = Path(directory) / "large.toml", Path(directory) / "estate.toml"
        text = WORLD.format(computers=COMPUTERS, online=json.dumps(online))
        world.write_text(text, encoding="utf-8")
        with served(world, file):
            fetch(file)  # the first one pays for making the computers up
            runs = [
                one_run(file, Path(directory) / f"reports-{number}") for number in range(ROUNDS)
            ]
    ratio, told = sorted(runs)[ROUNDS // 2]
    every = ", ".join(f"{one:.2f}" for one, _ in runs)
    print(told)
    print(f"  {ratio:.2f} times the plain requests (of {every}; goal: {GOAL})")


def one_run(file: Path, reports: Path) -> tuple[float, str]:
    """How many times the plain requests reading and judging took, and what there is to tell."""
    plain, pages = fetch(file)
    took, peak = judge(file, reports, *STEP)
    run = next(reports.glob("*/*/"))
    results = json.loads((run / "results.json").read_text(encoding="utf-8"))
    sizes = {name: (run / name).stat().st_size / MB for name in ("results.json", "report.html")}
    read = next(one["seconds"] for one in results["targets"] if one["name"] == "dsm")
    judged = sum(check["seconds"] for check in results["checks"])
    found = sum(len(check["findings"]) for check in results["checks"])
    told = [
        f"{COMPUTERS} computers: {results['verdict']}, {found} findings",
        f"  plain requests and json.loads for the same {pages} pages {plain:.2f} s",
        f"  read {read:.2f} s, judged {judged:.2f} s",
        f"  the whole run, its start and its reports too, {took:.2f} s; peak {peak:.0f} MB",
        "  " + ", ".join(f"{name} {size:.2f} MB" for name, size in sizes.items()),
    ]
    return (read + judged) / plain, "\n".join(told)


if __name__ == "__main__":
    measure(online="--offline" not in sys.argv[1:])
