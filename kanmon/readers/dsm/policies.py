"""The policies of the manager: what computers are protected by, and how agents guard themselves."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterable

from kanmon.errors import CouldNotRead
from kanmon.facts.dsm.manager import Policy
from kanmon.facts.dsm.system import SelfProtection
from kanmon.readers.apart import each
from kanmon.readers.dsm.api import Api, computer_label
from kanmon.readers.dsm.session import Session
from kanmon.readers.dsm.soap import SWITCH, Soap, maybe_of, text_of
from kanmon.readers.dsm.system import NO_API
from kanmon.readers.transport.fields import Json, called, children, count, text
from kanmon.text import Text

POLICIES = "/api/policies"
POLICY_READING = (("GET", POLICIES),)
GUARDED = "platformSettingAgentSelfProtectionEnabled"


def policies(session: Session) -> tuple[Policy, ...]:
    """Every policy that the account sees.

    Raises:
        CouldNotRead: an answer is not what was asked for, or there is not one policy in it.
    """
    tried = Text("read the policies of {base}", base=session.https.base)
    if session.api:
        found = _of_api(session.api)
    elif session.soap:
        found = _of_soap(session.soap)
    else:
        raise CouldNotRead(tried, Text("neither /api nor SOAP is offered"), SWITCH)
    if not found:
        raise CouldNotRead(
            tried,
            Text("an empty list"),
            Text(
                "a manager comes with policies, and a role without the right to view them gets an "
                "empty list too: give the account's role that right"
            ),
        )
    return found


def self_protection(session: Session) -> SelfProtection:
    """Which policies and computers switch the agents' self-protection on; ``/api`` alone tells it.

    One that says nothing of its own has what is above it, so those that say it are enough.

    Raises:
        CouldNotRead: an answer is not what was asked for.
    """
    if session.api is None:
        return SelfProtection(NO_API, (), ())
    rows = children(session.api.get(POLICIES, {"overrides": "true"}), "policies")
    return SelfProtection(
        untold="",
        policies=_guarded(rows, "policySettings", called, lambda row: text(row, "name")),
        computers=_guarded(
            session.api.own_settings(), "computerSettings", computer_label, computer_label
        ),
    )


def _guarded(
    rows: Iterable[Json],
    settings: str,
    label: Callable[[Json], str],
    name: Callable[[Json], str],
) -> tuple[str, ...]:
    """The names of those whose own settings switch it on."""
    found = each(rows, lambda row: name(row) if _guards(row.get(settings)) else None, label)
    return tuple(one for one in found if one is not None)


def _guards(settings: object) -> bool:
    """Whether settings of its own switch it on.

    Raises:
        CouldNotRead: they are of no known form.
    """
    setting = settings.get(GUARDED) if isinstance(settings, dict) else settings
    value = setting.get("value") if isinstance(setting, dict) else setting
    if value is not None and str(value).lower() not in ("true", "false"):
        raise CouldNotRead(Text("read {setting}", setting=GUARDED), repr(value)[:80])
    return str(value).lower() == "true"


def _of_api(api: Api) -> tuple[Policy, ...]:
    """By ``/api``; only what a policy overrides is asked for, since all of it would be large."""
    rows = children(api.get(POLICIES, {"overrides": "true"}), "policies")
    return each(rows, lambda row: Policy(count(row, "ID"), text(row, "name")), called)


def _of_soap(soap: Soap) -> tuple[Policy, ...]:
    return each(
        soap.call("securityProfileRetrieveAll"),
        _policy,
        lambda one: f"{maybe_of(one, 'name') or 'unset'} ({maybe_of(one, 'ID') or 'unset'})",
    )


def _policy(one: ET.Element) -> Policy:
    number, name = text_of(one, "ID"), text_of(one, "name")
    if number is None or not number.isdecimal() or name is None:
        raise CouldNotRead(
            Text("read a policy"),
            Text("the number {number} and the name {name}", number=repr(number), name=repr(name)),
        )
    return Policy(int(number), name)
