"""Activity: what the customer did in the last 30 days, and at which local hours.

Counts are kept in *hour tiles*, one for each pair of UTC hour and local hour. The rolling counters
and the active-hour histogram are both read from them, so they cannot disagree; half-hour time
zones and daylight-saving changes are exact because the local hour is part of the key.
"""

from typing import Annotated

from msgspec import Meta, Struct

from stream import events
from stream.events import Event, type_name
from stream.profile.sessions import Conversion, Sessions
from stream.profile.sessions import describe as sessions_of
from stream.profile.values import Instant
from stream.windows import HOUR_MS, first_hour, hour_leaves_at, to_rfc3339

#: tile key -> {type code: count}
HourTiles = dict[int, dict[int, int]]

#: Event types in the order of their codes in stored states: append, never move or remove.
_CODED: tuple[type[Event], ...] = (
    events.ProductViewed,
    events.ProductClicked,
    events.ProductsSearched,
    events.ProductAddedToWishlist,
    events.ProductShared,
    events.ProductAdded,
    events.ProductRemoved,
    events.CheckoutStarted,
    events.OrderCompleted,
    events.OrderCancelled,
    events.OrderRefunded,
    events.ProductReviewed,
    events.SignedUp,
    events.SignedIn,
    events.SignInFailed,
    events.PasswordReset,
    events.DeviceSeen,
    events.CustomerIdentified,
    events.ConsentChanged,
    events.ErasureRequested,
    events.PromotionViewed,
    events.PromotionClicked,
    events.CouponRedeemed,
    events.InviteSent,
    events.InviteAccepted,
    events.SupportContacted,
)
TYPE_CODES: dict[type[Event], int] = {event: code for code, event in enumerate(_CODED)}
_TYPE_NAMES = [type_name(event) for event in _CODED]

# A key is (UTC hour << 6) | (local hour - UTC hour + 32): offsets reach 24 hours either way.
_SHIFT_BITS = 6
_SHIFT_MASK = (1 << _SHIFT_BITS) - 1
_SHIFT_BIAS = 32

#: The epoch was a Thursday: so many hours after Monday 00:00.
_EPOCH_HOUR_OF_WEEK = 72

#: An hour is a peak if it holds at least this many times its even share (1/24) of the activity.
PEAK_RATIO = 2
MAX_PEAKS = 6


class Window(Struct, frozen=True):
    """The rolling window, RFC 3339: `start` is rounded down to the hour, `end` is open."""

    start: Annotated[Instant, Meta(description="First instant of the window, UTC, a full hour.")]
    end: Annotated[Instant, Meta(description="The instant after the window, UTC: `as_of`.")]


class Hours(Struct, frozen=True):
    """Events of the window by the customer's local time; the numbers add up to the counts."""

    by_hour: Annotated[
        tuple[int, ...],
        Meta(min_length=24, max_length=24, description="Events by local hour, 0 to 23."),
    ]
    by_weekday_hour: Annotated[
        tuple[int, ...],
        Meta(
            min_length=168,
            max_length=168,
            description="By local hour of the week; index = weekday * 24 + hour, Monday is 0.",
        ),
    ]
    peak_hours: Annotated[
        tuple[Annotated[int, Meta(ge=0, le=23)], ...],
        Meta(
            description="Local hours with at least twice an even share of the events, "
            "busiest first, at most six."
        ),
    ]


class Activity(Struct, frozen=True):
    """What the customer did in the rolling window."""

    window: Annotated[Window, Meta(description="The rolling window that the section covers.")]
    counts: Annotated[
        dict[str, int],
        Meta(
            description="Events of the window by type; a type without events is absent.",
            extra_json_schema={"propertyNames": {"enum": _TYPE_NAMES}},
        ),
    ]
    active_days: Annotated[
        int, Meta(description="Local calendar days of the window with at least one event.")
    ]
    sessions: Annotated[
        int,
        Meta(
            description="Visits to the shop in the window: clicks, cart events, orders, reviews, "
            "sign-ups, sign-ins, devices seen and promotions clicked, with more than 30 minutes "
            "between two visits."
        ),
    ]
    conversion: Annotated[Conversion, Meta(description="How visits lead to carts and orders.")]
    hours: Annotated[Hours, Meta(description="When the events of the window happened.")]


def tile_key(at_ms: int, utc_offset_ms: int) -> int:
    """The tile that an instant with a local time falls into."""
    hour = at_ms // HOUR_MS
    local = (at_ms + utc_offset_ms) // HOUR_MS
    return hour << _SHIFT_BITS | (local - hour + _SHIFT_BIAS)


def utc_hour(key: int) -> int:
    """UTC hour, in hours since the epoch, of a tile."""
    return key >> _SHIFT_BITS


def first_key(hour: int) -> int:
    """The smallest key that a tile of a UTC hour can have."""
    return hour << _SHIFT_BITS


def add(tiles: HourTiles, code: int, at_ms: int, utc_offset_ms: int) -> None:
    """Count one event of a type."""
    key = tile_key(at_ms, utc_offset_ms)
    tile = tiles.get(key)
    if tile is None:
        tiles[key] = {code: 1}
    else:
        tile[code] = tile.get(code, 0) + 1


def merge(a: HourTiles, b: HourTiles) -> HourTiles:
    """Tiles of both histories."""
    merged = {key: dict(tile) for key, tile in a.items()}
    for key, tile in b.items():
        target = merged.setdefault(key, {})
        for code, count in tile.items():
            target[code] = target.get(code, 0) + count
    return merged


def prune(tiles: HourTiles, newest_ms: int) -> None:
    """Drop what is outside the window of the customer's newest event, now and for ever."""
    oldest = first_key(first_hour(newest_ms))
    for key in [key for key in tiles if key < oldest]:
        del tiles[key]


def next_change(tiles: HourTiles, as_of_ms: int) -> int | None:
    """When the first tile leaves the window, ms; None where nothing is in it."""
    oldest = first_key(first_hour(as_of_ms))
    key = min((key for key in tiles if key >= oldest), default=None)
    return None if key is None else hour_leaves_at(utc_hour(key))


def describe(tiles: HourTiles, sessions: Sessions, as_of_ms: int) -> Activity:
    """The section as of an instant not before the newest event."""
    start = first_hour(as_of_ms)
    oldest = first_key(start)
    counts: dict[int, int] = {}
    day, week = [0] * 24, [0] * 168
    days: set[int] = set()
    for key, tile in tiles.items():
        if key < oldest:
            continue
        local = (key >> _SHIFT_BITS) + (key & _SHIFT_MASK) - _SHIFT_BIAS
        days.add(local // 24)
        total = 0
        for code, count in tile.items():
            counts[code] = counts.get(code, 0) + count
            total += count
        day[local % 24] += total
        week[(local + _EPOCH_HOUR_OF_WEEK) % 168] += total
    by_hour = tuple(day)
    visits, conversion = sessions_of(sessions, as_of_ms)
    return Activity(
        window=Window(to_rfc3339(start * HOUR_MS), to_rfc3339(as_of_ms)),
        counts={_TYPE_NAMES[code]: counts[code] for code in sorted(counts)},
        active_days=len(days),
        sessions=visits,
        conversion=conversion,
        hours=Hours(by_hour, tuple(week), _peaks(by_hour)),
    )


def _peaks(by_hour: tuple[int, ...]) -> tuple[int, ...]:
    total = sum(by_hour)
    peaks = [h for h, count in enumerate(by_hour) if count and count * 24 >= PEAK_RATIO * total]
    return tuple(sorted(peaks, key=lambda hour: (-by_hour[hour], hour))[:MAX_PEAKS])
