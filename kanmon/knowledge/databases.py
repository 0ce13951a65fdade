"""What rows about the manager's database hold, beside its product and its TLS."""

from typing import ClassVar, Literal

from kanmon.knowledge.rows import Amount, Row, Text
from kanmon.knowledge.span_types import DeepSecuritySpan


class UpgradeSpace(Row):
    """How many times its data and log must be free while the schema is upgraded."""

    table: ClassVar[str] = "database_upgrade_space"

    manager: DeepSecuritySpan
    times: Amount

    @property
    def key(self) -> str:
        """The manager that is installed."""
        return f"upgrade to {self.manager}"


class LoginRight(Row):
    """What the manager's own login must be in its database."""

    table: ClassVar[str] = "database_login_rights"

    product: Literal["sqlserver", "postgresql", "oracle"]
    right: Text

    @property
    def key(self) -> str:
        """The product."""
        return self.product


class SqlServerEngine(Row):
    """A product that speaks as SQL Server does, by the number that it gives its engine edition.

    Attributes:
        product: what it is sold as, as the table of databases names it.
        builds: its version is a build of SQL Server, and may be compared with one.
    """

    table: ClassVar[str] = "sqlserver_engines"

    number: Amount
    product: Text
    builds: bool

    @property
    def key(self) -> str:
        """The number."""
        return str(self.number)


TABLES: tuple[type[Row], ...] = (UpgradeSpace, LoginRight, SqlServerEngine)
