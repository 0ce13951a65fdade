"""A vCenter of 10,000 VMs and 400 hosts in one run: its peak memory and its page beside the goals.

The estate runs in a process of its own, so that its memory is not counted. Needs Linux or macOS.

.venv/bin/python benchmarks/scale.py
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

HOME = Path(__file__).resolve().parent.parent
VMS = 10_000
HOSTS = 400
CLUSTERS = 20
MEMORY_GOAL = 400
"""MB of the run at its peak."""
PAGE_GOAL = 2
"""MB of report.html."""
MB = 10**6


def large() -> dict[str, Any]:
    """The demo's world with clusters and VMs added to its first vCenter, as a world file has it."""
    world = tomllib.loads((HOME / "lab" / "worlds" / "demo.toml").read_text(encoding="utf-8"))
    first = world["vcenter"][0]
    own = sum(len(cluster["hosts"]) for cluster in first["clusters"])
    for number in range(CLUSTERS):
        hosts = range(number, HOSTS - own, CLUSTERS)
        first["clusters"].append(
            {
                "name": f"Bulk-{number:02}",
                "number": 100 + number,
                "hosts": [_host(1000 + host) for host in hosts],
            }
        )
        bulk = {"name": f"bulk-{number:02}", "count": VMS // CLUSTERS, "vcenter": first["slug"]}
        world["machine"].append({**bulk, "cluster": f"Bulk-{number:02}"})
    return world


def _host(number: int) -> dict[str, Any]:
    release = {"version": "6.5.0", "build": "8294253"}
    return {"name": f"esx-{number}.example.jp", "number": number, **release}


def serve(file: Path) -> None:
    """Run the large estate until standard input ends; its environment file tells that it is up."""
    sys.path.insert(0, str(HOME))
    from lab.estate import Estate
    from lab.world import make

    with Estate(make("large", large())) as estate:
        fresh = file.with_suffix(".new")
        fresh.write_text(estate.environment(), encoding="utf-8")
        fresh.replace(file)
        sys.stdin.read()


@contextmanager
def _served(file: Path) -> Iterator[None]:
    command = [sys.executable, __file__, "serve", str(file)]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as process:
        try:
            while not file.exists() and process.poll() is None:
                time.sleep(0.1)
            yield
        finally:
            if process.stdin:
                process.stdin.close()
            process.wait()


def judge(environment: Path, reports: Path) -> tuple[float, float]:
    """Seconds and peak MB of one run of everything."""
    started = time.monotonic()
    command = [sys.executable, "-m", "pytest", "checks/", "-q", "--env", str(environment)]
    subprocess.run([*command, "--report-dir", str(reports)], cwd=HOME, check=False)
    took = time.monotonic() - started
    # The estate's process has not ended, so the run is the largest child that has.
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return took, peak * (1 if sys.platform == "darwin" else 1024) / MB


def main() -> None:
    """Print what one run of the large estate cost."""
    with tempfile.TemporaryDirectory() as directory:
        file, reports = Path(directory) / "large.toml", Path(directory) / "reports"
        with _served(file):
            took, peak = judge(file, reports)
        run = next(reports.glob("*/*"))
        results = json.loads((run / "results.json").read_text(encoding="utf-8"))
        page = (run / "report.html").stat().st_size / MB
    read = next(one["seconds"] for one in results["targets"] if one["name"] == "vc-main")
    print(f"{VMS} VMs, {HOSTS} hosts: {results['verdict']}, {results['coverage']}")
    print(f"time: {took:.1f} s, of which reading vc-main {read:.1f} s")
    print(f"peak memory of the run: {peak:.0f} MB (goal: under {MEMORY_GOAL})")
    print(f"report.html: {page:.2f} MB (goal: under {PAGE_GOAL})")


if __name__ == "__main__":
    if sys.argv[1:2] == ["serve"]:
        serve(Path(sys.argv[2]))
    else:
        main()
