"""The installer of the target manager on every node, and the report of its pre-check."""

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone

from kanmon.check import Attestable, Finding, Judge, Note, Problem, Severity, Unknown, check, known
from kanmon.environment.file import Environment
from kanmon.environment.targets import Dsm, DsmNode
from kanmon.errors import Undetermined
from kanmon.facts import Unread
from kanmon.facts.linux.host import Host, InstallerFile
from kanmon.facts.linux.manager import InstallerContent, ManagerNode, PrecheckReport
from kanmon.judging.installer import is_program, not_a_script, of_version, versions_within
from kanmon.judging.nodes import each, fact_of, host_of
from kanmon.judging.precheck import Report, shorten, understand
from kanmon.knowledge import Citation, load
from kanmon.knowledge.installers import PrecheckRule
from kanmon.text import Text
from kanmon.versions import DeepSecurity

Said = Problem | Note
RAW = 3  # rows of a report that are shown as they stand


@check(
    "DSM-INST-001",
    severity=Severity.BLOCKER,
    attestable=Attestable.CONFIGURATION,
    steps=("manager",),
    phases=("pre",),
    remediation="Fetch the installer from the vendor again, compare its SHA-256 with the published "
    "one (installer_checksum in the environment file lets kanmon do it), and copy that one file to "
    "every node; let kanmon's account read it.",
    refs=("table:installer_marks",),
)
def test_installer_is_whole_and_equal_everywhere(
    dsm: Dsm,
    manager_hosts: dict[str, Host | Unread],
    manager_installers: dict[str, tuple[InstallerContent, ...] | Unread],
    environment: Environment,
    target_manager: DeepSecurity,
    judge: Judge,
) -> None:
    """The installer lies on every node, is the promised version, complete and equal on all nodes.

    Half a file, or one that a proxy changed, fails after it has stopped the manager. Two versions
    on two nodes leave a manager that no version of the database's schema fits.
    """
    whole: dict[str, tuple[InstallerFile, str]] = {}

    def of_node(node: DsmNode) -> Iterator[Said]:
        host = host_of(node, environment, manager_hosts)
        file = _promised(node, host, target_manager)
        if isinstance(file, Finding):
            yield file
            return
        content = _content(file, fact_of(node, environment, manager_installers))
        whole[node.slug] = file, known(content.sha256)
        yield from _as_expected(node, whole, dsm)
        yield from _looks_right(node, file, content, target_manager)

    problems, notes = each(dsm, of_node)
    judge(
        examined=len(dsm.nodes),
        of=Text("nodes of {slug}", slug=dsm.slug),
        problems=problems,
        notes=notes,
    )


@check(
    "DSM-PRECHECK-001",
    severity=Severity.BLOCKER,
    attestable=Attestable.CONFIGURATION,
    steps=("manager",),
    phases=("pre",),
    remediation="As root on the named node: bash Manager-Linux-VERSION.x64.sh -q -console -t. Take "
    "care: -q is an unattended installation, and a build that does not know -t upgrades for real. "
    "Confirm -t for this build with the vendor, try it first where nothing is lost, and have the "
    "backup of the database. Solve what the report names and run it again; kanmon never starts an "
    "installer. What it does not understand of a report, a person reads and answers for in an "
    "[[attestation]]; or teach it the words in an overlay of precheck_words.",
    refs=("table:precheck_words", "table:precheck_rules"),
)
def test_precheck_found_nothing(
    dsm: Dsm,
    manager_hosts: dict[str, Host | Unread],
    manager_nodes: dict[str, ManagerNode | Unread],
    environment: Environment,
    target_manager: DeepSecurity,
    judge: Judge,
) -> None:
    """The installer's pre-check was run on every node after the installer came, and found nothing.

    The installer knows what it will stumble over: too little memory, a database or agents that are
    too old. The procedure starts no upgrade while one of its warnings is open.
    """
    used: dict[str, Citation] = {}

    def of_node(node: DsmNode) -> Iterator[Said]:
        host = host_of(node, environment, manager_hosts)
        told = fact_of(node, environment, manager_nodes)
        report = _newest(known(told.prechecks))
        understood = understand(known(report.text))
        yield from _after_the_installer(node, report, _promised(node, host, target_manager), told)
        yield from _results(f"{node.slug}, {report.path}", understood, _written(report, told), used)
        text = Text(
            "report of {modified} UTC: {count} results were understood",
            modified=f"{report.modified:%Y-%m-%d %H:%M}",
            count=len(understood.results),
        )
        yield Note(node.slug, text)

    problems, notes = each(dsm, of_node)
    judge(
        examined=len(dsm.nodes),
        of=Text("nodes of {slug}", slug=dsm.slug),
        problems=problems,
        notes=notes,
        rests_on=list(used.values()),
    )


def _promised(node: DsmNode, host: Host, target: DeepSecurity) -> InstallerFile | Finding:
    """The one installer of the target on a node, or what is wrong."""
    files = known(host.manager.installers)
    fitting = of_version(files, target)
    if len(fitting) == 1:
        return fitting[0]
    found = ", ".join(file.path for file in fitting or files) or Text("none")
    return Finding(
        f"{node.slug} on {host.hostname}", found, Text("one installer of {target}", target=target)
    )


def _content(file: InstallerFile, contents: tuple[InstallerContent, ...]) -> InstallerContent:
    """What is in a file."""
    for content in contents:
        if content.path == file.path:
            return content
    raise Undetermined(Text("nothing is known of the content of {path}", path=file.path))


def _as_expected(
    node: DsmNode, whole: dict[str, tuple[InstallerFile, str]], dsm: Dsm
) -> Iterator[Said]:
    """Compares a node's file with the published one, or with that of the first node."""
    file, digest = whole[node.slug]
    first_node, (first_file, first_digest) = next(iter(whole.items()))
    named = f"{node.slug}, {file.path}"
    if file.size != first_file.size:
        expected = Text(
            "{size} bytes as on {first_node}", size=first_file.size, first_node=first_node
        )
        yield Finding(named, Text("{size} bytes", size=file.size), expected)
    if dsm.installer_checksum is None:
        if digest != first_digest:
            yield Finding(
                named,
                f"SHA-256 {digest}",
                Text(
                    "{first_digest} as on {first_node}",
                    first_digest=first_digest,
                    first_node=first_node,
                ),
            )
        elif len(dsm.nodes) == 1:
            reason = Text(
                "nobody can say whether it is whole: no other node and no installer_checksum to "
                "compare it with"
            )
            yield Unknown(named, reason)
        else:
            text = Text(
                "SHA-256 {digest}: the same on the nodes; installer_checksum is not given, so "
                "nobody compared it with the published one",
                digest=digest,
            )
            yield Note(node.slug, text)
    elif digest != dsm.installer_checksum:
        expected = Text(
            "{installer_checksum} as published", installer_checksum=dsm.installer_checksum
        )
        yield Finding(named, f"SHA-256 {digest}", expected)


def _looks_right(
    node: DsmNode, file: InstallerFile, content: InstallerContent, target: DeepSecurity
) -> Iterator[Said]:
    """What the beginning of the file says of it."""
    named = f"{node.slug}, {file.path}"
    if not file.size:
        yield Finding(
            named, Text("an empty file"), Text("the installer of {target}", target=target)
        )
        return
    if not is_program(file.path) and (wrong := not_a_script(content.first_line)):
        found = Text(
            "its first line is {shorten}", shorten=shorten(content.first_line) or Text("no text")
        )
        yield Finding(
            named, found, Text("a shell script with an archive behind it"), wrong.citation
        )
    versions = list(versions_within(content.numbers))
    if versions and not any(target.covers(version) for version, _ in versions):
        version, mark = versions[0]
        yield Finding(
            named, Text("it calls itself {version}", version=version), str(target), mark.citation
        )
    if not versions:
        yield Note(
            node.slug, Text("the installer's version was judged by its name: it tells no other")
        )


def _newest(reports: tuple[PrecheckReport, ...]) -> PrecheckReport:
    """The report that counts."""
    if not reports:
        raise Undetermined(
            Text("no file matches precheck of its host: was the pre-check run here?")
        )
    return max(reports, key=lambda report: report.modified)


def _after_the_installer(
    node: DsmNode, report: PrecheckReport, file: InstallerFile | Finding, told: ManagerNode
) -> Iterator[Said]:
    """Whether a report can be of the installer that lies there now."""
    named = f"{node.slug}, {report.path}"
    if isinstance(file, Finding):
        raise Undetermined(
            Text(
                "of which installer is its report? {found}, not {expected}",
                found=file.found,
                expected=file.expected,
            )
        )
    changed = dict(known(told.changes)).get(file.path)
    if changed is None:
        raise Undetermined(Text("nobody tells when {path} came", path=file.path))
    found = Text("a report of {modified} UTC", modified=f"{report.modified:%Y-%m-%d %H:%M:%S}")
    if report.modified < file.modified:
        yield Finding(
            named,
            found,
            Text(
                "one after {path} of {modified} UTC",
                path=file.path,
                modified=f"{file.modified:%Y-%m-%d %H:%M:%S}",
            ),
        )
    elif report.modified < changed:
        expected = Text(
            "one after {path} came, or got its name or rights, at {changed} UTC",
            path=file.path,
            changed=f"{changed:%Y-%m-%d %H:%M:%S}",
        )
        yield Finding(named, found, expected, severity=Severity.WARNING)


def _written(report: PrecheckReport, told: ManagerNode) -> datetime | None:
    """When a report was written, by the node's clock; None where nobody can say."""
    if isinstance(told.clock, Unread):
        return None
    zone = timezone(timedelta(minutes=told.clock.offset_minutes))
    return report.modified.astimezone(zone)


def _results(
    named: str, understood: Report, written: datetime | None, used: dict[str, Citation]
) -> Iterator[Said]:
    """What a report says: findings, and what nobody understands of it."""
    for result in understood.results:
        used[result.word.key] = result.word.citation
        rule = load(PrecheckRule).get(result.word.kind)
        if rule:
            expected = Text("no {meaning} of the pre-check", meaning=rule.meaning)
            severity = Severity.named(rule.severity)
            yield Finding(named, result.text, expected, rule.citation, severity)
    if unclear := understood.unclear:
        said = Text(
            "{count} of it not understood: {unclear}",
            count=len(unclear),
            unclear=Text.joined("; ", unclear[:RAW]),
        )
        # Who answers for it has read this report, and not one from before it.
        yield Unknown(named, said, by_person=written is not None, since=written)
