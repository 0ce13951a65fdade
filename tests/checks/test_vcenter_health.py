"""VC-HEALTH-001: what the appliance of a vCenter says of its own health."""

from __future__ import annotations

import pytest

from kanmon.check import Outcome, Severity
from kanmon.facts import Unread
from kanmon.facts.vcenter.appliance import Reading, Service, ServiceState, Storage
from kanmon.knowledge import load
from kanmon.knowledge.appliances import ApplianceHealth, ApplianceReading
from tests.facts_by_hand import VC_MAIN, environment
from tests.judging import answered, judged, missed, told

SILENT = Unread("vc-main (vc-main.example.jp:443): tried to GET; got: HTTP 503")
MAJOR = ("storage", "database-storage", "applmgmt")
MINOR = ("load", "mem", "swap")
RUNS = Service("vpxd", ServiceState("AUTOMATIC", "STARTED", "HEALTHY"))


def well(*services, stored=None, readings=None, **colours):
    """The check on an appliance that is green, but for these parts and services."""
    said = {part.replace("-", "_"): "green" for part in (*MAJOR, *MINOR)} | colours
    facts = Storage(said["storage"], said["database_storage"], Unread("not asked"))
    others = tuple(Reading(part, said[part]) for part in ("applmgmt", *MINOR))
    listed = services[0] if services and isinstance(services[0], Unread) else services or (RUNS,)
    return judged(
        "VC-HEALTH-001",
        vcenter=environment(VC_MAIN).vcenter[0],
        all_vcenter_storage={"vc-main": stored or facts},
        all_vcenter_readings={"vc-main": readings or others},
        all_vcenter_services={"vc-main": listed},
    )


def part(name, colour):
    """The check on an appliance of which one part has this colour."""
    return well(**{name.replace("-", "_"): colour})


def service(startup="AUTOMATIC", state="STARTED", health="HEALTHY"):
    """The check on an appliance with such a service beside one that runs."""
    return well(RUNS, Service("sps", ServiceState(startup, state, health)))


def test_an_appliance_that_is_green_passes():
    """Every part and every service is examined, full partitions are judged elsewhere."""
    judgement = well()
    assert judgement.outcome is Outcome.PASS
    assert judgement.examined == 7
    assert judgement.notes == ()


@pytest.mark.parametrize("name", MAJOR)
@pytest.mark.parametrize(
    ("colour", "weight"),
    [
        ("yellow", Severity.WARNING),
        ("orange", Severity.WARNING),
        ("red", Severity.BLOCKER),
    ],
)
def test_what_the_upgrade_cannot_do_without(name, colour, weight):
    """Storage, database storage and the management service block when red, and only then."""
    judgement = part(name, colour)
    assert judgement.outcome is Outcome.FAIL
    assert judgement.weight is weight
    assert told(judgement) == [(f"health of {name}", colour, "green")]
    assert judgement.findings[0].source.row == name


@pytest.mark.parametrize("name", MINOR)
@pytest.mark.parametrize("colour", ["orange", "red"])
def test_what_the_upgrade_can_do_without_never_blocks(name, colour):
    """Load, memory and swap ask for a sign-off, whatever their colour."""
    judgement = part(name, colour)
    assert judgement.weight is Severity.WARNING
    assert told(judgement) == [(f"health of {name}", colour, "green")]


@pytest.mark.parametrize("name", MINOR)
def test_a_yellow_of_an_ordinary_day_is_told_and_asks_for_nothing(name):
    """The claim holds, and the board sees the colour."""
    judgement = part(name, "yellow")
    assert judgement.outcome is Outcome.PASS
    assert [(n.subject, n.text) for n in judgement.notes] == [
        (f"health of {name}", "the appliance calls it yellow")
    ]


@pytest.mark.parametrize("name", [*MAJOR, *MINOR])
@pytest.mark.parametrize(
    ("colour", "reason"),
    [("gray", "no data"), ("purple", "no row"), (SILENT, "HTTP 503")],
)
def test_a_part_without_a_colour_is_unknown_alone(name, colour, reason):
    """Gray is no data, another word is new, silence is no green; a person may look."""
    judgement = part(name, colour)
    assert judgement.outcome is Outcome.UNDETERMINED
    ((subject, why),) = missed(judgement)
    assert subject == f"health of {name}"
    assert reason in why
    assert answered("VC-HEALTH-001", judgement, "vc-main").outcome is Outcome.ATTESTED


def test_a_part_that_no_row_knows_is_unknown():
    """What the appliance tells and nobody weighed is no pass."""
    judgement = well(readings=(Reading("fan", "red"),))
    assert [subject for subject, _ in missed(judgement)] == ["health of fan"]


def test_silence_of_one_interface_hides_no_red_of_another():
    """What was read is judged although the other facts are not."""
    judgement = well(SILENT, readings=SILENT, stored=Storage("red", "green", SILENT))
    assert judgement.weight is Severity.BLOCKER
    assert [s for s, _ in missed(judgement)] == [
        "health of applmgmt, load, mem and swap",
        "services",
    ]
    without = well(readings=(Reading("applmgmt", "red"),), stored=SILENT)
    assert without.weight is Severity.BLOCKER
    assert [s for s, _ in missed(without)] == ["health of storage", "health of database-storage"]


@pytest.mark.parametrize("state", ["STOPPED", "STOPPING", "STARTING"])
def test_a_service_that_starts_by_itself_and_does_not_run(state):
    """It is a warning, on that service alone."""
    judgement = service(state=state, health=None)
    assert judgement.weight is Severity.WARNING
    found = f"{state}, although it starts by itself"
    assert told(judgement) == [("service sps", found, "STARTED")]


@pytest.mark.parametrize("startup", ["MANUAL", "DISABLED"])
def test_a_service_that_nobody_starts_may_stand_still(startup):
    """An ordinary appliance has several of them."""
    assert service(startup, "STOPPED", None).outcome is Outcome.PASS


def test_a_service_that_does_not_work_is_a_warning():
    """DEGRADED is the vendor's word for one that runs and is not functional."""
    judgement = service("MANUAL", health="DEGRADED")
    assert judgement.weight is Severity.WARNING
    assert told(judgement) == [("service sps", "DEGRADED", "HEALTHY")]


def test_services_with_warnings_are_told_together():
    """They work: one note for all of them."""
    warned = ServiceState("AUTOMATIC", "STARTED", "HEALTHY_WITH_WARNINGS")
    judgement = well(Service("sps", warned), Service("vsm", warned))
    assert judgement.outcome is Outcome.PASS
    assert [n.text for n in judgement.notes] == ["services that run with warnings: sps, vsm"]


@pytest.mark.parametrize(
    "odd",
    [("SOMETIMES", "STARTED", None), ("AUTOMATIC", "PAUSED", None), ("MANUAL", "STARTED", "GOOD")],
)
def test_a_word_of_no_known_form_is_unknown_for_that_service(odd):
    """A new word is neither good nor bad."""
    judgement = service(*odd)
    assert [subject for subject, _ in missed(judgement)] == ["service sps"]
    assert "a word that nobody knows" in missed(judgement)[0][1]


def test_a_service_that_could_not_be_read_is_unknown_alone():
    """The others are judged as ever."""
    judgement = well(RUNS, Service("sps", SILENT))
    assert missed(judgement) == [("service sps", SILENT.reason)]


def test_every_colour_and_every_part_has_its_row():
    """The tables have the five colours, and the six parts that are read; updates are none."""
    assert {row.colour for row in load(ApplianceHealth).rows} == {
        *("green", "yellow", "orange", "red", "gray")
    }
    assert {row.reading for row in load(ApplianceReading).rows} == {*MAJOR, *MINOR}
