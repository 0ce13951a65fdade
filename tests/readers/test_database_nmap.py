"""The TLS probe of SQL Server against the opinion of nmap, which speaks TDS on port 1433 only."""

from __future__ import annotations

import subprocess
from xml.etree import ElementTree as ET

import pytest

from kanmon.environment.targets import Database
from kanmon.readers.database import reader as database
from lab.database.server import servers
from lab.transport.pki import Pki
from lab.world import world
from tests.servers import need

ADDRESS = "127.0.0.77"  # nobody else's port 1433


@pytest.mark.parametrize("offered", [("TLSv1", "TLSv1"), ("TLSv1.1", "TLSv1.2")])
def test_nmap_sees_the_same_versions(offered):
    """What nmap lists is what the probe says is accepted, and the server versions agree."""
    nmap = need("nmap")
    pki = Pki()
    described = {"slug": "db", "version": "13.0.5026.0", "tls": offered}
    made = world.make("test", {"title": "test", "database": [described]})
    (server,) = servers(made, pki)
    server.addresses, server.port = (ADDRESS,), 1433
    server.start()
    try:
        scan = ["-Pn", "-n", "-sV", "-p1433", "--script", "ssl-enum-ciphers", "-oX", "-", ADDRESS]
        done = subprocess.run([nmap, *scan], capture_output=True, check=True, timeout=120)
        target = Database(slug="db", product="sqlserver", address=ADDRESS, credential="x")
        facts = database.PROBES["tls"](target)
    finally:
        server.stop()
        pki.close()
    seen = ET.fromstring(done.stdout)
    (script,) = seen.findall(".//script[@id='ssl-enum-ciphers']")
    listed = {table.get("key", "").removesuffix(".0") for table in script.findall("table")}
    assert listed == {a.version for a in facts.attempts if a.outcome == "accepted"}
    service = seen.find(".//service")
    assert service is not None
    assert service.get("product", "").startswith("Microsoft SQL Server 2016")
    assert service.get("version", "").startswith("13.00.5026")
    assert facts.server_version == "13.0.5026.0"
