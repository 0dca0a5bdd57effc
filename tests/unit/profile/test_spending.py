"""Orders and amounts: exact, in the window and over life."""

import pytest

from stream.profile.consumption import Spending
from tests.support.events import Wire, event, folded, ordered, portrait

DAY = "2024-05-06T12:00:00Z"


def described(*events: Wire, currency: str = "USD") -> Spending:
    state = folded(events)
    assert state.newest_ms is not None
    return portrait(state, state.newest_ms + 1, currency).spending


def refunded(occurred_at: str, total: str) -> Wire:
    return event("order_refunded", occurred_at, order_id="o1", total=total, currency="USD")


@pytest.mark.parametrize(
    ("totals", "average"),
    [
        (("0.01", "0.00"), "0.01"),  # 0.005 goes up
        (("0.01", "0.00", "0.00"), "0.00"),
        (("0.02", "0.00", "0.00"), "0.01"),
        (("10.00", "10.01", "10.01"), "10.01"),
        (("0.00",), "0.00"),
        (("12.50", "7.50"), "10.00"),
    ],
)
def test_average_order_is_rounded_half_up(totals, average):
    assert described(*(ordered(DAY, total) for total in totals)).average_order == average


def test_without_orders_there_is_no_average_and_no_last_order():
    section = described(refunded(DAY, "5.00"))
    assert (section.orders, section.average_order, section.last_order_at) == (0, None, None)
    assert section.refunded == "5.00"


def test_refunds_lower_neither_the_amount_nor_the_count_of_orders():
    section = described(ordered(DAY, "20.00"), refunded(DAY, "20.00"), refunded(DAY, "1.00"))
    assert (section.orders, section.amount, section.refunded) == (1, "20.00", "21.00")


def test_cancelled_orders_and_checkouts_are_no_orders():
    fields = {"order_id": "o1", "total": "9.00", "currency": "USD"}
    section = described(
        event("order_cancelled", DAY, **fields), event("checkout_started", DAY, **fields)
    )
    assert (section.orders, section.amount, section.refunded) == (0, "0.00", "0.00")


def test_last_order_is_the_newest_one_and_not_the_one_that_came_last():
    section = described(
        ordered("2024-05-06T12:00:00Z", "1.00"), ordered("2024-05-01T00:00:00Z", "1.00")
    )
    assert section.last_order_at == "2024-05-06T12:00:00.000Z"


def test_order_older_than_the_window_counts_for_life_only():
    section = described(ordered(DAY, "1.00"), ordered("2020-01-01T00:00:00Z", "5.00"))
    assert (section.orders_30d, section.amount_30d) == (1, "1.00")
    assert (section.orders, section.amount) == (2, "6.00")


def test_amounts_are_exact_where_floats_are_not():
    section = described(*(ordered(DAY, "0.10") for _ in range(3)))
    assert section.amount == "0.30"


def test_foreign_orders_are_converted_one_by_one():
    section = described(ordered(DAY, "10.00", currency="EUR"), ordered(DAY, "1000", currency="JPY"))
    assert section.amount == "17.54"  # 10.845 and 6.70, each rounded half to even


@pytest.mark.parametrize(("currency", "amount"), [("JPY", "1250"), ("KWD", "1.250")])
def test_amounts_have_the_decimals_of_the_base_currency(currency, amount):
    section = described(ordered(DAY, "12.50"), currency=currency)
    assert (section.currency, section.amount, section.average_order) == (currency, amount, amount)
