"""The reader of an NSX-T manager's own state, against the lab and the vendor's forms."""

from __future__ import annotations

import pytest

from kanmon.errors import CouldNotRead
from kanmon.facts.nsxt_state import Alarm
from lab.nsxt import LARGEST_PAGE
from tests.readers.nsxt_replies import ALARMS
from tests.readers.test_nsxt import lab, read
from tests.readers.test_nsxt_samples import changed, sample

__all__ = ["lab", "sample"]


def alarm(**changes):
    return {"feature": "manager_health", "event_type": "manager_cpu_usage_high", **changes}


def test_a_healthy_manager_has_no_alarm(lab):
    """A manager without an alarm gives none, and that is an answer."""
    assert read(lab(), "alarms") == ()


def test_an_alarm_comes_out_as_nsx_words_it(lab):
    """Severity, status, feature, event, summary and node are those of the alarm."""
    server = lab(alarms=[alarm(summary="CPU is high.", node="nsx-1"), alarm(severity="LOW")])
    whole, bare = read(server, "alarms")
    assert whole == Alarm(
        id="alarm-1",
        severity="CRITICAL",
        status="OPEN",
        feature="manager_health",
        event_type="manager_cpu_usage_high",
        summary="CPU is high.",
        node="nsx-1",
    )
    assert (bare.severity, bare.node) == ("LOW", None)


def test_only_resolved_alarms_are_left_out(lab):
    """Acknowledged, suppressed and unheard-of states stay: only what is resolved is over."""
    words = ["OPEN", "RESOLVED", "ACKNOWLEDGED", "SUPPRESSED", "SOMETHING_NEW"]
    found = read(lab(alarms=[alarm(status=word) for word in words]), "alarms")
    assert [one.status for one in found] == [word for word in words if word != "RESOLVED"]


def test_alarms_are_read_from_every_page(lab):
    """An alarm on the last page is read like one on the first."""
    listed = [alarm(summary=f"alarm {number}") for number in range(2 * LARGEST_PAGE + 1)]
    found = read(lab(alarms=listed), "alarms")
    assert [one.summary for one in found] == [one["summary"] for one in listed]


def test_the_vendors_form_of_an_alarm_is_understood(sample):
    """An alarm without a display name of its node is about the node with that id."""
    (found,) = read(sample({}), "alarms")
    assert (found.status, found.node) == ("ACKNOWLEDGED", "6f3b")


@pytest.mark.parametrize("key", ["id", "severity", "status", "feature_name", "event_type"])
@pytest.mark.parametrize("value", ["missing", "", 7])
def test_an_alarm_that_lacks_a_field_is_not_read(sample, key, value):
    """A field that is missing, empty or of another type is never an empty value."""
    if value == "missing":
        replaced = changed(ALARMS, lambda one: one.pop(key))
    else:
        replaced = changed(ALARMS, lambda one: one.update({key: value}))
    with pytest.raises(CouldNotRead):
        read(sample(replaced), "alarms")
