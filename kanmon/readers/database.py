"""Database servers: the TLS that they take, their certificate, and a manager's database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

from kanmon.readers import (
    Request,
    database_oracle,
    database_postgresql,
    database_postgresql_state,
    database_sqlserver,
    database_sqlserver_state,
    database_sqlserver_storage,
    database_tls,
)
from kanmon.readers.database_session import Session

_PRODUCTS: dict[str, tuple[ModuleType, ...]] = {
    "sqlserver": (database_sqlserver, database_sqlserver_state, database_sqlserver_storage),
    "postgresql": (database_postgresql, database_postgresql_state),
    "oracle": (database_oracle,),
}
"""The modules that know a product, the one that logs in first."""


@contextmanager
def connect(request: Request) -> Iterator[Session]:
    """Log in over verified TLS 1.2 or later; log out at the end.

    Raises:
        TargetLost: no such TLS session can be had, or the login fails.
    """
    product = _PRODUCTS[request.target.product][0]
    with product.connect(request.target, request.login) as session:
        yield session


def _part(name: str) -> Callable[[Session], Any]:
    """The function that reads a part, ``read_<part>`` of the product's modules."""

    def read(session: Session) -> Any:
        modules = _PRODUCTS[session.target.product]
        return next(getattr(m, f"read_{name}") for m in modules if hasattr(m, f"read_{name}"))(
            session
        )

    return read


PROBES = {"tls": database_tls.read, "certificates": database_tls.certificates}
PARTS = {
    name: _part(name)
    for name in (
        "server",
        "instance",
        "clock",
        "storage",
        "backups",
        "health",
        "holders",
        "connections",
    )
}
