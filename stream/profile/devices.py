"""Devices: which ones the customer used, and from when to when."""

from typing import Annotated
from zlib import crc32

from msgspec import Meta, Struct

from stream.fields import Context
from stream.windows import DAY_MS, to_date

#: Devices kept of one customer: those whose id has the smallest hash, so that the choice does not
#: depend on the order of the events. People rarely have so many, shared accounts and bots do.
MAX_DEVICES = 16


class Device(Struct, frozen=True):
    """One device, told apart by the `device_id` in the events' context."""

    model: Annotated[
        str | None,
        Meta(description="Model that its newest day's events name; null where they name none."),
    ]
    os: Annotated[
        str | None, Meta(description="Operating system, told likewise; null where they name none.")
    ]
    first_seen: Annotated[
        str, Meta(description="UTC date of its oldest event, such as 2026-03-01.")
    ]
    last_seen: Annotated[str, Meta(description="UTC date of its newest event.")]


class Seen(Struct, array_like=True):
    """First and last UTC day of a device; model and os of the last day, empty where unknown."""

    first_day: int
    last_day: int
    model: str
    os: str


#: hash of the device's id -> when it was seen
Devices = dict[int, Seen]


def see(devices: Devices, context: Context, at_ms: int) -> None:
    """Take an event's device into account; a context without a device id is passed over."""
    if context.device_id is None:
        return
    day = at_ms // DAY_MS
    seen = Seen(day, day, context.device_model or "", context.os or "")
    _add(devices, crc32(context.device_id.encode()), seen)


def merge(a: Devices, b: Devices) -> Devices:
    """The devices of both histories."""
    merged = dict(a)
    for key, seen in b.items():
        _add(merged, key, seen)
    return merged


def _add(devices: Devices, key: int, seen: Seen) -> None:
    known = devices.get(key)
    if known is None:
        devices[key] = seen
        if len(devices) > MAX_DEVICES:
            del devices[max(devices)]
    elif known.first_day > seen.first_day or _newest(known) < _newest(seen):
        newest = max(known, seen, key=_newest)
        first_day = min(known.first_day, seen.first_day)
        devices[key] = Seen(first_day, newest.last_day, newest.model, newest.os)


def _newest(seen: Seen) -> tuple[int, str, str]:
    # Two names on one day: any rule will do that does not depend on arrival.
    return seen.last_day, seen.model, seen.os


def describe(devices: Devices) -> tuple[Device, ...]:
    """All devices kept, the last seen first."""
    ranked = sorted(devices.items(), key=lambda entry: (-entry[1].last_day, entry[0]))
    return tuple(
        Device(seen.model or None, seen.os or None, to_date(seen.first_day), to_date(seen.last_day))
        for _, seen in ranked
    )
