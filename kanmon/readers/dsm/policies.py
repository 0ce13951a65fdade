"""The policies of the manager: what computers are protected by, and how agents guard themselves."""

from __future__ import annotations

from kanmon.errors import CouldNotRead
from kanmon.facts.dsm.manager import Policy
from kanmon.facts.dsm.system import SelfProtection
from kanmon.readers.dsm.api import Api
from kanmon.readers.dsm.session import Session
from kanmon.readers.dsm.soap import SWITCH, Soap, text_of
from kanmon.readers.dsm.system import NO_API
from kanmon.readers.transport.fields import children, count, optional_text, text
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
        policies=tuple(text(row, "name") for row in rows if _guards(row.get("policySettings"))),
        computers=tuple(
            f"{optional_text(row, 'displayName') or text(row, 'hostName')} (computer {row['ID']})"
            for row in session.api.own_settings()
            if _guards(row.get("computerSettings"))
        ),
    )


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
    return tuple(Policy(count(row, "ID"), text(row, "name")) for row in rows)


def _of_soap(soap: Soap) -> tuple[Policy, ...]:
    found = []
    for one in soap.call("securityProfileRetrieveAll"):
        number, name = text_of(one, "ID"), text_of(one, "name")
        if number is None or not number.isdecimal() or name is None:
            raise CouldNotRead(
                Text("read a policy"),
                Text(
                    "the number {number} and the name {name}", number=repr(number), name=repr(name)
                ),
            )
        found.append(Policy(int(number), name))
    return tuple(found)
