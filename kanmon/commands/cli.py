"""The command ``kanmon``: what an operator needs beside the run itself, which is pytest's."""

from __future__ import annotations

import argparse
import io
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from kanmon import __version__
from kanmon.commands import plan as planning
from kanmon.commands import unverified, waive
from kanmon.commands.attest import snippet
from kanmon.commands.catalogue import catalogue
from kanmon.commands.messages import untranslated
from kanmon.comparing.runs import between
from kanmon.comparing.runs import record as comparing_record
from kanmon.environment.file import Environment, load
from kanmon.environment.opening import opened
from kanmon.environment.releases import refuse_unknown
from kanmon.errors import KanmonError, UsageError
from kanmon.evidence import baseline as before
from kanmon.evidence import saved, signature, verify
from kanmon.gate import accepted, waiving
from kanmon.knowledge import checking, importing, listing, use_overlay
from kanmon.planning import record as plan_record
from kanmon.planning.current import Read
from kanmon.planning.of import plan
from kanmon.report import comparison_text
from kanmon.report.translate import LANGUAGES
from kanmon.suite.checks import checks

HOME = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class _Address:
    """An endpoint whose certificate is only looked at: nothing is trusted yet."""

    address: str
    port: int
    ca: str | None = None
    fingerprint: str | None = None
    timeout: float = 10.0


def main(arguments: list[str] | None = None) -> int:
    """Run the command.

    Returns:
        0 when it did what was asked, 1 when it could not, when a plan does not arrive or when runs
        differ, 2 for wrong usage, among it a run that ``diff`` cannot use.
    """
    if isinstance(
        sys.stdout, io.TextIOWrapper
    ):  # a console that lacks a letter still gets the rest
        sys.stdout.reconfigure(errors="backslashreplace")
    asked = _parser().parse_args(arguments)
    try:
        sys.stdout.write(asked.run(asked) + "\n")
    except KanmonError as error:
        sys.stderr.write(f"kanmon: {error}\n")
        return int(asked.failed)
    return int(asked.status)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="kanmon", description=__doc__)
    parser.add_argument("--version", action="version", version=f"kanmon {__version__}")
    parser.set_defaults(status=0, failed=1)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    one = commands.add_parser("catalogue", help="print docs/catalogue.md: every check")
    one.set_defaults(run=lambda _: catalogue(HOME))
    one = commands.add_parser("schema", help="print the JSON Schema of environment files")
    one.set_defaults(run=lambda _: environment_schema())
    one = commands.add_parser("translations", help="print the texts without a translation")
    one.add_argument("language", metavar="LANG", choices=LANGUAGES[1:], help=LANGUAGES[1])
    one.set_defaults(run=lambda asked: untranslated(asked.language))
    one = commands.add_parser("attest", help="print what a person may answer for, to be pasted")
    one.add_argument("run_", metavar="RUN", type=Path, help="reports/<env>/<run>")
    one.set_defaults(run=lambda asked: snippet(asked.run_))
    _waive(commands.add_parser("waive", help="write what a board accepts of a run"))
    one = commands.add_parser("environment", help="check an environment file; nothing is contacted")
    one.add_argument("file", metavar="NAME", help="as --env takes it: prod, or a path")
    one.set_defaults(run=lambda asked: _environment(asked.file))
    one = commands.add_parser("fingerprint", help="print the fingerprint that an address presents")
    one.add_argument("address", metavar="ADDRESS[:PORT]", help="port 443 where left out")
    one.set_defaults(run=lambda asked: _fingerprint(asked.address))
    _diff(commands.add_parser("diff", help="print what changed from one run to another"))
    _plan(commands.add_parser("plan", help="print the way from today to the end, and why"))
    _knowledge(commands.add_parser("knowledge", help="the rules, and rules of your own"))
    _verify(commands.add_parser("verify", help="say whether runs are as kanmon wrote them"))
    return parser


def _waive(parser: argparse.ArgumentParser) -> None:
    """The command that docs/gate.md explains."""
    parser.add_argument("run_", metavar="RUN", type=Path, help="reports/<env>/<run>")
    parser.add_argument("--check", metavar="ID", nargs="+", required=True, help="whose findings")
    parser.add_argument("--subject", metavar="S", nargs="+", default=[], help="of these alone")
    for option, told in (
        ("--approver", "who accepts them"),
        ("--ticket", "where the decision is on file"),
        ("--reason", "why"),
    ):
        parser.add_argument(option, required=True, help=told)
    parser.add_argument(
        "--expires", metavar="DAY", type=date.fromisoformat, required=True, help="its last day"
    )
    parser.add_argument("--env", metavar="NAME", help="of the environment [that of the run]")
    parser.add_argument("--sign-key", metavar="KEY", type=Path, help="the approver's SSH key")
    parser.set_defaults(run=_waived)


def _waived(asked: argparse.Namespace) -> str:
    name = asked.env or saved.load(asked.run_).environment.name
    directory = accepted.of_runs(accepted.beside(_path(name)))
    decision = waive.Decision(
        asked.check,
        frozenset(asked.subject),
        asked.approver,
        asked.ticket,
        asked.reason,
        asked.expires,
    )
    if asked.sign_key:
        signature.fingerprint(asked.sign_key)
    written = waive.write(asked.run_, directory, decision)
    for path in written if asked.sign_key else ():
        signature.sign_waiver(path, asked.sign_key)
    return "\n".join(map(str, written))


def _verify(parser: argparse.ArgumentParser) -> None:
    """The command that docs/integrity.md explains."""
    parser.add_argument("runs", metavar="RUN", nargs="+", type=Path, help="reports/<env>/<run>")
    parser.add_argument(
        "--alone", action="store_true", help="only these runs, not those before and after them"
    )
    parser.add_argument(
        "--allowed-signers",
        metavar="FILE",
        type=Path,
        help="each run must be signed by one of these (ssh-keygen(1), ALLOWED SIGNERS)",
    )
    parser.add_argument("--signer", metavar="IDENTITY", help="and by this one of them")
    parser.add_argument(
        "--at",
        metavar="TIME",
        type=_time,
        help="does it hold then? 2026-12-05T22:00+09:00",
    )
    parser.add_argument(
        "--verdict",
        action="store_true",
        help="end with the exit status of the run's verdict (0, 7, 1, 6); 1 where it is not intact",
    )
    parser.set_defaults(run=lambda asked: _verified(parser, asked))


def _time(text: str) -> datetime:
    time = datetime.fromisoformat(text)
    if time.tzinfo is None:
        raise argparse.ArgumentTypeError(f"{text}: expected a time with its zone")
    return time


def _verified(parser: argparse.ArgumentParser, asked: argparse.Namespace) -> str:
    """What is to be said of each run; the status says whether all are intact, or the verdict."""
    if missing := [str(run) for run in asked.runs if not run.is_dir()]:
        parser.error(f"there is no run {', '.join(missing)}")
    if asked.allowed_signers and not asked.allowed_signers.is_file():
        parser.error(f"there is no file {asked.allowed_signers}")
    if asked.signer and not asked.allowed_signers:
        parser.error("--signer needs --allowed-signers: it says whose key is whose")
    if asked.verdict and len(asked.runs) > 1:
        parser.error("--verdict is that of one run")
    how = verify.Asked(asked.alone, asked.allowed_signers, asked.signer, asked.at)
    told = [verify.verify(run.resolve(), how) for run in asked.runs]
    asked.status = 0 if all(one.intact and not one.over for one in told) else 1
    if asked.verdict:
        asked.status = told[0].status
    return "\n".join(map(str, told))


def _knowledge(parser: argparse.ArgumentParser) -> None:
    """The commands that docs/knowledge.md explains."""
    parser.add_argument(
        "--unverified",
        action="store_true",
        help="print what blockers rest on and no text bears out",
    )
    parser.add_argument("--env", metavar="NAME", help="with the overlay of this environment")
    parser.add_argument("--run", metavar="RUN", dest="run_", type=Path, help="what this run used")
    parser.add_argument("--into", metavar="PAGE", type=Path, help="write it into a page of docs/")
    parser.set_defaults(run=lambda asked: _unverified(parser, asked))
    commands = parser.add_subparsers(metavar="COMMAND")
    every = commands.add_parser("list", help="print every table")
    every.set_defaults(run=lambda asked: _overlaid(asked.env, listing.every_table))
    table = commands.add_parser("show", help="print every row of a table, with its source")
    table.add_argument("table", metavar="TABLE", help="as the list names it")
    table.set_defaults(
        run=lambda asked: _overlaid(asked.env, lambda: listing.one_table(asked.table))
    )
    for one in (every, table):
        one.add_argument("--env", metavar="NAME", help="with the overlay of this environment")
    one = commands.add_parser("import", help="write an export or a saved page into an overlay")
    one.add_argument("file", metavar="FILE", type=Path, help="by docs/knowledge.md")
    one.add_argument("directory", metavar="OVERLAY_DIR", type=Path, help="made if need be")
    one.add_argument("--replace", action="store_true", help="tables that are there already")
    one.add_argument("--table", metavar="TABLE", help="of a CSV that is not named after it")
    one.add_argument("--address", metavar="URL", help="where the file does not say it")
    one.add_argument(
        "--retrieved", metavar="DAY", type=date.fromisoformat, help="where the file does not say it"
    )
    one.add_argument("--ignore", metavar="COLUMN", nargs="+", default=[], help="of a CSV")
    one.set_defaults(run=_import)
    one = commands.add_parser("check", help="compare the tables with newer sources")
    one.add_argument("directory", metavar="DIRECTORY", type=Path, help="by docs/knowledge.md")
    one.set_defaults(run=_compare, failed=2)


def _plan(parser: argparse.ArgumentParser) -> None:
    """The command that docs/plan.md explains."""
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--env", metavar="NAME", help="read the estate of this environment now")
    source.add_argument("--facts", metavar="RUN", type=Path, help="or take what a run has read")
    parser.add_argument("--json", action="store_true", help="plain values, as in results.json")
    parser.add_argument("--lang", choices=LANGUAGES, default="en", help="of the text [en]")
    parser.set_defaults(run=_planned)


def _diff(parser: argparse.ArgumentParser) -> None:
    """The command that docs/baseline.md explains."""
    parser.add_argument("before", metavar="BEFORE", type=Path, help="reports/<environment>/<run>")
    parser.add_argument("after", metavar="AFTER", type=Path, help="a run of the same environment")
    parser.add_argument("--json", action="store_true", help="plain values, as in results.json")
    parser.set_defaults(run=_differ, failed=2)


def _differ(asked: argparse.Namespace) -> str:
    """What changed from one run to another; the status says whether anything did."""
    old, now = before.read(asked.before), before.read(asked.after)
    run = now.saved
    if run.environment.name != old.saved.environment.name:
        raise UsageError(
            f"{asked.before} is of {old.saved.environment.name}, {asked.after} of "
            f"{run.environment.name}: only runs of one environment can be compared"
        )
    use_overlay(run.overlay)
    planned = plan(run.environment, Read.of(run.environment, run.facts))
    found = between(old, run.environment, run.facts, planned, step=run.step, phase=run.phase)
    asked.status = 0 if found.same else 1
    values = comparing_record(old, found)
    if asked.json:
        return json.dumps(values, ensure_ascii=False, indent=1)
    return comparison_text.text(values, comparing_record(now, found))


def _planned(asked: argparse.Namespace) -> str:
    """The plan of an environment, or of a run; the status says whether it arrives."""
    if asked.facts:
        run = saved.load(asked.facts)
        use_overlay(run.overlay)
        environment, facts, moment = run.environment, run.facts, run.now
    else:
        moment = datetime.now(UTC)
        environment, facts = planning.read_now(_path(asked.env), _progress)
    planned = plan(environment, Read.of(environment, facts))
    values = plan_record.record(planned)
    asked.status = 0 if values["arrives"] else 1
    if asked.json:
        return json.dumps(values, ensure_ascii=False, indent=1)
    return planning.shown(environment, planned, moment, asked.lang)


def _progress(slug: str, state: str) -> None:
    """Tell of each target where it does not mix with the plan."""
    if state != "reading":
        sys.stderr.write(f"{slug}: {state}\n")


def _overlaid(name: str | None, told: Callable[[], str]) -> str:
    """What is told of the knowledge once the overlay of an environment is in force."""
    use_overlay(load(_path(name)).read_overlay() if name else None)
    return told()


def _import(asked: argparse.Namespace) -> str:
    today = datetime.now(UTC).astimezone().date()
    told = importing.Told(asked.table, asked.address, asked.retrieved, frozenset(asked.ignore))
    return importing.import_file(
        asked.file, asked.directory, today, replace=asked.replace, told=told
    )


def _unverified(parser: argparse.ArgumentParser, asked: argparse.Namespace) -> str:
    """What blockers rest on and no text bears out."""
    if not asked.unverified:
        parser.error("expected --unverified or a COMMAND")
    if not asked.into:
        return _overlaid(asked.env, lambda: unverified.by_blocker(HOME, asked.run_))
    page = unverified.renewed(asked.into.read_text(encoding="utf-8"), HOME)
    asked.into.write_text(page, encoding="utf-8", newline="\n")
    return f"wrote {asked.into}"


def _compare(asked: argparse.Namespace) -> str:
    """What newer sources say otherwise; the status says whether they say anything otherwise."""
    found = checking.compare(asked.directory, datetime.now(UTC).astimezone().date())
    asked.status = 0 if found.same else 1
    return str(found)


def _path(name: str) -> Path:
    """The file of an environment, as --env names it."""
    return Path(name) if name.endswith(".toml") else HOME / "envs" / f"{name}.toml"


def environment_schema() -> str:
    """The JSON Schema of environment files, for editors (``#:schema`` in the file's first line)."""
    schema = Environment.model_json_schema()
    schema["properties"].pop("name")  # the file's own name
    schema["required"].remove("name")
    schema["title"] = "kanmon environment file"
    return json.dumps(schema, indent=2)


def _environment(text: str) -> str:
    """What an environment file names, and whether every file and secret that it names is there.

    Raises:
        UsageError: it does not hold together, or something that it names is missing.
    """
    path = _path(text)
    environment = load(path)
    overlay = environment.read_overlay()
    refuse_unknown(environment, path)
    own = [f"knowledge.overlay: {overlay}"] if overlay else []
    if environment.lab:
        lab = f"{path} holds together: a lab of the world {environment.lab.world}"
        return "\n".join([lab, *own, *_waivers(path)])
    missing = [
        f"{where} does not exist" for where in _files(environment) if not Path(where).exists()
    ]
    try:
        environment.resolve_logins(frozenset(t.slug for t in environment.targets), path.parent)
    except UsageError as error:
        missing += str(error).splitlines()
    if missing:
        raise UsageError("\n  ".join([f"{path} names what is not there:", *missing]))
    lines = [f"{target.kind} {target.slug}: {target.where}" for target in environment.targets]
    return "\n".join(
        [f"{path} holds together, and all that it names is there", *lines, *own, *_waivers(path)]
    )


def _waivers(path: Path) -> list[str]:
    """The waivers beside an environment file, each with its state today."""
    beside = accepted.beside(path)
    with opened(path) as estate:
        found = accepted.load(beside, estate.environment, estate.waived)
    if found is None:
        return [f"waivers: none, there is no {beside}"]
    cards = {check.card.id: check.card for check in checks(HOME)}
    return waiving.listing(found.each, cards, datetime.now(UTC))


def _files(environment: Environment) -> list[str]:
    """Every CA and known_hosts file that an environment names."""
    nodes = [node for dsm in environment.dsm for node in dsm.nodes]
    keys = ("ca", "known_hosts")
    named = {getattr(one, key, None) for one in (*environment.targets, *nodes) for key in keys}
    return sorted(path for path in named if path)


def _fingerprint(text: str) -> str:
    host, _, port = text.rpartition(":")
    address = _Address(host, int(port)) if host and port.isdigit() else _Address(text, 443)
    from kanmon.readers.transport.tls import certificate  # noqa: PLC0415 - the only command that dials

    seen = certificate(address)
    return (
        f'fingerprint = "sha256:{seen.sha256}"\n'
        f"# {seen.subject}, issued by {seen.issuer}, until {seen.not_after:%Y-%m-%d}\n"
        "# compare it with what the product itself shows before you pin it"
    )
