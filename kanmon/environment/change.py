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


class Change(Model):
    """The change that the run gates."""

    number: Text
    window: Window


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
    """

    vcenter: Annotated[Text, _version(VSphere.parse)] | None = None
    esxi: Annotated[Text, _version(VSphere.parse)] | None = None
    nsx: Annotated[Text, _version(Nsx.parse), AfterValidator(_whole_nsx)] | None = None
    deep_security: Annotated[Text, _version(DeepSecurity.parse)] | None = None
    agent: Annotated[Text, _version(DeepSecurity.parse)] | None = None
    appliance: Annotated[Text, _version(DeepSecurity.parse)] | None = None
    installation: Literal["upgrade", "new"] = "upgrade"


class Tolerances(Model):
    """What the operator accepts; the defaults are kanmon's policy, not a vendor's.

    Attributes:
        backup_hours: age of a backup at the time of the run.
        snapshot_hours: age of a snapshot; VMware's KB 1025279 asks for no more than 72 hours.
        clock_seconds: how far two clocks may be apart.
        attestation_days: age of an attestation.
        integrity_days: age of a database's last integrity check that found nothing.
        precheck_hours: age of the results of NSX-T's own pre-upgrade checks; VMware advises to run
            them a week before the upgrade.
        contact_minutes: how long an agent or appliance may be without contact after its manager
            came back.
        waiver_days: how far ahead the last day of a waiver may be.
    """

    backup_hours: Annotated[float, Field(gt=0)] = 24
    snapshot_hours: Annotated[float, Field(gt=0)] = 72
    clock_seconds: Annotated[float, Field(gt=0)] = 60
    attestation_days: Annotated[float, Field(gt=0)] = 30
    integrity_days: Annotated[float, Field(gt=0)] = 14
    precheck_hours: Annotated[float, Field(gt=0)] = 168
    contact_minutes: Annotated[float, Field(gt=0)] = 30
    waiver_days: Annotated[float, Field(gt=0)] = 180


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


HUMAN = "RB-HUMAN-001"
Topic = Literal["change approved", "vendor told", "restore rehearsed"]
"""What RB-HUMAN-001 wants to be told by a person."""


class Attestation(Model):
    """What a named person answers for, because no interface tells it.

    Attributes:
        check: id of the check that asks for it.
        target: slug of the target or manager node that it is about; every one where left out.
        topic: which of its questions it answers, for RB-HUMAN-001 and for no other check.
        says: what was seen or done, in words.
        by: who answers for it.
        on: when it was seen or done.
    """

    check: Text
    target: Text | None = None
    topic: Topic | None = None
    says: Text
    by: Text
    on: dt.date

    @model_validator(mode="after")
    def _topic_is_of_its_check(self) -> Self:
        if (self.check == HUMAN) is (self.topic is None):
            raise ValueError(f"topic belongs to {HUMAN}, which is attested topic by topic")
        return self

    def __str__(self) -> str:
        return f"attested by {self.by} on {self.on}: {self.says}"
