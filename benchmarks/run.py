"""How long a whole run takes beside its slowest target, and what collecting alone costs.

.venv/bin/python benchmarks/run.py
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HOME = Path(__file__).resolve().parent.parent
WORLD = (HOME / "lab" / "worlds" / "demo.toml").read_text(encoding="utf-8")
SLOW = '\n[[misbehaviour]]\ntarget = "nsxt-new"\nhow = "slow"\nseconds = 1.0\n'


def timed(*arguments: str) -> float:
    """Seconds of one run of pytest."""
    started = time.monotonic()
    command = [sys.executable, "-m", "pytest", "checks/", "-q", *arguments]
    subprocess.run(command, cwd=HOME, capture_output=True, check=False)
    return time.monotonic() - started


def measure(name: str, environment: str) -> None:
    """Print the time of a run, of its slowest target, and the difference."""
    with tempfile.TemporaryDirectory() as reports:
        took = timed("--env", environment, "--report-dir", reports)
        results = json.loads(next(Path(reports).glob("*/*/results.json")).read_text("utf-8"))
    slowest = max(results["targets"], key=lambda target: target["seconds"])
    print(
        f"{name}: {took:.2f} s, slowest target {slowest['name']} {slowest['seconds']:.2f} s, "
        f"difference {took - slowest['seconds']:.2f} s, ratio {took / slowest['seconds']:.2f}"
    )


def main() -> None:
    """Print every figure; collecting is the median of three."""
    collected = sorted(timed("--env", "demo", "--collect-only") for _ in range(3))[1]
    print(f"collect only: {collected:.2f} s")
    measure("demo", "demo")
    with tempfile.TemporaryDirectory() as directory:
        world = Path(directory) / "slow.toml"
        world.write_text(WORLD + SLOW, encoding="utf-8")
        environment = Path(directory) / "slow-estate.toml"
        environment.write_text(f"[lab]\nworld = {json.dumps(world.as_posix())}\n", encoding="utf-8")
        measure("demo with one slow target", str(environment))


if __name__ == "__main__":
    main()
