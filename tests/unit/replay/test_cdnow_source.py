"""CDNOW: one order a row, in either layout."""

from collections import defaultdict
from decimal import Decimal

import pytest

from tests.support.replaying import events_of, read_path, read_text, skipped_of
from tests.support.shared_data import shared_data


@pytest.mark.parametrize(
    "row", [" 00077 0005 19970203  2   10.50\r\n", " 00077 19970203  2   10.50\n"]
)
def test_both_layouts_give_the_same_order_at_noon_utc(row):
    (order,) = events_of(read_text("cdnow", row))
    assert (order.customer_id, order.total, order.currency) == ("00077", "10.50", "USD")
    assert order.occurred_at.isoformat() == "1997-02-03T12:00:00+00:00"


def test_several_rows_of_a_customer_on_a_day_are_several_orders():
    rows = " 00077 19970203 1 10.50\n 00077 19970203 1 10.50\n 00077 19970203 1 0.00\n"
    orders = events_of(read_text("cdnow", rows))
    assert [order.total for order in orders] == ["10.50", "10.50", "0.00"]
    assert orders == events_of(read_text("cdnow", rows))


def test_orders_of_all_customers_come_in_order_of_time():
    rows = " 00001 19970301 1 1.00\n 00001 19970501 1 2.00\n 00002 19970401 1 3.00\n"
    assert [o.total for o in events_of(read_text("cdnow", rows))] == ["1.00", "3.00", "2.00"]


def test_rows_of_another_form_are_told():
    rows = " 00001 19970301 1\n\n 00001 19971301 1 1.00\n x 19970301 1 1.00\n 1 19970301 1 free\n"
    found = read_text("cdnow", rows)
    assert events_of(found) == []
    assert skipped_of(found) == [(line, "malformed_row") for line in (1, 3, 4, 5)]


def test_the_sample_gives_each_customer_the_orders_and_sums_of_its_rows():
    path = shared_data("cdnow_sample.txt")
    expected: dict[str, list[Decimal]] = defaultdict(list)
    for line in path.read_text().splitlines():
        expected[line[:6].strip()].append(Decimal(line[-8:].strip()))
    found = read_path("cdnow", path)
    got: dict[str, list[Decimal]] = defaultdict(list)
    for order in events_of(found):
        got[order.customer_id].append(Decimal(order.total))
    assert skipped_of(found) == []
    assert len(got) == 2357
    assert {c: sorted(totals) for c, totals in got.items()} == {
        c: sorted(totals) for c, totals in expected.items()
    }
