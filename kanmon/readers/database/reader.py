"""Database servers: the TLS that they take, their certificate, and a manager's database."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

from kanmon.readers import Request, loading
from kanmon.readers.database import tls
from kanmon.readers.database.session import Session

_PRODUCTS = {
    "sqlserver": ("python-tds", ("sqlserver", "sqlserver_state", "sqlserver_storage")),
    "postgresql": ("psycopg", ("postgresql", "postgresql_state")),
    "oracle": ("oracledb", ("oracle",)),
}
"""The driver of a product, and the modules that know it, the one that logs in first."""


def _modules(product: str) -> list[ModuleType]:
    """The modules of a product, loaded with its driver when one is first asked for.

    Raises:
        TargetLost: this machine cannot load the driver.
    """
    driver, names = _PRODUCTS[product]
    with loading(driver):
        return [importlib.import_module(f"kanmon.readers.database.{name}") for name in names]


@contextmanager
def connect(request: Request) -> Iterator[Session]:
    """Log in over verified TLS 1.2 or later; log out at the end.

    Raises:
        TargetLost: no driver, no such TLS session, or the login fails.
    """
    product = _modules(request.target.product)[0]
    with product.connect(request.target, request.login) as session:
        yield session


def _part(name: str) -> Callable[[Session], Any]:
    """The function that reads a part, ``read_<part>`` of the product's modules."""

    def read(session: Session) -> Any:
        modules = _modules(session.target.product)
        return next(getattr(m, f"read_{name}") for m in modules if hasattr(m, f"read_{name}"))(
            session
        )

    return read


PROBES = {"tls": tls.read, "certificates": tls.certificates}
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
