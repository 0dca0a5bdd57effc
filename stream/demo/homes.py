"""Where and when the simulated customers live: time zones and daily rhythms."""

from datetime import datetime, timedelta, timezone
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from msgspec import Struct


class Home(Struct, frozen=True, kw_only=True):
    """A place with its time zone; `january_offset_min` is the zone's UTC offset in January.

    Habits go by the January offset, whatever the season. So which events happen, and in which
    order, does not hang on the day of the run; where clocks change, summer finds people an hour
    later by the clock. The offset written into events is the true one of the day.
    """

    zone: str
    january_offset_min: int
    country: str
    region: str
    language: str
    weight: int


HOMES: tuple[Home, ...] = tuple(
    Home(
        zone=zone,
        january_offset_min=offset,
        country=country,
        region=region,
        language=language,
        weight=weight,
    )
    for zone, offset, country, region, language, weight in (
        ("America/New_York", -300, "US", "New York", "en", 5),
        ("America/Los_Angeles", -480, "US", "California", "en", 4),
        ("America/St_Johns", -210, "CA", "Newfoundland", "en", 1),
        ("America/Sao_Paulo", -180, "BR", "São Paulo", "pt", 2),
        ("Europe/London", 0, "GB", "England", "en", 4),
        ("Europe/Berlin", 60, "DE", "Berlin", "de", 4),
        ("Europe/Paris", 60, "FR", "Île-de-France", "fr", 3),
        ("Asia/Kolkata", 330, "IN", "Maharashtra", "hi", 4),
        ("Asia/Kathmandu", 345, "NP", "Bagmati", "ne", 1),
        ("Asia/Shanghai", 480, "CN", "Shanghai", "zh", 6),
        ("Asia/Tokyo", 540, "JP", "Tokyo", "ja", 3),
        ("Australia/Adelaide", 630, "AU", "South Australia", "en", 2),
    )
)

#: Networks of a place: so many of providers, and the number of the mobile carrier's.
PROVIDERS, CARRIER = 3, 9

#: Daily rhythm -> how likely each local hour is for a visit, from midnight on.
RHYTHMS: dict[str, tuple[int, ...]] = {
    "morning": (0, 0, 0, 0, 1, 4, 10, 14, 12, 8, 5, 3, 4, 3, 2, 1, 1, 2, 2, 2, 1, 1, 0, 0),
    "noon": (0, 0, 0, 0, 0, 0, 1, 2, 3, 3, 4, 9, 16, 12, 5, 3, 2, 2, 3, 3, 2, 1, 0, 0),
    "evening": (1, 0, 0, 0, 0, 0, 1, 2, 2, 1, 1, 2, 3, 2, 1, 2, 3, 5, 8, 12, 15, 13, 8, 3),
    "night": (13, 10, 6, 3, 1, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 2, 3, 5, 8, 12, 15),
}


def local_timezone(home: Home, timestamp_s: float) -> timezone:
    """The home's UTC offset at an instant, as a fixed-offset zone.

    Without a time zone database (some minimal systems have none) it is the January offset.
    """
    zone = _zone_info(home.zone)
    if zone is None:
        return _fixed(home.january_offset_min * 60)
    offset = datetime.fromtimestamp(timestamp_s, zone).utcoffset() or timedelta()
    return _fixed(int(offset.total_seconds()))


def network(place: int, number: int) -> int:
    """A network of the place of that index: of its :data:`PROVIDERS`, or :data:`CARRIER`.

    64512 and up are for private use (RFC 6996): nobody's real network.
    """
    return 64_512 + 10 * place + number


@cache
def _zone_info(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except ZoneInfoNotFoundError:
        return None


@cache
def _fixed(offset_s: int) -> timezone:
    return timezone(timedelta(seconds=offset_s))
