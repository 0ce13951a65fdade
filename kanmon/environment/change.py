"""What an operator writes of the change: window, targets, order, tolerances, attestations."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, AwareDatetime, Field, model_validator

from kanmon.environment.targets import Model, Text
from kanmon.steps import NSX, VSPHERE
from kanmon.versions import DeepSecurity, Nsx, VersionError, VSphere


class Window(Model):
    """The change window; both ends carry a time zone."""

    start: AwareDatetime
    end: AwareDatetime

    @model_validator(mode="after")
    def _ends_after_start(self) -> Self:
        if self.end <= self.start:
            raise ValueError("the window ends before it starts")
        return self


DECISION = "change approved"
"""What is open of a change until a board decided."""


class Approval(Model):
    """What a board decided, and on which run.

    Attributes:
        run: name of its directory.
        by: who approved.
        ticket: where the decision is on file.
    """

    run: Text
    by: Text
    ticket: Text
    on: dt.date


class Change(Model):
    """The change that the run gates.

    Attributes:
        approved: the board's decision; None as long as there is none.
    """

    number: Text
    window: Window
    approved: Approval | None = None


def _version(parse: Callable[[str], object]) -> AfterValidator:
    """Refuse a version that its family does not understand."""

    def understood(text: str) -> str:
        try:
            parse(text)
        except VersionError as error:
            raise ValueError(str(error)) from None
        return text

    return AfterValidator(understood)


def _whole_nsx(text: str) -> str:
    """A line such as NSX-T 3.1 fits no row: its releases differ in what they fit."""
    if len(Nsx.parse(text).numbers) < 3:  # noqa: PLR2004 - of 3.1.2
        raise ValueError(f"got {text!r}, expected a release as in NSX-T 3.1.2")
    return text


class Upgrade(Model):
    """Where the estate is to end; today's versions are read, not written.

    Attributes:
        deep_security: of the manager, and of what the next two do not say.
        agent: of agents and relays.
        appliance: of the appliances.
        nsx_migration: how the migration coordinator is to migrate the hosts of NSX-V.
    """

    vcenter: Annotated[Text, _version(VSphere.parse)] | None = None
    esxi: Annotated[Text, _version(VSphere.parse)] | None = None
    nsx: Annotated[Text, _version(Nsx.parse), AfterValidator(_whole_nsx)] | None = None
    deep_security: Annotated[Text, _version(DeepSecurity.parse)] | None = None
    agent: Annotated[Text, _version(DeepSecurity.parse)] | None = None
    appliance: Annotated[Text, _version(DeepSecurity.parse)] | None = None
    installation: Literal["upgrade", "new"] = "upgrade"
    nsx_migration: Literal["in-place", "automated maintenance", "manual maintenance"] | None = None


class Tolerances(Model):
    """What the operator accepts; the defaults are kanmon's policy, not a vendor's.

    Each has a bound: beyond it the claim would hold for every estate and say nothing.

    Attributes:
        backup_hours: age of a backup at the time of the run.
        snapshot_hours: age of a snapshot; VMware's KB 1025279 asks for no more than 72 hours.
        clock_seconds: how far two clocks may be apart.
        go_hours: how long after its facts were read a GO holds.
        momentary_hours: age of an attestation of what is so at this moment.
        configuration_days: of one of what somebody set.
        document_days: of one of what is written.
        integrity_days: age of a database's last integrity check that found nothing.
        precheck_hours: age of the results of NSX-T's own pre-upgrade checks; VMware advises to run
            them a week before the upgrade.
        contact_minutes: how long an agent or appliance may be without contact after its manager
            came back.
        contact_hours: how long ago a machine that its manager calls online may have been in
            contact last; a day is the longest interval of heartbeats, and one may be missed.
        bad_share: how many of a hundred machines may be offline, silent or broken before that stops
            a step; up to it each is a warning.
        waiver_days: how far ahead the last day of a waiver may be.
    """

    backup_hours: Annotated[float, Field(gt=0, le=168)] = 24
    snapshot_hours: Annotated[float, Field(gt=0, le=720)] = 72
    clock_seconds: Annotated[float, Field(gt=0, le=300)] = 60
    go_hours: Annotated[float, Field(gt=0, le=24)] = 24
    momentary_hours: Annotated[float, Field(gt=0, le=12)] = 12
    configuration_days: Annotated[float, Field(gt=0, le=7)] = 7
    document_days: Annotated[float, Field(gt=0, le=90)] = 90
    integrity_days: Annotated[float, Field(gt=0, le=90)] = 14
    precheck_hours: Annotated[float, Field(gt=0, le=336)] = 168
    contact_minutes: Annotated[float, Field(gt=0, le=1440)] = 30
    contact_hours: Annotated[float, Field(gt=0, le=336)] = 48
    bad_share: Annotated[float, Field(ge=0, le=10)] = 2
    waiver_days: Annotated[float, Field(gt=0, le=366)] = 180

    @property
    def changed(self) -> dict[str, float]:
        """Those that are not kanmon's own, by name."""
        default = Tolerances()
        return {key: own for key, own in self if own != getattr(default, key)}


class PlannedStep(Model):
    """A step of the order in which the operator means to go.

    Attributes:
        vcenter: where the step takes vCenter, for a vsphere step; its end where left out.
        esxi: likewise the hosts.
        vcenters: the vCenters that it is about; all that it concerns where left out.
    """

    step: Literal[
        "vsphere-bridge",
        "manager",
        "agent",
        "appliance",
        "nsxt-build",
        "nsx-migration",
        "vsphere-target",
    ]
    vcenter: Annotated[Text, _version(VSphere.parse)] | None = None
    esxi: Annotated[Text, _version(VSphere.parse)] | None = None
    vcenters: Annotated[list[Text], Field(min_length=1)] | None = None

    @model_validator(mode="after")
    def _says_where_to(self) -> Self:
        if self.step == "vsphere-bridge" and not (self.vcenter or self.esxi):
            raise ValueError("a vsphere-bridge says the release that vcenter and esxi go to")
        if self.step not in VSPHERE and (self.vcenter or self.esxi):
            raise ValueError(f"vcenter and esxi move in {' and '.join(VSPHERE)} only")
        if self.step not in (*VSPHERE, *NSX) and self.vcenters:
            raise ValueError(f"{self.step} is about managers: it names no vcenters")
        return self


class Attestation(Model):
    """What a named person answers for, because no interface tells it.

    It answers what it repeats and nothing else: ``kanmon attest RUN`` prints it, ready to fill in.

    Attributes:
        check: id of the check that could not judge.
        target: slug of the target under judgement; left out for a check of the whole estate.
        subjects: the objects, as the report prints them; none where the whole claim was open.
        answers: why they could not be judged: the reason, a name in braces for each of its values.
        bound: of the values those that it holds for alone: a build, a kernel.
        says: what was seen or done, in words.
        by: who answers for it.
        on: the day on which it was seen or done.
        at: the same with time and zone: what is momentary is told so.
    """

    check: Text
    target: Text | None = None
    subjects: list[Text] = Field(default_factory=list)
    answers: Text
    bound: dict[Text, Text] = Field(default_factory=dict)
    says: Text
    by: Text
    on: dt.date | None = None
    at: AwareDatetime | None = None

    @model_validator(mode="after")
    def _says_when(self) -> Self:
        if (self.on is None) is (self.at is None):
            raise ValueError("an attestation says when: on = a day, or at = a time with its zone")
        return self

    def __str__(self) -> str:
        of = f" of {self.target}" if self.target else ""
        return f"{self.check}{of}: {', '.join(self.subjects) or 'the whole claim'}"
