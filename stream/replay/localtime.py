"""Local wall clock times with the offset that held at that moment."""

from datetime import UTC, date, datetime, time, timezone, tzinfo

_NOON = time(12)


def with_offset(moment: datetime, zone: tzinfo) -> datetime:
    """The same instant at the zone's own offset, as a fixed offset.

    Fixed, because arithmetic on a zone's datetime moves the wall clock, not the instant.
    """
    local = moment.astimezone(zone)
    offset = local.utcoffset()
    return local if offset is None else local.astimezone(timezone(offset))


def at_noon(day: date, zone: tzinfo = UTC) -> datetime:
    """Noon of a day of which no hour is known: the error is twelve hours at most."""
    return with_offset(datetime.combine(day, _NOON, zone), zone)
