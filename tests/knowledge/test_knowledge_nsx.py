"""Knowledge of NSX-V's words, its migration, and guest introspection without its appliance."""

from __future__ import annotations

import pytest

from kanmon.knowledge import KnowledgeError, load, parse
from kanmon.knowledge.health import NsxEvent
from kanmon.knowledge.lookup import gi_failure_mode, nsxv_migration_limit, nsxv_word
from kanmon.knowledge.nsx import GiFailureMode, NsxvMigrationLimit, NsxvStateWord
from kanmon.versions import Nsx


@pytest.mark.parametrize(
    ("of", "word", "meaning"),
    [
        ("controller", "Running", "good"),
        ("controller", "Unknown", "bad"),
        ("firewall", "published", "good"),
        ("host preparation", "UNKNOWN", None),
        ("com.vmware.vshield.vsm.vdr_mon", "UNKNOWN", "good"),
        ("connection", "NOT_AVAILABLE", "warn"),
    ],
)
def test_words_mean_something_of_what_they_are_said(of, word, meaning):
    """UNKNOWN is bad of a controller, good of the monitor, and nothing of anything else."""
    row = nsxv_word(of, word)
    assert (row.meaning if row else None) == meaning


def test_words_are_written_in_capitals():
    """One in other letters would never be found."""
    text = """
title = "t"
review_by = 2027-05-23
source = "s"
confidence = "field"
rows = [{ of = "job", word = "Completed", meaning = "good" }]
[sources.s]
title = "t"
url = "https://example.jp"
retrieved = 2026-11-23
"""
    with pytest.raises(KnowledgeError, match="word"):
        parse(NsxvStateWord, text, "t.toml")


@pytest.mark.parametrize(
    ("feature", "value", "accepted"),
    [
        ("VXLAN port", "4789", True),
        ("VXLAN port", "8472", False),
        ("controllers beside VXLAN", "none", False),
        ("controllers beside VXLAN", "3", True),
        ("role between vCenters", "SECONDARY", False),
        ("role between vCenters", "ODD", None),
    ],
)
def test_a_value_decides_before_its_feature(feature, value, accepted):
    """A row without a value stands for the others; where there is none nobody can say."""
    row = nsxv_migration_limit(feature, value)
    assert (row.accepted if row else None) is accepted


def test_what_nobody_sees_is_never_accepted():
    """A limit that no interface tells is there to be looked at."""
    unseen = [row for row in load(NsxvMigrationLimit).rows if not row.seen]
    assert len(unseen) == 6
    assert not [row for row in unseen if row.accepted]


@pytest.mark.parametrize(
    ("version", "default"),
    [
        ("NSX-V 6.2.9", None),
        ("NSX-V 6.3.0", "closed"),
        ("NSX-V 6.4.13", "closed"),
        ("NSX-T 3.1.2", None),
    ],
)
def test_nsx_v_fails_closed_from_6_3(version, default):
    """Before it, and of NSX-T, no text says anything."""
    row = gi_failure_mode(Nsx.parse(version))
    assert (row.default if row else None) == default
    assert all("firewall" in row.modules for row in load(GiFailureMode).rows)


def test_an_event_that_ends_another_has_a_row():
    """What may follow is known itself, and only where no alarm tells."""
    events = load(NsxEvent)
    ends = [row for row in events.rows if row.followed_by]
    assert [(row.code, row.followed_by) for row in ends] == [(26002, 26000)]
    assert all(events.get(str(row.followed_by)) and not row.alarm for row in ends)
