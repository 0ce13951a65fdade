"""What was read of database servers."""

from kanmon.facts.common import Certificate, Kind
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
        "backups": state.Backups | state.NotKept,
        "health": state.Health | state.NotKept,
        "holders": tuple[state.Holder, ...] | state.NotKept,
        "connections": tuple[state.Connection, ...] | state.NotKept,
        "certificates": tuple[Certificate, ...],
    },
)
