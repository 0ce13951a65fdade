"""Opening an environment: its file, and the lab behind it where the estate is a simulated one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from kanmon.environment import file
from kanmon.environment.file import Environment
from kanmon.environment.releases import refuse_unknown
from kanmon.errors import UsageError

if TYPE_CHECKING:
    from lab.estate import Estate as Lab


@dataclass(frozen=True)
class Estate:
    """What an environment file names.

    Attributes:
        path: of the file.
        environment: its content; of a simulated estate what its lab says of itself.
        lab: behind a simulated estate, not started before somebody wants to dial it.
    """

    path: Path
    environment: Environment
    lab: Lab | None

    @property
    def waived(self) -> str:
        """What the board of a simulated estate accepts, as a file of waivers says it."""
        return self.lab.waivers() if self.lab else ""

    def dialled(self) -> Environment:
        """The environment whose targets can be dialled: a lab runs from here on."""
        if self.lab is None:
            return self.environment
        self.lab.start()
        return _inside(self.lab, self.environment, self.path)


@contextmanager
def opened(path: Path) -> Iterator[Estate]:
    """The estate of an environment file; at the end its lab, where it has one, is gone.

    Raises:
        UsageError: the file or its world cannot be used.
    """
    environment = file.load(path)
    refuse_unknown(environment, path)
    if not environment.lab:
        yield Estate(path, environment, None)
        return
    lab = _lab(path, environment.lab.world)
    try:
        inside = _inside(lab, environment, path)
        refuse_unknown(inside, path)
        yield Estate(path, inside, lab)
    finally:
        lab.stop()


def _lab(path: Path, world: str) -> Lab:
    from lab.estate import Estate as Lab  # noqa: PLC0415 - loaded only where it is asked for
    from lab.world.world import load  # noqa: PLC0415 - likewise

    try:
        return Lab(load(world))
    except FileNotFoundError as error:
        raise UsageError(
            f"{path}: lab.world.world: there is no such world: {error.filename}"
        ) from None


def _inside(lab: Lab, outside: Environment, path: Path) -> Environment:
    """What a lab says of its estate, with the operator's own knowledge that its file names."""
    inside = file.parse(lab.environment(), path.stem, path)
    return inside.model_copy(update={"knowledge": outside.knowledge})
