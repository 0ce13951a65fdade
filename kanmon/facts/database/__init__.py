"""What was read of database servers."""

from kanmon.facts.common import Certificate, Kind, NotKept
from kanmon.facts.database import server, state

KIND = Kind(
    identity="server",
    release=lambda server: (server.version, server.edition or None),
    parts={
        "tls": server.Tls,
        "server": server.Server,
        "instance": state.Instance,
        "clock": state.Clock,
        "storage": state.Storage,
        "backups": state.Backups | NotKept,
        "health": state.Health | NotKept,
        "holders": tuple[state.Holder, ...] | NotKept,
        "connections": tuple[state.Connection, ...] | NotKept,
        "certificates": tuple[Certificate, ...],
    },
)
