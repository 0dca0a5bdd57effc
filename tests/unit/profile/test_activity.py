"""Counts and the active-hour histogram, on the customer's own clock."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from stream.events import EVENT_TYPES, AccountLinked, ReferralChanged, type_name
from stream.profile import activity
from stream.profile.activity import TYPE_CODES, Activity
from tests.support.events import Wire, event, folded, portrait, to_ms, viewed

MONDAY, SATURDAY, SUNDAY = 0, 5, 6


def described(*events: Wire) -> Activity:
    state = folded(events)
    assert state.newest_ms is not None
    return portrait(state, state.newest_ms + 1).activity


def busy_hours(section: Activity) -> dict[int, int]:
    return {hour: count for hour, count in enumerate(section.hours.by_hour) if count}


def busy_hours_of_week(section: Activity) -> dict[tuple[int, int], int]:
    week = enumerate(section.hours.by_weekday_hour)
    return {divmod(hour, 24): count for hour, count in week if count}


def local_times(zone: str, start: str, count: int, step: timedelta) -> list[str]:
    """Times on a real zone's clock, from an instant on."""
    first = datetime.fromisoformat(start)
    return [(first + n * step).astimezone(ZoneInfo(zone)).isoformat() for n in range(count)]


def test_counts_are_by_type_and_types_without_events_are_absent():
    section = described(
        viewed("2024-05-06T10:00:00Z"),
        viewed("2024-05-06T10:00:00Z"),
        event("signed_in", "2024-05-06T09:00:00Z"),
    )
    assert section.counts == {"product_viewed": 2, "signed_in": 1}


def test_week_begins_with_monday_at_zero():
    assert busy_hours_of_week(described(viewed("2024-05-06T00:00:00Z"))) == {(MONDAY, 0): 1}
    assert busy_hours_of_week(described(viewed("2024-05-05T23:59:59Z"))) == {(SUNDAY, 23): 1}


def test_the_weekday_is_right_just_after_the_epoch_which_was_a_thursday():
    assert busy_hours_of_week(described(viewed("1970-01-01T00:00:00Z"))) == {(3, 0): 1}
    # A Wednesday's evening there: local time is before the epoch.
    assert busy_hours_of_week(described(viewed("1969-12-31T20:00:00-08:00"))) == {(2, 20): 1}


@pytest.mark.parametrize(
    ("occurred_at", "hour"),
    [
        ("2024-05-06T09:29:59.999+05:30", 9),  # Asia/Kolkata: 03:59:59.999 UTC
        ("2024-05-06T09:30:00.000+05:30", 9),  # 04:00 UTC, in the middle of the local hour
        ("2024-05-06T09:59:59.999+05:30", 9),
        ("2024-05-06T10:00:00.000+05:30", 10),  # 04:30 UTC, in the middle of the UTC hour
        ("2024-05-06T09:00:00.000+05:45", 9),  # Asia/Kathmandu
        ("2024-05-06T08:59:59.999-03:30", 8),  # America/St_Johns
    ],
)
def test_local_hour_is_exact_in_zones_off_the_full_hour(occurred_at, hour):
    assert busy_hours(described(viewed(occurred_at))) == {hour: 1}


def test_one_utc_hour_is_parted_where_the_local_hour_turns_in_it():
    #  UTC      04:00        04:30        05:00
    #            |------*------|------*-----|
    #  Kolkata  09:30        10:00        10:30
    times = ["2024-05-06T09:45:00+05:30", "2024-05-06T10:15:00+05:30"]
    assert busy_hours(described(*map(viewed, times))) == {9: 1, 10: 1}


def test_lord_howe_turns_its_clock_by_half_an_hour():
    #  UTC    14:00    14:30    15:00    15:30    16:00
    #           |--*-----|--*-----|--*-----|--*-----|
    #  local  01:00    01:30    02:00 = 01:30    02:00
    times = local_times(
        "Australia/Lord_Howe", "2024-04-06T14:10:00+00:00", 4, timedelta(minutes=30)
    )
    assert [text[11:16] + text[-6:] for text in times] == [
        "01:10+11:00",
        "01:40+11:00",
        "01:40+10:30",
        "02:10+10:30",
    ]
    assert busy_hours(described(*map(viewed, times))) == {1: 3, 2: 1}


def test_hour_skipped_in_spring_stays_empty_in_berlin():
    #  UTC    00    01    02    03
    #          |--*--|--*--|--*--|
    #  local  01    03    04    05      02 does not exist
    times = local_times("Europe/Berlin", "2024-03-31T00:30:00+00:00", 3, timedelta(hours=1))
    section = described(*map(viewed, times))
    assert busy_hours_of_week(section) == {(SUNDAY, 1): 1, (SUNDAY, 3): 1, (SUNDAY, 4): 1}


def test_hour_that_comes_twice_in_autumn_holds_both_in_berlin():
    #  UTC    23    00    01    02
    #          |--*--|--*--|--*--|
    #  local  01    02    02    03
    times = local_times("Europe/Berlin", "2024-10-26T23:30:00+00:00", 3, timedelta(hours=1))
    section = described(*map(viewed, times))
    assert busy_hours_of_week(section) == {(SUNDAY, 1): 1, (SUNDAY, 2): 2}


@pytest.mark.parametrize("day", ["2024-03-31", "2024-10-27"])
def test_histograms_of_a_day_of_changing_clocks_add_up_to_the_counts(day):
    start = datetime.fromisoformat(f"{day}T00:00:00").replace(tzinfo=ZoneInfo("Europe/Berlin"))
    times = local_times(
        "Europe/Berlin",
        start.astimezone(ZoneInfo("UTC")).isoformat(),
        23 if day == "2024-03-31" else 25,
        timedelta(hours=1),
    )
    section = described(*map(viewed, times))
    assert section.active_days == 1
    assert section.counts == {"product_viewed": len(times)}
    assert sum(section.hours.by_hour) == sum(section.hours.by_weekday_hour) == len(times)
    assert section.hours.by_hour[2] == (0 if day == "2024-03-31" else 2)


@pytest.mark.parametrize("offset", ["+14:00", "-12:00", "+23:59", "-23:59"])
def test_the_farthest_offsets_have_their_own_local_hour_and_day(offset):
    section = described(viewed(f"2024-05-11T00:00:00{offset}"))
    assert busy_hours_of_week(section) == {(SATURDAY, 0): 1}


def test_active_days_are_local_calendar_days():
    #  UTC          18:29          18:30
    #   ------------- * ------------ * ----
    #  Kolkata  6 May 23:59     7 May 00:00
    first, second = viewed("2024-05-06T23:59:00+05:30"), viewed("2024-05-07T00:00:00+05:30")
    assert described(first, second).active_days == 2
    # The same two instants on a clock in London are one day.
    first, second = viewed("2024-05-06T18:29:00Z"), viewed("2024-05-06T18:30:00Z")
    assert described(first, second).active_days == 1


def peaks(by_hour: dict[int, int]) -> tuple[int, ...]:
    times = [f"2024-05-06T{hour:02}:00:00Z" for hour, n in by_hour.items() for _ in range(n)]
    return described(*map(viewed, times)).hours.peak_hours


def test_an_hour_with_twice_an_even_share_is_a_peak():
    # 24 events: an even share is one an hour. Hour 0 holds two, hour 1 none.
    assert peaks({0: 2} | dict.fromkeys(range(2, 24), 1)) == (0,)


def test_an_hour_below_twice_an_even_share_is_no_peak():
    # 25 events: an even share is a little more than one, two are less than twice that.
    assert peaks({0: 2} | dict.fromkeys(range(1, 24), 1)) == ()


def test_peaks_are_busiest_first_and_the_earlier_hour_first_among_equals():
    assert peaks({22: 5, 9: 7, 3: 5}) == (9, 3, 22)


def test_there_are_at_most_six_peaks():
    assert peaks(dict.fromkeys(range(8), 1)) == (0, 1, 2, 3, 4, 5)


def test_nothing_in_the_window_leaves_an_empty_section_of_full_length():
    state = folded([viewed("2024-01-01T00:00:00Z")])
    section = portrait(state, to_ms("2024-06-01T00:00:00Z")).activity
    assert (section.counts, section.active_days, section.hours.peak_hours) == ({}, 0, ())
    assert section.hours.by_hour == (0,) * 24
    assert section.hours.by_weekday_hour == (0,) * 168
    assert activity.next_change(state.hours, to_ms("2024-06-01T00:00:00Z")) is None


def test_every_event_type_has_a_code_and_codes_never_move():
    # These numbers stand in stored states: a change here makes old counts those of other types.
    # What others come to, or make known, is no activity of the customer.
    assert set(TYPE_CODES) == set(EVENT_TYPES) - {AccountLinked, ReferralChanged}
    codes = {type_name(event): code for event, code in TYPE_CODES.items()}
    assert (codes["product_viewed"], codes["product_added"], codes["order_completed"]) == (0, 5, 8)
    assert (codes["signed_up"], codes["customer_identified"]) == (12, 17)
    assert codes["support_contacted"] == 25
