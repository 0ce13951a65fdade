"""A simulated manager for the tests, and what an operator would write about it."""

from contextlib import contextmanager

from pydantic import SecretStr

from kanmon.environment.credentials import Login
from kanmon.environment.targets import Dsm, DsmNode
from kanmon.readers import Request
from kanmon.readers.dsm import reader as dsm
from lab.dsm import server as lab_dsm
from lab.estate import api_key
from lab.transport.pki import Pki
from lab.world import world as worlds

LINUX = "Red Hat Enterprise 7 (64 bit) (3.10.0-1160.el7.x86_64)"
VERSIONS = {11: "11.0.510", 20: "20.0.877"}
MACHINES = [
    {
        "name": "relay",
        "count": 2,
        "vcenter": "vc",
        "os": LINUX,
        "protection": "agent",
        "relay": True,
    },
    {"name": "win", "vcenter": "vc", "protection": "agent"},
    {"name": "gone", "protection": "agent", "online": False, "anti_malware": False},
    {"name": "vdi", "vcenter": "vc", "protection": "appliance"},
    {
        "name": "dsva",
        "vcenter": "vc",
        "os": "Deep Security Virtual Appliance",
        "protection": "agent",
    },
    {"name": "bare"},
]


def make_world(
    generation=20, machines=MACHINES, nodes=("dsm-1", "dsm-2"), faults=(), **node_values
):
    """A world with one manager; ``faults`` are (slug, how), ``node_values`` go by node slug."""
    return worlds.make(
        "test",
        {
            "title": "a test's estate",
            "vcenter": [
                {
                    "slug": "vc",
                    "version": "6.5.0",
                    "build": "1",
                    "clusters": [
                        {
                            "name": "c",
                            "number": 7,
                            "hosts": [{"name": "h", "number": 1, "version": "6.5.0", "build": "1"}],
                        }
                    ],
                }
            ],
            "dsm": [
                {
                    "slug": "dsm",
                    "version": VERSIONS[generation],
                    "database": "db",
                    "nodes": [{"slug": slug, **node_values.get(slug, {})} for slug in nodes],
                }
            ],
            "machine": [
                {"dsm": "dsm", **m, "appliance": "Appliance" in m.get("os", "")} for m in machines
            ],
            "misbehaviour": [
                {"target": target, "how": how, "seconds": 0.2} for target, how in faults
            ],
        },
    )


class Running:
    """A simulated manager that runs, and what an operator would write about it."""

    def __init__(self, world):
        self.world = world
        self.pki = Pki()
        self.servers = lab_dsm.servers(world, self.pki)
        for server in self.servers:
            server.start()
        self.nodes = [one for one in self.servers if isinstance(one, lab_dsm.AnsweringNode)]
        ports = {one.slug: one.port for one in self.servers}
        ca = str(self.pki.trusted.path)
        self.target = Dsm(
            slug="dsm",
            credential="dsm-ro",
            database="db",
            nodes=[
                DsmNode(
                    slug=n.slug,
                    address="127.0.0.1",
                    port=n.port,
                    agent_port=ports[f"{n.slug}-agents"],
                    timeout=2.0,
                    ca=ca,
                )
                for n in self.nodes
            ],
        )
        self.login = Login(username=world.username, password=SecretStr(world.password))

    @property
    def key(self):
        """A credential that has nothing but the API key."""
        return Login(api_key=SecretStr(api_key(self.world)))

    @property
    def asked(self):
        """What all nodes were asked."""
        return [line for node in self.nodes for line in node.requests]

    def connect(self, login=None):
        """The reader's session."""
        return dsm.connect(Request(self.target, login or self.login, related=lambda *_: None))

    def read(self, part, login=None):
        """One part, in a session of its own."""
        with self.connect(login) as session:
            return dsm.PARTS[part](session)

    def stop(self):
        """End every server."""
        for server in self.servers:
            server.stop()
        self.pki.close()


@contextmanager
def starting():
    """A function that starts a simulated manager; each is stopped at the end."""
    started = []

    def start(world=None):
        started.append(Running(world or make_world()))
        return started[-1]

    try:
        yield start
    finally:
        for running in started:
            running.stop()
