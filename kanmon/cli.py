"""The command ``kanmon``: what an operator needs beside the run itself, which is pytest's."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import dataclass
from pathlib import Path

from kanmon import __version__
from kanmon.catalogue import catalogue
from kanmon.environment import Environment, load
from kanmon.errors import KanmonError

HOME = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class _Address:
    """An endpoint whose certificate is only looked at: nothing is trusted yet."""

    address: str
    port: int
    ca: str | None = None
    fingerprint: str | None = None
    timeout: float = 10.0


def main(arguments: list[str] | None = None) -> int:
    """Run the command; 0 when it did what was asked, 1 when it could not, 2 for wrong usage."""
    asked = _parser().parse_args(arguments)
    try:
        sys.stdout.write(asked.run(asked) + "\n")
    except KanmonError as error:
        sys.stderr.write(f"kanmon: {error}\n")
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="kanmon", description=__doc__)
    parser.add_argument("--version", action="version", version=f"kanmon {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    one = commands.add_parser("catalogue", help="print docs/catalogue.md: every check")
    one.set_defaults(run=lambda _: catalogue(HOME))
    one = commands.add_parser("schema", help="print the JSON Schema of environment files")
    one.set_defaults(run=lambda _: environment_schema())
    one = commands.add_parser("environment", help="check an environment file; nothing is contacted")
    one.add_argument("file", type=Path, help="e.g. envs/prod.toml")
    one.set_defaults(run=lambda asked: _environment(asked.file))
    one = commands.add_parser("fingerprint", help="print the fingerprint that an address presents")
    one.add_argument("address")
    one.add_argument("port", type=int, nargs="?", default=443)
    one.set_defaults(run=lambda asked: _fingerprint(asked.address, asked.port))
    return parser


def environment_schema() -> str:
    """The JSON Schema of environment files, for editors (``#:schema`` in the file's first line)."""
    schema = Environment.model_json_schema()
    schema["properties"].pop("name")  # the file's own name
    schema["required"].remove("name")
    schema["title"] = "kanmon environment file"
    return json.dumps(schema, indent=2)


def _environment(path: Path) -> str:
    environment = load(path)
    lines = [f"{target.kind} {target.slug}: {target.where}" for target in environment.targets]
    if environment.lab:
        lines.append(f"lab: world {environment.lab.world}")
    return "\n".join([f"{path} holds together", *lines])


def _fingerprint(address: str, port: int) -> str:
    from kanmon.readers.tls import certificate  # noqa: PLC0415 - the only command that dials

    seen = certificate(_Address(address, port))
    return (
        f'fingerprint = "sha256:{seen.sha256}"\n'
        f"# {seen.subject}, issued by {seen.issuer}, until {seen.not_after:%Y-%m-%d}\n"
        "# compare it with what the product itself shows before you pin it"
    )
