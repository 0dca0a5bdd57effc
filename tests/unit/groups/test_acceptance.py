"""How many old customers viewed and bought a product, and after how long."""

from collections.abc import Mapping

from stream.groups.acceptance import (
    Acceptance,
    DayCount,
    ProductFacts,
    Quartiles,
    acceptance,
)

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
#: When the product appears: 2025-03-01T12:00:00Z.
FIRST_MS = 1_740_830_400_000
LATER_MS = FIRST_MS + 400 * DAY_MS

#: Ordered before the product appeared.
OLD = {f"old{n}": FIRST_MS - n * DAY_MS for n in range(1, 9)}


def after(**days: float) -> dict[str, int]:
    """By member, the instant so many days after the appearance."""
    return {member: FIRST_MS + round(count * DAY_MS) for member, count in days.items()}


def accepted(
    viewed: Mapping[str, int] | None = None,
    bought: Mapping[str, int] | None = None,
    *,
    first_orders: Mapping[str, int] = OLD,
    as_of_ms: int = LATER_MS,
) -> Acceptance:
    facts = ProductFacts("main", "p1", FIRST_MS, viewed or {}, bought or {})
    return acceptance(facts, first_orders, as_of_ms)


def test_it_names_the_product_and_when_it_appeared() -> None:
    found = accepted()
    assert (found.store_id, found.product_id) == ("main", "p1")
    assert found.first_seen_at == "2025-03-01T12:00:00.000Z"


def test_customers_are_old_who_ordered_before_the_appearance_and_not_at_it() -> None:
    first_orders = {"before": FIRST_MS - 1, "at": FIRST_MS, "after": FIRST_MS + 1}
    everyone = after(before=2, at=2, after=2, never=2)
    found = accepted(everyone, everyone, first_orders=first_orders)
    assert (found.old_customers, found.viewed, found.bought) == (1, 1, 1)


def test_rates_are_of_the_old_customers_and_of_those_who_viewed() -> None:
    found = accepted(after(old1=1, old2=2, old3=3), after(old1=5, old2=6))
    assert (found.old_customers, found.viewed, found.bought) == (8, 3, 2)
    assert (found.view_rate, found.buy_rate) == (0.375, 0.6667)


def test_who_buys_without_being_seen_to_view_counts_all_the_same() -> None:
    found = accepted(after(old1=1), after(old1=1, old2=1, old3=1))
    assert (found.viewed, found.bought, found.buy_rate) == (1, 3, 3.0)


def test_where_there_is_nothing_to_divide_by_there_is_no_rate() -> None:
    assert accepted(first_orders={}).view_rate is None
    assert accepted(first_orders={}).buy_rate is None
    assert accepted().view_rate == 0.0
    assert accepted(bought=after(old1=1)).buy_rate is None


def test_what_happens_90_days_after_the_appearance_no_longer_counts() -> None:
    #   first_seen                     90 d
    #       [ old1 …             old2 ) old3
    times = {"old1": FIRST_MS, "old2": FIRST_MS + 90 * DAY_MS - 1, "old3": FIRST_MS + 90 * DAY_MS}
    found = accepted(times, times)
    assert (found.viewed, found.bought) == (2, 2)
    assert found.by_day[-1] == DayCount(90, 2, 2)


def test_days_since_the_appearance_are_quartiles_by_nearest_rank() -> None:
    one, four = after(old1=2.5), after(old1=8, old2=1, old3=2, old4=4)
    assert accepted(one).first_view_days == Quartiles(2.5, 2.5, 2.5)
    assert accepted(four).first_view_days == Quartiles(1.0, 2.0, 4.0)
    five = four | after(old5=0)
    assert accepted(bought=five).first_buy_days == Quartiles(1.0, 2.0, 4.0)
    assert accepted(four).first_buy_days is None


def test_days_are_rounded_to_hundredths() -> None:
    found = accepted({"old1": FIRST_MS + 8 * HOUR_MS})
    assert found.first_view_days == Quartiles(0.33, 0.33, 0.33)


def test_counts_by_day_add_up_from_the_appearance() -> None:
    #   day  1      3        7           14
    #      o |  o   | o      |           | o
    found = accepted(after(old1=0.5, old2=1, old3=3, old4=20), after(old1=6.99, old2=7))
    assert found.by_day == (
        DayCount(1, 1, 0),
        DayCount(3, 2, 0),
        DayCount(7, 3, 1),
        DayCount(14, 3, 2),
        DayCount(30, 4, 2),
        DayCount(60, 4, 2),
        DayCount(90, 4, 2),
    )


def test_days_that_are_not_over_have_no_count() -> None:
    def known(as_of_ms: int) -> list[int]:
        found = accepted(after(old1=0), as_of_ms=as_of_ms)
        assert all((each.viewed is None) == (each.bought is None) for each in found.by_day)
        return [each.day for each in found.by_day if each.viewed is not None]

    assert known(FIRST_MS) == []
    assert known(FIRST_MS + DAY_MS - 1) == []
    assert known(FIRST_MS + DAY_MS) == [1]
    assert known(FIRST_MS + 7 * DAY_MS) == [1, 3, 7]
    assert known(FIRST_MS + 90 * DAY_MS) == [1, 3, 7, 14, 30, 60, 90]


def test_while_days_are_not_over_those_who_came_already_count() -> None:
    found = accepted(after(old1=0.1), as_of_ms=FIRST_MS + HOUR_MS)
    assert (found.viewed, found.view_rate) == (1, 0.125)
