"""Time as the core sees it: integer milliseconds since the epoch, hours, days and windows.

The rolling window at ``as_of`` is ``[as_of - 30 d, as_of)`` with the tail rounded down: to the
hour for what is counted in hour tiles, to the UTC day for what is counted in day tiles.

    tail               as_of - 30 d                                as_of
     |~~~~~~~~~~~~~~~~~~~~~|-------------------------------------------)
     ^ whole hour (or day)   an hour (day) is in the window from its first to its last instant

The last year is ``[as_of - 365 d, as_of)`` with the tail rounded down to the UTC month.
"""

from datetime import UTC, datetime, timedelta

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
WINDOW_DAYS = 30
WINDOW_MS = WINDOW_DAYS * DAY_MS
YEAR_MS = 365 * DAY_MS

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NAIVE_EPOCH = datetime(1970, 1, 1)
_MILLISECOND = timedelta(milliseconds=1)


def to_ms(moment: datetime) -> int:
    """Milliseconds since the epoch, rounded down; ``moment`` must carry its UTC offset."""
    return (moment - _EPOCH) // _MILLISECOND


def to_datetime(ms: int) -> datetime:
    """The instant in UTC."""
    return _EPOCH + timedelta(milliseconds=ms)


def to_rfc3339(ms: int) -> str:
    """UTC with milliseconds: ``to_rfc3339(0) == "1970-01-01T00:00:00.000Z"``."""
    return (_NAIVE_EPOCH + timedelta(0, 0, 0, ms)).isoformat("T", "milliseconds") + "Z"


def to_date(day: int) -> str:
    """UTC date of a day since the epoch: ``to_date(0) == "1970-01-01"``."""
    return (_EPOCH + timedelta(days=day)).date().isoformat()


def year_of(ms: int) -> int:
    """UTC calendar year."""
    return (_EPOCH + timedelta(milliseconds=ms)).year


def start_of_year(year: int) -> int:
    """First millisecond of a UTC calendar year."""
    return to_ms(datetime(year, 1, 1, tzinfo=UTC))


def first_hour(as_of_ms: int) -> int:
    """The oldest UTC hour (hours since the epoch) that is inside the window."""
    return (as_of_ms - WINDOW_MS) // HOUR_MS


def first_day(as_of_ms: int) -> int:
    """The oldest UTC day (days since the epoch) that is inside the window."""
    return (as_of_ms - WINDOW_MS) // DAY_MS


def hour_leaves_at(hour: int) -> int:
    """The first instant, in ms, at which a UTC hour is no longer inside the window."""
    return (hour + 1) * HOUR_MS + WINDOW_MS


def day_leaves_at(day: int) -> int:
    """The first instant, in ms, at which a UTC day is no longer inside the window."""
    return (day + 1) * DAY_MS + WINDOW_MS


def month_of(ms: int) -> int:
    """UTC month, in months since year 0."""
    moment = _EPOCH + timedelta(milliseconds=ms)
    return moment.year * 12 + moment.month - 1


def first_month(as_of_ms: int) -> int:
    """The oldest UTC month that is inside the last year."""
    return month_of(as_of_ms - YEAR_MS)


def month_leaves_at(month: int) -> int:
    """The first instant, in ms, at which a UTC month is no longer inside the last year."""
    year, index = divmod(month + 1, 12)
    return to_ms(datetime(year, index + 1, 1, tzinfo=UTC)) + YEAR_MS
