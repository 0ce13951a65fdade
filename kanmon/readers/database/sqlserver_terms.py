"""The words in which SQL Server is asked: what questions about a database have in common."""

from __future__ import annotations

from kanmon.text import Text

TEXT = "nvarchar(400)"
OFFSET = "DATEPART(TZoffset, SYSDATETIMEOFFSET())"
SEE_STATE = Text("GRANT VIEW SERVER STATE to the login")
SEE_DEFINITIONS = Text("GRANT VIEW ANY DEFINITION to the login")
SEE_HISTORY = Text(
    "make the login a user of msdb and GRANT SELECT on backupset, backupmediafamily and "
    "suspect_pages (or the role db_datareader)"
)
SEE_DATABASE = Text(
    "make the login a user of the manager's database: CREATE USER ... FOR LOGIN ..."
)


def literal(name: str) -> str:
    """A name as a text in a statement."""
    return "N'" + name.replace("'", "''") + "'"


def quoted(name: str) -> str:
    """A name as an identifier in a statement."""
    return "[" + name.replace("]", "]]") + "]"


def iso(moment: str) -> str:
    """An expression's time as ISO 8601 writes it, without a zone."""
    return f"CONVERT(nvarchar(30), {moment}, 126)"


def number_of(database: str) -> str:
    """The number of the database, by which views name it."""
    return f"DB_ID({literal(database)})"


def row_of(database: str) -> str:
    """The condition for the one row of ``sys.databases d``."""
    return f"WHERE d.name = {literal(database)}"
