"""Where the operator wants Deep Security and NSX to end, and when: a claim that needs it asks."""

from __future__ import annotations

from datetime import datetime

from kanmon.environment.change import Window
from kanmon.environment.file import Environment
from kanmon.errors import Undetermined
from kanmon.facts.run import Moment
from kanmon.text import Text
from kanmon.versions import DeepSecurity, Nsx


def target_manager(environment: Environment) -> DeepSecurity:
    """Where managers are to end.

    Raises:
        Undetermined: the environment does not say.
    """
    return _deep_security(environment.upgrade.deep_security)


def target_agent(environment: Environment) -> DeepSecurity:
    """Where agents and relays are to end; see ``target_manager``."""
    return _deep_security(environment.upgrade.agent or environment.upgrade.deep_security)


def target_appliance(environment: Environment) -> DeepSecurity:
    """Where appliances are to end; see ``target_manager``."""
    return _deep_security(environment.upgrade.appliance or environment.upgrade.deep_security)


def _deep_security(text: str | None) -> DeepSecurity:
    if text is None:
        raise Undetermined(Text("the environment does not say upgrade.deep_security"))
    return DeepSecurity.parse(text)


def target_nsx(environment: Environment) -> Nsx:
    """Where NSX is to end.

    Raises:
        Undetermined: the environment does not say.
    """
    if environment.upgrade.nsx is None:
        raise Undetermined(Text("the environment does not say upgrade.nsx"))
    return Nsx.parse(environment.upgrade.nsx)


def window(environment: Environment) -> Window:
    """The change window.

    Raises:
        Undetermined: the environment names none.
    """
    if environment.change is None:
        raise Undetermined(Text("the environment names no [change] window in which none may fire"))
    return environment.change.window


def last_until(moment: Moment) -> datetime:
    """What certificates and licences must outlive.

    Raises:
        Undetermined: the environment names no change window.
    """
    if moment.last_until is None:
        raise Undetermined(Text("the environment names no [change] window that they must outlive"))
    return moment.last_until
