"""The policies of the manager: what computers are protected by."""

from __future__ import annotations

from kanmon.errors import CouldNotRead
from kanmon.facts.dsm.manager import Policy
from kanmon.readers.dsm.api import Api
from kanmon.readers.dsm.session import Session
from kanmon.readers.dsm.soap import SWITCH, Soap, text_of
from kanmon.readers.transport.fields import children, count, text
from kanmon.text import Text

POLICIES = "/api/policies"
POLICY_READING = (("GET", POLICIES),)


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
