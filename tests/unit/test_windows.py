"""The rolling window: 30 days back from `as_of`, its tail rounded down to the hour or the day."""

import pytest

from stream import windows
from stream.profile import activity
from stream.profile.state import prune
from stream.windows import DAY_MS, HOUR_MS
from tests.support.events import folded, ordered, portrait, to_ms, to_text, viewed

AS_OF = to_ms("2024-03-31T12:34:56.789Z")
MONTH_MS = 30 * DAY_MS


def counted(occurred_at: str, as_of_ms: int = AS_OF) -> int:
    """How many `product_viewed` are in the window, of one at this time."""
    return portrait(folded([viewed(occurred_at)]), as_of_ms).activity.counts.get(
        "product_viewed", 0
    )


def test_event_exactly_30_days_before_is_in_the_window():
    #   12:00        12:34:56.789          as_of
    #     |--------------*------------------)
    assert counted("2024-03-01T12:34:56.789Z") == 1


def test_event_in_the_first_instant_of_the_tails_hour_is_in_the_window():
    #   12:00        12:34:56.789          as_of
    #     *--------------|------------------)
    assert counted("2024-03-01T12:00:00.000Z") == 1


def test_event_a_millisecond_before_the_tails_hour_is_outside():
    #   12:00        12:34:56.789          as_of
    #    *|--------------|------------------)
    assert counted("2024-03-01T11:59:59.999Z") == 0


def test_the_window_in_the_document_begins_with_the_tails_hour_and_ends_at_as_of():
    window = portrait(folded([viewed("2024-03-31T00:00:00Z")]), AS_OF).activity.window
    assert (window.start, window.end) == ("2024-03-01T12:00:00.000Z", "2024-03-31T12:34:56.789Z")


@pytest.mark.parametrize("minute", ["12:00:00.000", "12:00:00.001", "12:30:00.000", "12:59:59.999"])
def test_an_hour_leaves_the_window_as_a_whole(minute):
    #   12:00      13:00                              13:00 + 30 d
    #     |----*----|--------------- 30 d -----------------|
    #                                        as_of  )              in
    #                                         as_of  )             out
    at = f"2024-03-01T{minute}Z"
    leaves = to_ms("2024-03-31T13:00:00.000Z")
    assert windows.hour_leaves_at(to_ms(at) // HOUR_MS) == leaves
    assert counted(at, leaves - 1) == 1
    assert counted(at, leaves) == 0


@pytest.mark.parametrize("time", ["00:00:00.000", "12:00:00.000", "23:59:59.999"])
def test_a_day_of_preferences_leaves_the_window_as_a_whole(time):
    #   00:00            24:00                        24:00 + 30 d
    #     |------*---------|------------- 30 d ------------|
    at = f"2024-03-01T{time}Z"
    leaves = to_ms("2024-04-01T00:00:00.000Z")
    state = folded([viewed(at, category="mugs")])
    assert windows.day_leaves_at(to_ms(at) // DAY_MS) == leaves
    assert len(portrait(state, leaves - 1).preferences.categories) == 1
    assert portrait(state, leaves).preferences.categories == ()


def test_orders_leave_the_window_with_their_hour_and_stay_in_the_lifetime_figures():
    #   12:00  13:00                                  13:00 + 30 d
    #     |--*--|------------------- 30 d -----------------|
    state = folded([ordered("2024-03-01T12:30:00Z", "20.00")])
    leaves = to_ms("2024-03-31T13:00:00Z")
    before, after = portrait(state, leaves - 1).spending, portrait(state, leaves).spending
    assert (before.orders_30d, before.amount_30d, before.orders) == (1, "20.00", 1)
    assert (after.orders_30d, after.amount_30d, after.orders) == (0, "0.00", 1)


def test_event_at_as_of_itself_is_described():
    #   the newest event                              as_of
    #                                                   *)
    assert counted("2024-03-31T12:34:56.789Z") == 1


def test_window_that_reaches_behind_1970_is_rounded_down_too():
    #     -30 d                              0     1 h   1 h 30
    #       |--------------------------------|------*------)
    start = to_ms("1970-01-01T01:30:00Z") - MONTH_MS
    assert start < 0
    assert windows.first_hour(start + MONTH_MS) == 1 - 30 * 24
    assert windows.first_day(start + MONTH_MS) == -30
    described = portrait(folded([viewed("1970-01-01T01:00:00Z")]), start + MONTH_MS)
    assert described.activity.window.start == "1969-12-02T01:00:00.000Z"
    assert described.activity.counts == {"product_viewed": 1}


def test_negative_times_round_to_the_earlier_hour_and_day():
    #   -1 h      -1 ms 0
    #     |----------*--|
    assert windows.first_hour(MONTH_MS - 1) == -1
    assert windows.first_day(MONTH_MS - 1) == -1
    assert windows.first_hour(MONTH_MS) == 0
    assert windows.hour_leaves_at(-1) == MONTH_MS
    assert windows.day_leaves_at(-1) == MONTH_MS
    assert windows.year_of(-1) == 1969


@pytest.mark.parametrize(
    ("ms", "text"),
    [
        (0, "1970-01-01T00:00:00.000Z"),
        (-1, "1969-12-31T23:59:59.999Z"),
        (1_709_251_199_999, "2024-02-29T23:59:59.999Z"),
    ],
)
def test_times_are_printed_in_utc_with_milliseconds(ms, text):
    assert windows.to_rfc3339(ms) == text
    assert to_ms(text) == ms


@pytest.mark.parametrize("year", [1970, 1999, 2000, 2024, 2025, 2100])
def test_a_year_begins_with_its_first_millisecond(year):
    start = windows.start_of_year(year)
    assert to_text(start) == f"{year}-01-01T00:00:00.000+00:00"
    assert (windows.year_of(start - 1), windows.year_of(start)) == (year - 1, year)


def test_pruning_keeps_only_what_is_in_the_window_of_the_newest_event():
    old = [
        viewed("2024-03-01T11:59:59.999Z", category="mugs"),
        viewed("2024-02-29T23:59:59.999Z", category="toys"),
        ordered("2024-03-01T11:59:59.999Z", "1.00"),
        ordered("2023-03-31T23:59:59.999Z", "1.00"),
    ]
    kept = [viewed("2024-03-01T12:00:00Z"), ordered("2024-03-01T12:00:00Z", "1.00")]
    state = folded([*old, *kept, viewed(to_text(AS_OF))])
    prune(state)
    assert {activity.utc_hour(key) for key in state.hours} == {
        to_ms("2024-03-01T12:00:00Z") // HOUR_MS,
        AS_OF // HOUR_MS,
    }
    assert list(state.spending.hours) == [to_ms("2024-03-01T12:00:00Z") // HOUR_MS]
    assert sorted(state.days) == [
        to_ms("2024-03-01T00:00:00Z") // DAY_MS,
        to_ms("2024-03-31T00:00:00Z") // DAY_MS,
    ]
    assert [session.start_s * 1000 for session in state.sessions] == [
        to_ms("2024-03-01T12:00:00Z"),
        to_ms("2024-03-31T12:34:56Z"),
    ]
    assert list(state.spending.months) == [windows.month_of(AS_OF)]


@pytest.mark.parametrize("at", ["2024-03-01T00:00:00.000Z", "2024-03-31T23:59:59.999Z"])
def test_a_month_of_orders_leaves_the_last_year_as_a_whole(at):
    #   1 March          1 April                    1 April + 365 d
    #     |------*---------|------------- 365 d -----------|
    #                                        as_of  )              in
    #                                         as_of  )             out
    leaves = to_ms("2025-04-01T00:00:00.000Z")
    assert windows.month_leaves_at(windows.month_of(to_ms(at))) == leaves
    state = folded([ordered(at, "20.00")])
    before, after = portrait(state, leaves - 1).spending, portrait(state, leaves).spending
    assert (before.orders_365d, before.amount_365d, before.orders) == (1, "20.00", 1)
    assert (after.orders_365d, after.amount_365d, after.orders) == (0, "0.00", 1)


def test_december_is_followed_by_january():
    december = windows.month_of(to_ms("2023-12-31T23:59:59.999Z"))
    assert windows.month_of(to_ms("2024-01-01T00:00:00Z")) == december + 1
    assert windows.month_leaves_at(december) == to_ms("2024-12-31T00:00:00Z")  # a leap year
    assert windows.first_month(to_ms("2024-12-30T23:59:59.999Z")) == december
    assert windows.first_month(to_ms("2024-12-31T00:00:00Z")) == december + 1


@pytest.mark.parametrize(
    ("day", "text"), [(0, "1970-01-01"), (-1, "1969-12-31"), (19_782, "2024-02-29")]
)
def test_days_are_printed_as_dates(day, text):
    assert windows.to_date(day) == text
