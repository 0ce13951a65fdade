"""``python -m lab --world demo``: run a simulated estate in the foreground."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from pathlib import Path

from pydantic import ValidationError

from lab.estate import Estate
from lab.world import WORLDS, enlarge, load


def main() -> int:
    """Start the estate, print or write its environment file, and serve until interrupted."""
    worlds = ", ".join(sorted(path.stem for path in WORLDS.glob("*.toml")))
    parser = argparse.ArgumentParser(prog="python -m lab", description=__doc__)
    parser.add_argument("--world", default="demo", help=f"a name ({worlds}) or a world file [demo]")
    parser.add_argument("--vms", type=int, default=0, help="so many VMs more")
    parser.add_argument("--computers", type=int, default=0, help="so many computers more")
    parser.add_argument(
        "--write", type=Path, metavar="FILE", help="write the environment file there"
    )
    asked = parser.parse_args()
    try:
        world = enlarge(load(asked.world), vms=asked.vms, computers=asked.computers)
    except FileNotFoundError:
        parser.error(f"there is no world {asked.world!r}; there are: {worlds}")
    except ValidationError as error:
        parser.error(f"{asked.world} does not describe a world:\n{error}")
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with Estate(world) as estate:
        text = estate.environment()
        try:
            _give(text, asked.write)
            threading.Event().wait()
        except OSError as error:
            parser.error(f"{asked.write} cannot be written: {error.strerror}")
        except KeyboardInterrupt:
            print("# the estate is down", file=sys.stderr)  # noqa: T201 - a command's own message
    return 0


def _give(text: str, file: Path | None) -> None:
    """Write or print the environment file, and say how to use it."""
    if file:
        file.write_text(text, encoding="utf-8")
    else:
        sys.stdout.write(text)
        sys.stdout.flush()
    use = f"pytest checks/ --env {file}" if file else "--write FILE writes this to a file"
    print(f"# the estate is up, Ctrl-C stops it; {use}", file=sys.stderr, flush=True)  # noqa: T201 - a command's own message


if __name__ == "__main__":
    sys.exit(main())
