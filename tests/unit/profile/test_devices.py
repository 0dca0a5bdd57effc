"""Devices: told apart by their id, dated by UTC days."""

import itertools
from zlib import crc32

from stream.profile.devices import MAX_DEVICES, Device
from tests.support.events import Wire, event, folded, portrait


def seen(occurred_at: str, device_id: str = "d1", **fields: str) -> Wire:
    return event("device_seen", occurred_at, context={"device_id": device_id, **fields})


def devices(*events: Wire) -> tuple[Device, ...]:
    state = folded(events)
    assert state.newest_ms is not None
    return portrait(state, state.newest_ms).attributes.devices


def test_a_device_is_dated_by_utc_days():
    #   UTC      5 May 20:00    6 May
    #   local    6 May 01:30
    found = devices(seen("2024-05-06T01:30:00+05:30"), seen("2024-05-07T12:00:00Z"))
    assert found == (Device(None, None, "2024-05-05", "2024-05-07"),)


def test_the_newest_day_names_model_and_system_in_whatever_order_it_comes():
    events = [
        seen("2024-05-01T12:00:00Z", device_model="Zeta 9", os="Zeta"),
        seen("2024-05-02T23:00:00Z", device_model="Alpha 1", os="A"),
        seen("2024-05-02T01:00:00Z", device_model="Alpha 2", os="A"),
    ]
    for order in itertools.permutations(events):
        assert devices(*order) == (Device("Alpha 2", "A", "2024-05-01", "2024-05-02"),)


def test_any_event_shows_a_device_and_a_context_without_one_none():
    view = event("signed_in", "2024-05-06T12:00:00Z", context={"os": "A", "device_model": "B"})
    assert devices(view) == ()
    assert len(devices(view, seen("2024-05-06T12:00:00Z"))) == 1


def test_the_last_seen_comes_first():
    found = devices(
        seen("2024-05-01T12:00:00Z", "d1", os="one"),
        seen("2024-05-03T12:00:00Z", "d2", os="two"),
        seen("2024-05-02T12:00:00Z", "d3", os="three"),
    )
    assert [device.os for device in found] == ["two", "three", "one"]


def test_sixteen_devices_of_the_smallest_hash_are_kept():
    names = [f"device {number}" for number in range(40)]
    events = [seen("2024-05-06T12:00:00Z", name, os=name) for name in names]
    kept = sorted(names, key=lambda name: crc32(name.encode()))[:MAX_DEVICES]
    for order in (events, events[::-1], events * 2):
        assert [device.os for device in devices(*order)] == kept
