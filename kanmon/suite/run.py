"""One run of the checks: what was asked for, and what has come of it so far."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from kanmon.comparing import Comparison
from kanmon.comparing.runs import between
from kanmon.environment.file import Environment
from kanmon.environment.opening import Estate
from kanmon.errors import Undetermined
from kanmon.evidence.approved import Approved
from kanmon.evidence.baseline import Before
from kanmon.evidence.saved import TableState
from kanmon.evidence.software import Software
from kanmon.facts.collected import Facts
from kanmon.gate.accepted import Waivers
from kanmon.gate.judgement import Judged
from kanmon.knowledge import Overlay
from kanmon.planning.course import Planned
from kanmon.planning.current import Read
from kanmon.planning.of import plan


@dataclass
class Run:
    """One run of the checks: what was asked for, and what has come of it so far.

    Attributes:
        root: the directory that ``checks/`` is in.
        home: directory that relative paths of the environment start at.
        now: when the run (or the run that it judges again) started.
        ids: the checks that were asked for, all where empty.
        slugs: the targets that were asked for, all where empty.
        facts: None until they are read.
        judged: the checks that ended, in order.
        collected: number of checks to be judged.
        estate: the environment as it was opened, None when saved facts are judged again.
        overlay: the operator's own tables, which are in force.
        baseline: the run that this one is compared with.
        approved: the run that a board approved; None where none is, or the step began.
        waivers: of the environment; None where no file of them stands beside it.
        language: of the report; the evidence is the same in every language.
        knowledge_before: of a run that is judged again, the tables that it was judged with.
        loose: the run that the facts are of, where no manifest named them.
        software: the code that judges, compared with its release.
        plan: the way ahead, once somebody asked for it.
    """

    root: Path
    environment: Environment
    home: Path
    step: str | None
    phase: str
    now: datetime
    reports: Path
    ids: frozenset[str] = frozenset()
    slugs: frozenset[str] = frozenset()
    facts: Facts | None = None
    judged_again: str | None = None
    judged: list[Judged] = field(default_factory=list)
    collected: int = 0
    estate: Estate | None = None
    simulated: bool = False
    overlay: Overlay | None = None
    baseline: Before | None = None
    approved: Approved | None = None
    waivers: Waivers | None = None
    language: str = "en"
    knowledge_before: Mapping[str, TableState] = field(default_factory=dict)
    loose: str | None = None
    started: datetime = field(default_factory=lambda: datetime.now(UTC))
    software: Software = field(default_factory=Software)
    plan: Planned | None = None
    _compared: Comparison | None = None
    _planned: Planned | None = None

    @property
    def directory(self) -> Path:
        """Where the run lands."""
        name = f"{self.started:%Y%m%dT%H%M%S.%fZ}-{self.step or 'all'}-{self.phase}"
        return self.reports / self.environment.name / name

    def planned(self) -> Planned:
        """The plan of the estate, made once; the evidence shows a plan that somebody asked for."""
        self.plan = self._plan()
        return self.plan

    def ahead(self) -> frozenset[str]:
        """The steps in which something is left to do; empty where that is not wholly known."""
        try:
            return self._plan().ahead()
        except Undetermined:
            return frozenset()

    def compared(self) -> Comparison | None:
        """The comparison with the run before the step, made once; None where none was named."""
        if self.baseline is None or self.facts is None:
            return None
        if self._compared is None:
            self._compared = between(
                self.baseline,
                self.environment,
                self.facts,
                self._plan(),
                step=self.step,
                phase=self.phase,
            )
        return self._compared

    def _plan(self) -> Planned:
        if self._planned is None:
            facts = self.facts or Facts({})
            self._planned = plan(self.environment, Read.of(self.environment, facts))
        return self._planned
