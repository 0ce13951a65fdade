"""A vCenter of 10,000 VMs and 400 hosts in one run: its peak memory and its page beside the goals.

The estate runs in a process of its own, so that its memory is not counted. Needs Linux or macOS.

.venv/bin/python benchmarks/scale.py            every VM is healthy
.venv/bin/python benchmarks/scale.py --faulty   every VM has several faults
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

HOME = Path(__file__).resolve().parent.parent
WORLD = (HOME / "lab" / "worlds" / "demo.toml").read_text(encoding="utf-8")
VMS = 10_000
HOSTS = 400
CLUSTERS = 20
MEMORY_GOAL = 400
"""MB of the run at its peak."""
PAGE_GOAL = 2
"""MB of report.html."""
MB = 10**6
FAULTY = (
    'tools = 10240, tools_policy = "upgradeAtPowerCycle", ties = ["host cd"], hardware = "vmx-08"'
)


def large(*, faulty: bool) -> str:
    """The demo's world with one vCenter more, as a world file; where it is faulty, in every VM."""
    lines = [WORLD, "[[vcenter]]", 'slug = "vc-large"', 'version = "6.5.0"', 'build = "8307201"']
    for number in range(CLUSTERS):
        hosts = ", ".join(map(_host, range(1000 + number, 1000 + HOSTS, CLUSTERS)))
        lines += ["[[vcenter.clusters]]", f'name = "Large {number}"', f"number = {100 + number}"]
        lines.append(f"hosts = [{hosts}]")
    for number in range(CLUSTERS):
        lines += ["[[machine]]", f'name = "large-{number:02}"', f"count = {VMS // CLUSTERS}"]
        lines += ['vcenter = "vc-large"', f'cluster = "Large {number}"']
        lines += FAULTY.split(", ") if faulty else []
    return "\n".join(lines)


def _host(number: int) -> str:
    name = f"esx-{number}.example.jp"
    return f'{{ name = "{name}", number = {number}, version = "6.5.0", build = "8294253" }}'


@contextmanager
def served(world: Path, environment: Path) -> Iterator[None]:
    """The estate of a world in a process of its own, for as long as it is needed."""
    command = [sys.executable, "-m", "lab", "--world", str(world), "--write", str(environment)]
    with subprocess.Popen(command, cwd=HOME, stderr=subprocess.PIPE, text=True) as process:
        try:
            if process.stderr:
                process.stderr.readline()  # it is up
            yield
        finally:
            process.terminate()


def judge(environment: Path, reports: Path, *arguments: str) -> tuple[float, float]:
    """Seconds and peak MB of one run, of everything where no argument says otherwise."""
    started = time.monotonic()
    command = [sys.executable, "-m", "pytest", "checks/", "-q", "--env", str(environment)]
    subprocess.run(
        [*command, "--report-dir", str(reports), *arguments],
        cwd=HOME,
        stdout=subprocess.DEVNULL,
        check=False,
    )
    took = time.monotonic() - started
    # The estate's process has not ended, so the run is the largest child that has.
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return took, peak * (1 if sys.platform == "darwin" else 1024) / MB


def measure(*, faulty: bool) -> None:
    """Print what one run of a large estate cost."""
    with tempfile.TemporaryDirectory() as directory:
        world, file = Path(directory) / "large.toml", Path(directory) / "estate.toml"
        world.write_text(large(faulty=faulty), encoding="utf-8")
        with served(world, file):
            took, peak = judge(file, Path(directory) / "reports")
        run = next((Path(directory) / "reports").glob("*/*/"))
        results = json.loads((run / "results.json").read_text(encoding="utf-8"))
        page = (run / "report.html").stat().st_size / MB
        facts = sum(file.stat().st_size for file in (run / "facts").iterdir()) / MB
    read = next(one["seconds"] for one in results["targets"] if one["name"] == "vc-large")
    kind = "every VM at fault" if faulty else "every VM healthy"
    print(f"{VMS} VMs on {HOSTS} hosts, {kind}: {results['verdict']}, {results['coverage']}")
    print(f"  time {took:.1f} s, of which reading vc-large {read:.1f} s; facts {facts:.1f} MB")
    print(f"  peak memory of the run {peak:.0f} MB (goal: under {MEMORY_GOAL})")
    print(f"  report.html {page:.2f} MB (goal: under {PAGE_GOAL})")


if __name__ == "__main__":
    measure(faulty="--faulty" in sys.argv[1:])
