"""The knowledge that the whole run rests on."""

from kanmon.check import ALL, Finding, Severity, Verdict, check
from kanmon.facts.run import Moment
from kanmon.knowledge import load, tables


@check(
    "PLAN-DATA-001",
    severity=Severity.WARNING,
    steps=ALL,
    phases=("pre", "post"),
    remediation="Look at the sources of the named table again, correct its rows, and set "
    "review_by half a year ahead; or upgrade kanmon.",
    refs=("https://github.com/oamg/leapp-repository (checkconsumedassets judges its own data)",),
)
def test_knowledge_is_fresh(moment: Moment, verdict: Verdict) -> None:
    """Every knowledge table is younger than its review date.

    Vendors withdraw releases and correct their lists. A rule that was true two years ago lets
    through what is known today to break.
    """
    loaded = [load(model) for model in tables()]
    named = {table.name: table for table in loaded}
    named |= {
        f"{table.name} of the operator's overlay": table.overlay
        for table in loaded
        if table.overlay
    }
    verdict(
        examined=len(named),
        of="knowledge tables",
        findings=[
            Finding(name, f"to be reviewed by {table.review_by}", f"after {moment.now:%Y-%m-%d}")
            for name, table in named.items()
            if table.review_by < moment.now.date()
        ],
    )
