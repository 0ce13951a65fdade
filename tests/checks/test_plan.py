"""PLAN-DATA-001: the age of the knowledge."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from kanmon.check import Outcome, Severity
from kanmon.knowledge import load, tables
from tests.facts_by_hand import moment
from tests.judging import judged, told

TABLES = [load(model) for model in tables()]
FIRST = min(table.review_by for table in TABLES)


def fresh(day, hour=0):
    """The check on that day."""
    now = datetime(day.year, day.month, day.day, hour, tzinfo=UTC)
    return judged("PLAN-DATA-001", moment=moment(now=now))


def test_the_review_date_itself_is_the_last_good_day():
    """Until the end of the day of the earliest review date every table is fresh."""
    judgement = fresh(FIRST, hour=23)
    assert judgement.outcome is Outcome.PASS
    assert judgement.examined == len(TABLES)


def test_the_day_after_it_a_table_is_stale():
    """A day later the tables with that date are named, and a sign-off is asked for."""
    judgement = fresh(FIRST + timedelta(days=1))
    assert judgement.outcome is Outcome.FAIL
    stale = [table.name for table in TABLES if table.review_by == FIRST]
    assert [finding.subject for finding in judgement.findings] == stale
    assert judgement.weight is Severity.WARNING


def test_what_is_told_of_stale_tables():
    """Years later every table is named with its date and today's."""
    judgement = fresh(max(table.review_by for table in TABLES).replace(year=2100))
    assert len(judgement.findings) == len(TABLES)
    subject, found, expected = told(judgement)[0]
    assert (subject, found) == (TABLES[0].name, f"to be reviewed by {TABLES[0].review_by}")
    assert expected.startswith("after 2100-")
