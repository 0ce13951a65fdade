"""``python -m lab --world demo``: run a simulated estate in the foreground."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from pathlib import Path

from pydantic import ValidationError

from lab.estate import Estate
from lab.world.world import WORLDS, World, enlarge, load


def main(arguments: list[str] | None = None) -> int:
    """Start the estate, print or write its environment file, and serve until interrupted."""
    parser = _parser()
    asked = parser.parse_args(arguments)
    first, *later = _worlds(parser, asked)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with Estate(first) as estate:
        try:
            _give(parser, estate, asked.write)
            _live(estate, later)
        except KeyboardInterrupt:
            _tell("the estate is down")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m lab", description=__doc__)
    parser.add_argument(
        "--world", default="demo", help=f"a name ({_shipped()}) or a world file [demo]"
    )
    parser.add_argument(
        "--then",
        action="append",
        default=[],
        metavar="WORLD",
        help="what the estate becomes at the next line on standard input; may be given again",
    )
    parser.add_argument("--vms", type=int, default=0, help="so many VMs more")
    parser.add_argument("--computers", type=int, default=0, help="so many computers more")
    parser.add_argument(
        "--write", type=Path, metavar="FILE", help="write the environment file there"
    )
    return parser


def _shipped() -> str:
    return ", ".join(sorted(path.stem for path in WORLDS.glob("*.toml")))


def _worlds(parser: argparse.ArgumentParser, asked: argparse.Namespace) -> list[World]:
    """The moments of the estate; a mistake in one of them ends the program before it starts."""
    worlds: list[World] = []
    for name in (asked.world, *asked.then):
        try:
            worlds.append(enlarge(load(name), vms=asked.vms, computers=asked.computers))
        except FileNotFoundError:
            parser.error(f"there is no world {name!r}; there are: {_shipped()}")
        except ValidationError as error:
            parser.error(f"{name} does not describe a world:\n{error}")
        if worlds[-1].slugs != worlds[0].slugs:
            parser.error(f"{name} has other targets than {asked.world}: it is another estate")
    return worlds


def _live(estate: Estate, later: list[World]) -> None:
    """Serve until interrupted; at each line on standard input become the next world."""
    for world in later:
        if not sys.stdin.readline():  # nobody is there to type
            break
        estate.move_on(world)
        _tell(f"the estate is now {world.name}: {world.title}")
    threading.Event().wait()


def _give(parser: argparse.ArgumentParser, estate: Estate, file: Path | None) -> None:
    """Write the environment file with its waivers, or print it, and say how to use it."""
    text = estate.environment()
    if file:
        try:
            if waivers := estate.waivers():
                file.with_suffix(".waivers.toml").write_text(waivers, encoding="utf-8")
            file.write_text(text, encoding="utf-8")
        except OSError as error:
            parser.error(f"{file} cannot be written: {error.strerror}")
    else:
        sys.stdout.write(text)
        sys.stdout.flush()
    use = f"pytest checks/ --env {file}" if file else "--write FILE writes this to a file"
    _tell(f"the estate is up, Ctrl-C stops it; {use}")


def _tell(text: str) -> None:
    print(f"# {text}", file=sys.stderr, flush=True)  # noqa: T201 - a command's own message


if __name__ == "__main__":
    sys.exit(main())
