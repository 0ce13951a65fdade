"""DSA-MOD-001 and DSA-EVENT-001: agents after a step beside the run before it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from kanmon.check import Outcome, Severity
from kanmon.facts import Unread
from kanmon.facts.dsm.manager import Computer, Module
from kanmon.gate.judgement import Judgement
from tests.facts_by_hand import (
    DSM,
    LINUX,
    NOW,
    agent,
    baseline,
    computer,
    environment,
    linux_host,
    moment,
    unit,
)
from tests.judging import judged, missed, told

ESTATE = environment(DSM, LINUX)
BACK = NOW - timedelta(hours=2)
"""When the first node was up again."""
NONE = Unread("none was named")


def module(status: str | None = "active", name: str = "antiMalware", **changes: Any) -> Module:
    return Module(name, **{"on": True, "agent_status": status, "appliance_status": None, **changes})


def protected(*modules: Module, **changes: Any) -> Computer:
    return agent(modules=modules or (module(),), **changes)


def modules(before: Any, *now: Computer, unseen: Any = ()) -> Judgement:
    lost = {("dsm", "computers"): unseen}
    given = before if isinstance(before, Unread) else baseline(before, unseen=lost)
    return judged("DSA-MOD-001", dsm=ESTATE.dsm[0], dsm_computers=now, baseline=given)


def test_a_machine_that_could_not_be_read_now_has_not_vanished() -> None:
    """It is unknown, which is said of every claim that asks for the computers."""
    before = (protected(), protected(id=2, display_name="odd", vm_uuid=None))
    assert modules(before, protected()).outcome is Outcome.FAIL
    assert modules(before, protected(), unseen=("odd (computer 2)",)).outcome is Outcome.PASS


def test_modules_that_are_as_they_were_pass() -> None:
    """On, healthy, of the same policy; what was off before is not asked for."""
    before = (
        protected(module(), module("error", "firewall", on=False)),
        agent(id=2, policy_id=None),
    )
    judgement = modules(before, protected(), agent(id=2, policy_id=None))
    assert (judgement.outcome, judgement.examined) == (Outcome.PASS, 1)


@pytest.mark.parametrize(
    ("now", "found", "expected", "weight"),
    [
        (protected(module(on=False)), "antiMalware off", "antiMalware on, as before", "blocker"),
        (protected(module("error")), "antiMalware error", "antiMalware on and healthy", "blocker"),
        (
            protected(module("inactive")),
            "antiMalware inactive",
            "antiMalware on and healthy",
            "blocker",
        ),
        (
            protected(module("warning")),
            "antiMalware warning",
            "antiMalware on and healthy",
            "warning",
        ),
        (protected(module("odd")), "antiMalware unknown", "antiMalware on and healthy", "blocker"),
        (protected(policy_id=7), "policy 7", "policy 1, as before", "blocker"),
        (protected(policy_id=None), "no policy", "policy 1, as before", "blocker"),
    ],
)
def test_what_is_not_as_it_was_is_named(
    now: Computer, found: str, expected: str, weight: str
) -> None:
    """A module that was on is off or ill, or the policy is another one."""
    judgement = modules((protected(),), now)
    assert told(judgement) == [("app-01 (computer 201)", found, expected)]
    assert str(judgement.weight) == weight


@pytest.mark.parametrize(
    ("then", "now", "found"),
    [
        ("error", "error", []),
        ("error", "warning", []),
        ("warning", "error", ["antiMalware error"]),
        ("error", "inactive", ["antiMalware inactive"]),
        (None, "error", ["antiMalware error"]),
    ],
)
def test_what_was_broken_before_is_not_the_steps_doing(
    then: str | None, now: str, found: list[str]
) -> None:
    """Only what works less than before is told; where nobody knows how it did, all that is bad."""
    judgement = modules((protected(module(then)),), protected(module(now)))
    assert [one.found for one in judgement.findings] == found


def test_either_side_may_be_the_healthy_one() -> None:
    """Of a VM that an appliance protects the agent's side says nothing."""
    side = module("inactive", appliance_status="active")
    assert modules((computer(modules=(side,)),), computer(modules=(side,))).outcome is Outcome.PASS


@pytest.mark.parametrize("now", [module(None), module(name="other")])
def test_a_module_of_which_nothing_is_told_is_undetermined(now: Module) -> None:
    """11.0 tells no health, and a manager may leave a module out."""
    assert modules((protected(),), protected(now)).outcome is Outcome.UNDETERMINED


def test_a_protected_machine_that_vanished_is_named() -> None:
    """It has no modules any more."""
    judgement = modules((protected(), agent(id=2, host_name="b", display_name="b")), protected())
    assert told(judgement) == [("b (computer 2)", "not listed any more", "protected, as before")]


@pytest.mark.parametrize(
    "given", [NONE, baseline(Unread("the manager gave no answer"))], ids=["none", "unread"]
)
def test_without_the_run_before_nobody_knows_what_was_on(given: Any) -> None:
    """No run before, or one that did not read the computers: undetermined."""
    facts = {"dsm": ESTATE.dsm[0], "dsm_computers": (protected(),), "baseline": given}
    assert judged("DSA-MOD-001", **facts).outcome is Outcome.UNDETERMINED
    assert events(protected(), given=given).outcome is Outcome.UNDETERMINED


def test_without_modules_and_policies_it_does_not_apply() -> None:
    """Nobody was protected before the step."""
    bare = agent(policy_id=None)
    assert modules((bare,), bare).outcome is Outcome.NOT_APPLICABLE


def node_host(since: Any) -> Any:
    return linux_host(services=(unit("dsm_s", started=since), unit("ds_agent")))


def events(
    *now: Computer,
    before: tuple[Computer, ...] = (agent(),),
    given: Any = None,
    started: tuple[Any, Any] = (BACK, BACK + timedelta(hours=1)),
    at: Any = NOW,
) -> Judgement:
    hosts = dict(zip(("dsm-1-host", "dsm-2-host"), map(node_host, started), strict=True))
    return judged(
        "DSA-EVENT-001",
        dsm=ESTATE.dsm[0],
        dsm_computers=now,
        manager_hosts=hosts,
        baseline=given or baseline(before),
        environment=ESTATE,
        moment=moment(phase="post", now=at),
    )


def test_contact_since_the_manager_came_back_passes() -> None:
    """The first node that was up again counts: from then on agents had a manager to tell."""
    judgement = events(agent(last_contact=BACK))
    assert (judgement.outcome, judgement.examined) == (Outcome.PASS, 1)


@pytest.mark.parametrize(
    ("last", "found"),
    [(BACK - timedelta(seconds=1), "last contact 2026-11-23 06:59 UTC"), (None, "no contact")],
)
def test_an_agent_that_never_came_back_is_named(last: Any, found: str) -> None:
    """Its last contact was with the old manager: a warning."""
    judgement = events(agent(last_contact=last))
    assert told(judgement) == [("app-01 (computer 201)", found, "after 2026-11-23 07:00 UTC")]
    assert judgement.weight is Severity.WARNING


def test_one_that_nobody_lists_any_more_is_named() -> None:
    """What it kept never arrives."""
    assert [finding.found for finding in events().findings] == ["not listed any more"]


@pytest.mark.parametrize(("minutes", "outcome"), [(29, Outcome.UNDETERMINED), (30, Outcome.FAIL)])
def test_an_agent_has_some_minutes(minutes: int, outcome: Outcome) -> None:
    """As many as the environment file says: until then nobody can say, and the reader is told."""
    judgement = events(
        agent(last_contact=BACK - timedelta(hours=1)), at=BACK + timedelta(minutes=minutes)
    )
    assert judgement.outcome is outcome
    if outcome is Outcome.UNDETERMINED:
        assert "it has until 2026-11-23 07:30 UTC: run again then" in missed(judgement)[0][1]


@pytest.mark.parametrize("since", [None, NOW - timedelta(days=1), NOW - timedelta(days=9)])
def test_a_node_that_was_not_restarted_leaves_nobody_to_say(since: Any) -> None:
    """One that tells no time, or that runs since before the run before the step."""
    assert events(agent(), started=(BACK, since)).outcome is Outcome.UNDETERMINED


def test_hosts_of_esxi_keep_no_events() -> None:
    """Only machines and appliances that were managed before are asked for."""
    before = (agent(kind="esx"), agent(id=2, online=None, vm_uuid="x"))
    assert events(*before, before=before).outcome is Outcome.NOT_APPLICABLE
