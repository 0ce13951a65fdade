"""The sentences that the terminal and the page share."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from kanmon.knowledge.overlay import rows_in
from kanmon.report.translate import Translator
from kanmon.text import Text

Record = dict[str, Any]

EVIDENCE = (
    *(Text("pass"), Text("fail"), Text("undetermined"), Text("not applicable"), Text("waived")),
    *(Text("attested"), Text("of a time to come"), Text("without a time")),
    *(Text("from before the window"), Text("not attestable")),
    *(Text("planned"), Text("judged"), Text("passed"), Text("failed")),
    *(Text("blocker"), Text("warning"), Text("advice")),
    *(Text("pre"), Text("mid"), Text("post")),
    *(Text("vsphere-bridge"), Text("manager"), Text("agent"), Text("appliance")),
    *(Text("nsxt-build"), Text("nsx-migration"), Text("vsphere-target"), Text("relay")),
    *(Text("online"), Text("offline"), Text("unmanaged"), Text("doubtful")),
    *(Text("used"), Text("unused"), Text("not judged"), Text("expired"), Text("too wide")),
    *(Text("unknown check"), Text("not waivable"), Text("not signed")),
    *(Text("read"), Text("not needed")),
    *(Text("vanished"), Text("appeared"), Text("changed"), Text("yes"), Text("no")),
    *(Text("documented"), Text("field"), Text("unverified"), Text("procedure")),
    Text("engineering"),
    *(
        Text("CONDITIONAL"),
        Text("approved"),
        Text("refused"),
        Text("reason"),
        Text("host"),
        Text("computer"),
    ),
)
"""Words of the evidence's own lists, which reports translate as they come."""

MEANING = {
    ("pre", "GO"): Text("the change may start"),
    ("pre", "NO-GO"): Text("the change must not start"),
    ("pre", "CONDITIONAL"): Text("the change may start with a sign-off"),
    ("mid", "GO"): Text("the next node may follow"),
    ("mid", "CONDITIONAL"): Text("the next node may follow with a sign-off"),
    ("mid", "NO-GO"): Text("the next node must not follow"),
    ("post", "GO"): Text("the step ended well"),
    ("post", "CONDITIONAL"): Text("the step ended well, with open warnings"),
    ("post", "NO-GO"): Text("the step did not end well"),
}
INCOMPLETE = Text("nobody can say yet")


def headline(record: Record, tr: Translator = str) -> str:
    """What the verdict says to the change board, in a few words."""
    return tr(MEANING.get((record["phase"], record["verdict"]), INCOMPLETE))


def meaning(record: Record, tr: Translator = str) -> str:
    """What the verdict says to the change board, with what keeps it from being more."""
    told = tally(record, tr)
    return tr("{}: {}").format(headline(record, tr), told) if told else headline(record, tr)


def valid(record: Record, tr: Translator = str) -> str:
    """Until when the verdict holds, and what ends then; empty where it opens nothing."""
    life = record["valid_until"]
    if life is None:
        return ""
    return tr("holds until {}: {}").format(moment(life["at"]), tr(life["why"]))


def alone(record: Record, tr: Translator = str) -> list[str]:
    """Whoever has two of the three parts in this run: then nobody looked a second time."""
    used = {
        Text("approves"): {w["approver"] for w in record["waivers"] if w["state"] == "used"},
        Text("attests"): {a["by"] for a in record["attestations"] if a["state"] == "used"},
        Text("ran kanmon"): {record["runner"]},
    }
    parts: dict[str, list[Text]] = {}
    for part, names in used.items():
        for person in names:
            parts.setdefault(person, []).append(part)
    return [
        tr("{} is alone: {}").format(person, tr(", ").join(map(tr, of)))
        for person, of in sorted(parts.items())
        if len(of) > 1
    ]


def tally(record: Record, tr: Translator = str) -> str:
    """How much stands against it: "11 blockers, 1 target not read, 2 open warnings"."""
    counts = (
        (len(failed(record, "blocker")), Text("{} blocker"), Text("{} blockers")),
        (
            len(outcome(record, "undetermined")),
            Text("{} check undetermined"),
            Text("{} checks undetermined"),
        ),
        (
            len(unread(record)),
            Text("{} target not wholly read"),
            Text("{} targets not wholly read"),
        ),
        (
            len(failed(record, "warning")),
            Text("{} open warning to be signed off"),
            Text("{} open warnings to be signed off"),
        ),
        (len(record["unjudged"]), Text("{} claim not judged"), Text("{} claims not judged")),
        (
            len(left_out(record)),
            Text("{} check left out of this partial run"),
            Text("{} checks left out of this partial run"),
        ),
        (
            len(not_whole(record)),
            Text("{} reason why the run is not whole"),
            Text("{} reasons why the run is not whole"),
        ),
        (len(waived(record)), Text("{} finding waived"), Text("{} findings waived")),
        (
            len(attested(record)),
            Text("{} open question attested"),
            Text("{} open questions attested"),
        ),
        (
            sum(len(table["unverified_rows_used"]) for table in record["knowledge"]),
            Text("rests on {} row that nobody has verified"),
            Text("rests on {} rows that nobody has verified"),
        ),
    )
    told = [tr(one if count == 1 else many).format(count) for count, one, many in counts if count]
    return tr(", ").join(told)


def scope(record: Record) -> str:
    """Environment, step, phase, coverage, and how old the facts are."""
    counted = record["coverage"]
    step = f"step {record['step']}" if record["step"] else Text("all steps")
    judged = f"{counted['judged']} of {counted['planned']} checks judged"
    again = f"; judged again, read {moment(record['read'])}" if record["judged_again"] else ""
    estate = "simulated estate " if record["simulated"] else ""
    return f"{estate}{record['environment']}, {step}, {record['phase']}; {judged}{again}"


def overlay(record: Record) -> str:
    """How much was judged by the operator's overlay: "1 row in tools_nsx"; empty for none."""
    tables = [table for table in record["knowledge"] if table["overlay"]]
    own = {table["table"]: len(table["overlay"]["rows"]) for table in tables}
    return rows_in(own) if own else ""


def way(plan: Record) -> str:
    """The plan's steps in a line, and whether they lead to the end."""
    steps = ", ".join(step["name"] for step in plan["steps"])
    if not steps:
        return _no_way(plan)
    return steps if plan["arrives"] else f"{steps}; it does not lead to the end for everything"


def _no_way(plan: Record) -> str:
    """Why a plan has no steps: it is done, nobody can say, or no way leads on."""
    if plan["unknown"]:
        first = plan["unknown"][0]
        return f"none, {first['subject']}: {first['reason']}"
    return "nothing is left to do" if plan["arrives"] else "none leads to the end"


def moment(text: str) -> str:
    """An ISO time as people write it: "2026-11-23 09:18 UTC" or with its offset."""
    time = datetime.fromisoformat(text)
    zone = "UTC" if not time.utcoffset() else f"{time:%z}"[:3] + ":" + f"{time:%z}"[3:]
    return f"{time:%Y-%m-%d %H:%M} {zone}"


def seen(attestation: Record) -> str:
    """When a person saw what he answers for: a day, or a time."""
    when = str(attestation["seen"])
    return moment(when) if "T" in when else when


def outcome(record: Record, name: str) -> list[Record]:
    """The checks that ended in this way."""
    return [check for check in record["checks"] if check["outcome"] == name]


def failed(record: Record, severity: str) -> list[Record]:
    """The checks whose gravest finding has this severity."""
    return [check for check in outcome(record, "fail") if check["severity"] == severity]


def waived(record: Record) -> list[Record]:
    """The findings that a board accepts."""
    return [one for check in record["checks"] for one in check["findings"] if one["waiver"]]


def attested(record: Record) -> list[Record]:
    """What could not be judged, and a named person answers for."""
    return [one for check in record["checks"] for one in check["attested"]]


def left_out(record: Record) -> list[str]:
    """The checks that a run left out, by id and target."""
    return [one for one in record["partial"] if ": " not in one]


def not_whole(record: Record) -> list[str]:
    """Why a run is not whole, though its checks may be: in words, as no id and target are."""
    return [one for one in record["partial"] if ": " in one]


def unread(record: Record) -> list[Record]:
    """The targets of which the run needed something that could not be read."""
    return [target for target in record["targets"] if target["unread"]]


REMEDIES = {
    "reach": Text("reach it: see to address, port, network and login, and run again"),
    "grant": Text("give the account the right (docs/least-rights.md), and run again"),
    "row": Text(
        "no row of the knowledge says it: add one to an overlay of your own, with its source "
        "(docs/knowledge.md); where kanmon attest prints it, a person may answer for it instead"
    ),
    "attest": Text("look, and have it attested: kanmon attest prints it, ready to be filled in"),
    "read": Text("make readable what the reason names, and run again"),
}
"""What helps against a cause of each kind."""
OBJECTS = 3
"""Objects of a cause that are named with it; its checks and ``results.json`` have all."""


def cause(one: Record, tr: Translator = str) -> str:
    """Why something was not judged, after the objects that it is of."""
    named = ", ".join(one["objects"][:OBJECTS])
    if (rest := len(one["objects"]) - OBJECTS) > 0:
        named = tr("{} and {} more").format(named, rest)
    return tr("{}: {}").format(named, tr(one["reason"])) if named else tr(one["reason"])


def kept_open(one: Record) -> list[str]:
    """The checks that wait for a cause, by id."""
    return sorted({id_ for id_, _ in one["keeps"]})


def name(check: Record, tr: Translator = str) -> str:
    """A check by id, claim and target."""
    target = f" ({check['target']})" if check["target"] else ""
    return f"{check['id']} {tr(check['title'])}{target}"


def where(check: Record) -> str:
    """A check by id and target."""
    return f"{check['id']} ({check['target']})" if check["target"] else str(check["id"])


def gravest(check: Record) -> list[Record]:
    """What stands of a check's findings, as grave as the check is."""
    standing = [one for one in check["findings"] if not one["waiver"]]
    return [one for one in standing if one["severity"] == check["severity"]] or standing


def trouble(check: Record, tr: Translator = str) -> str:
    """What is wrong: the first of the gravest findings, and how many stand beside it."""
    first, *_ = gravest(check)
    told = tr("{}: found {}, expected {}").format(
        first["subject"], tr(first["found"]), tr(first["expected"])
    )
    standing = sum(not one["waiver"] for one in check["findings"])
    return tr("{} and {} more").format(told, standing - 1) if standing > 1 else told


def state(check: Record) -> str:
    """How a check stands in one word: the severity of what failed, else its outcome."""
    return str(check["severity"] if check["outcome"] == "fail" else check["outcome"])


def approver(waiver: Record, tr: Translator) -> str:
    """Who accepts it, and whether that is more than a name in a file."""
    if waiver["signer"]:
        return tr("{} (signed by {})").format(waiver["approver"], waiver["signer"])
    return tr("{} (not authenticated)").format(waiver["approver"])
