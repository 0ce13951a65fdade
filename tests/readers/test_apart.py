"""One object that cannot be read is set apart: the others of its part are facts."""

from collections.abc import Iterator

import pytest

from kanmon.errors import CouldNotRead
from kanmon.readers.apart import each, gathering
from kanmon.readers.vcenter import inventory as vcenter
from lab.transport.pki import Pki
from tests.readers.vcenters import replace, session, small


@pytest.fixture(scope="module")
def pki() -> Iterator[Pki]:
    made = Pki()
    yield made
    made.close()


def odd(number):
    if number % 2 == 0:
        raise CouldNotRead("read it", "nothing")
    return number


def test_one_is_set_apart_and_the_others_are_read():
    """What cannot be read has its label and its own reason."""
    with gathering() as faults:
        assert each((1, 2, 3), odd, str) == (1, 3)
    assert [(subject, str(error.got)) for subject, error in faults] == [("2", "nothing")]


def test_where_nothing_is_left_the_part_is_unread():
    """A part of which no object could be read is an error, never an empty one."""
    with gathering() as faults, pytest.raises(CouldNotRead):
        each((2, 4), odd, str)
    assert not faults


def test_where_nobody_keeps_it_a_fault_is_the_parts():
    """A fault is never dropped."""
    with pytest.raises(CouldNotRead):
        each((1, 2), odd, str)


@pytest.mark.parametrize(
    ("part", "moref", "property_"),
    [
        ("vms", "vm-1000", "config.uuid"),
        ("tools_policies", "vm-1000", "config.guestId"),
        ("hosts", "host-21", "summary.config.product.version"),
    ],
)
def test_an_object_of_vcenter_without_a_property(pki, part, moref, property_):
    """A VM that is being created, or a host without product, hides no other."""
    with session(small(), pki) as (server, opened):
        whole = vcenter.PARTS[part](opened)
        replace(server, moref, **{property_.replace(".", "__"): None})
        with gathering() as faults:
            left = vcenter.PARTS[part](opened)
    (lost,) = {one.label for one in whole} - {one.label for one in left}
    assert [subject for subject, _ in faults] == [lost]
    assert set(left) < set(whole)


def test_two_of_one_name_are_two():
    """Names are not unique: each object that is lost is told, and answered for, by itself."""
    with gathering() as faults:
        each(["good", "bad", "bad"], _good_alone, lambda name: name)
    assert [subject for subject, _ in faults] == ["bad", "bad (2)"]


def _good_alone(name):
    if name == "bad":
        raise CouldNotRead("read it", "nothing")
    return name
