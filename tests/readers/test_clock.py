"""Clocks of vCenter, both NSX and the manager's nodes: what they show, and when nobody knows."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import requests

from kanmon.environment.targets import NsxT, NsxV
from kanmon.errors import CouldNotRead
from kanmon.facts import ClockReading, Unread
from kanmon.readers.dsm import reader as dsm
from kanmon.readers.nsxt import inventory as nsxt
from kanmon.readers.nsxv import inventory as nsxv
from kanmon.readers.transport.clock import of_web_server
from kanmon.readers.vcenter import hosts as vcenter
from lab.nsxt.server import Manager as NsxtManager
from lab.nsxv.server import Manager as NsxvManager
from lab.transport.pki import Pki
from tests.readers.managers import make_world, starting
from tests.readers.nsx import request, running
from tests.readers.test_nsxt import world as nsxt_world
from tests.readers.test_nsxv import world as nsxv_world
from tests.readers.vcenters import session, small

AHEAD = (0, 86400 * 1095, -3600)


@pytest.fixture(scope="module")
def pki():
    made = Pki()
    yield made
    made.close()


def holds(reading: ClockReading, ahead: float) -> bool:
    """Whether the true difference lies within the bounds, of which the round trip is a part."""
    trip = (reading.answered - reading.asked).total_seconds()
    assert reading.high - reading.low == pytest.approx(trip + reading.grain, abs=1e-6)
    return reading.low <= ahead <= reading.high


def response(header: str | None) -> requests.Response:
    """An answer with this header Date, or without one."""
    made = requests.Response()
    if header is not None:
        made.headers["Date"] = header
    return made


def test_a_web_servers_date_is_read_to_the_second():
    """The form of RFC 9110, in whole seconds of UTC."""
    found = of_web_server("GET /", lambda: response("Mon, 23 Nov 2026 09:00:00 GMT"))
    assert found.told == datetime(2026, 11, 23, 9, tzinfo=UTC)
    assert found.grain == 1.0


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "soon",
        "Mon, 23 Nov 2026 09:00:00",
        "Mon, 23 Nov 2026 09:00:00 -0000",
        "1795424400",
    ],
)
def test_a_header_that_is_no_time_could_not_be_read(header):
    """None at all, words, a number, and a time without its zone are no clock."""
    with pytest.raises(CouldNotRead, match="as the header Date, expected a time"):
        of_web_server("GET /", lambda: response(header))


@pytest.mark.parametrize("ahead", AHEAD)
def test_vcenter(pki, ahead):
    """It is asked for its time once, and its answer keeps fractions of a second."""
    world = small()
    table = {**world.model_dump(mode="json")["vcenter"][0], "clock": ahead}
    with session(small(vcenter=[table]), pki) as (server, opened):
        assert holds(vcenter.clock(opened), ahead)
    assert server.methods.count("CurrentTime") == 1


@pytest.mark.parametrize("ahead", AHEAD)
def test_nsx_v(ahead):
    """The header of an answer that the reader asks for anyhow."""
    with running() as (pki, start):
        world = nsxv_world(clock=ahead)
        server = start(NsxvManager(world, world.nsxv[0], pki))
        with nsxv.connect(request(NsxV, server, None, vcenter="vc")) as opened:
            assert holds(nsxv.PARTS["clock"](opened), ahead)
        assert set(server.requests) == {f"GET {nsxv.INFO}"}


@pytest.mark.parametrize("ahead", AHEAD)
def test_nsx_t(ahead):
    """Likewise."""
    with running() as (pki, start):
        world = nsxt_world(clock=ahead)
        server = start(NsxtManager(world, world.nsxt[0], pki))
        with nsxt.connect(request(NsxT, server, None, vcenters=["vc"])) as opened:
            assert holds(nsxt.PARTS["clock"](opened), ahead)
        assert set(server.requests) == {"GET /api/v1/node/version"}


def test_each_node_of_a_manager():
    """Every node by itself, without a login; one that is dead leaves the other."""
    with starting() as start:
        living = start(make_world(11, **{"dsm-2": {"clock": -3600}}))
        first, second = dsm.PROBES["clocks"](living.target)
        assert (first.slug, second.slug) == ("dsm-1", "dsm-2")
        assert holds(first.reading, 0)
        assert holds(second.reading, -3600)
        assert set(living.asked) == {"GET /rest/status/manager/current/ping"}
        half = start(make_world(11, **{"dsm-2": {"running": False}}))
        first, second = dsm.PROBES["clocks"](half.target)
        assert holds(first.reading, 0)
        assert isinstance(second.reading, Unread)


@pytest.mark.parametrize("fault", ["silent", "cut off", "wrong certificate"])
def test_a_node_that_cannot_be_asked_is_unread(fault):
    """A clock is believed of nobody whose certificate is not the expected one."""
    with starting() as start:
        found = dsm.PROBES["clocks"](start(make_world(faults=[("dsm-1", fault)])).target)
    assert [isinstance(one.reading, Unread) for one in found] == [True, False]
