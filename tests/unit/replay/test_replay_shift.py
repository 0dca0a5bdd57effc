"""Moving a history to the present."""

from datetime import UTC, datetime, timedelta, timezone

from stream.events import SignedIn
from stream.replay.shift import newest, shift
from stream.replay.source import Skipped

SKIPPED = Skipped(1, "malformed_row", "")
KOLKATA = timezone(timedelta(hours=5, minutes=30))


def event(at: datetime) -> SignedIn:
    return SignedIn(event_id="e", customer_id="c", occurred_at=at)


def test_all_times_move_by_one_constant_and_keep_their_offsets():
    early = event(datetime(2011, 3, 1, 9, 15, tzinfo=KOLKATA))
    late = event(datetime(2011, 7, 1, 12, tzinfo=timezone(timedelta(hours=1))))
    found = [early, SKIPPED, late]
    now = datetime(2026, 1, 1, tzinfo=UTC)
    by = now - newest(found)
    first, second, third = shift(found, by)
    assert second is SKIPPED
    assert third.occurred_at == now
    assert third.occurred_at - first.occurred_at == late.occurred_at - early.occurred_at
    assert [e.occurred_at.utcoffset() for e in (first, third)] == [
        timedelta(hours=5, minutes=30),
        timedelta(hours=1),
    ]


def test_the_newest_compares_instants_and_not_wall_clocks():
    utc = event(datetime(2026, 1, 1, 10, tzinfo=UTC))
    later_clock_earlier_instant = event(datetime(2026, 1, 1, 12, tzinfo=KOLKATA))
    assert newest([later_clock_earlier_instant, utc]) == utc.occurred_at


def test_input_without_events_has_no_newest():
    assert newest([SKIPPED]) is None
