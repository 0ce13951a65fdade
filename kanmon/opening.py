"""Opening an environment: its file, and the lab behind it where the estate is a simulated one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from kanmon import environment as environments
from kanmon.environment import Environment
from kanmon.errors import UsageError

if TYPE_CHECKING:
    from lab.estate import Estate


def described(path: Path) -> tuple[Environment, Estate | None]:
    """The environment of a file; a simulated one is described by its lab, which is not started.

    Raises:
        UsageError: the file or its world cannot be used.
    """
    environment = environments.load(path)
    if not environment.lab:
        return environment, None
    from lab.estate import Estate  # noqa: PLC0415 - the lab is loaded only where it is asked for
    from lab.world import load  # noqa: PLC0415 - likewise

    try:
        estate = Estate(load(environment.lab.world))
    except FileNotFoundError as error:
        raise UsageError(f"{path}: lab.world: there is no such world: {error.filename}") from None
    return _inside(estate, environment, path), estate


def started(estate: Estate, outside: Environment, path: Path) -> Environment:
    """The environment of a lab that is running from here on, with its real ports."""
    estate.start()
    return _inside(estate, outside, path)


def _inside(estate: Estate, outside: Environment, path: Path) -> Environment:
    """What a lab says of its estate, with the operator's own knowledge that its file names."""
    inside = environments.parse(estate.environment(), path.stem, path)
    return inside.model_copy(update={"knowledge": outside.knowledge})
