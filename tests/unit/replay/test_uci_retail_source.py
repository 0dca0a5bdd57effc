"""UCI Online Retail: invoices as orders and refunds."""

import csv
import gzip
from collections import defaultdict
from datetime import datetime
from decimal import Decimal

import pytest

from stream.events import OrderCompleted, OrderRefunded
from stream.replay import uci_retail
from tests.support.replaying import events_of, read_path, read_text, skipped_of
from tests.support.shared_data import shared_data

HEADER = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"


def read(*rows: str):
    return read_text("uci-retail", HEADER + "".join(row + "\n" for row in rows))


def test_the_lines_of_an_invoice_become_one_order_with_the_exact_total():
    (order,) = read(
        "700001,A1,MUG,3,2011-01-10 09:30:00,0.1,11111.0,France",
        '700001,B2,"CUP, BLUE",2,2011-01-10 09:30:00,0.255,11111.0,France',
    )
    assert isinstance(order, OrderCompleted)
    assert (order.customer_id, order.order_id) == ("11111", "700001")
    assert (order.total, order.currency) == ("0.810", "GBP")
    assert [(i.product_id, i.price, i.quantity) for i in order.items] == [
        ("A1", "0.1", 3),
        ("B2", "0.255", 2),
    ]


@pytest.mark.parametrize(
    ("at", "local"),
    [
        ("2011-01-10 09:30:00", "2011-01-10T09:30:00+00:00"),
        ("2011-07-10 09:30:00", "2011-07-10T09:30:00+01:00"),
        ("7/10/2011 9:30", "2011-07-10T09:30:00+01:00"),
    ],
)
def test_the_time_is_that_of_a_british_wall_clock_in_winter_and_summer(at, local):
    (order,) = events_of(read(f"700001,A1,MUG,1,{at},1.00,11111.0,France"))
    assert order.occurred_at.isoformat() == local


def test_an_invoice_that_starts_with_c_is_a_refund_of_the_absolute_quantities():
    (refund,) = read(
        "C700001,A1,MUG,-3,2011-01-10 09:30:00,1.25,11111.0,France",
        "C700001,D,Discount,-1,2011-01-10 09:30:00,0.50,11111.0,France",
    )
    assert isinstance(refund, OrderRefunded)
    assert (refund.order_id, refund.total) == ("C700001", "4.25")
    assert [item.quantity for item in refund.items] == [3, 1]


def test_lines_without_customer_or_with_returned_goods_are_skipped_and_told():
    found = read(
        "700001,A1,MUG,1,2011-01-10 09:30:00,1.00,,France",
        "700002,A1,MUG,1,2011-01-10 09:31:00,1.00,11111.0,France",
        "700002,B2,CUP,-1,2011-01-10 09:31:00,9.00,11111.0,France",
        "700003,B2,CUP,-1,2011-01-10 09:32:00,9.00,11111.0,France",
    )
    assert [order.total for order in events_of(found)] == ["1.00"]
    assert skipped_of(found) == [
        (2, "no_customer"),
        (4, "not_positive_quantity"),
        (5, "not_positive_quantity"),
    ]


def test_malformed_lines_are_skipped_and_the_good_ones_around_them_count():
    found = read(
        "700001,A1,MUG,1,2011-01-10 09:30:00,1.00,11111.0,France",
        "700001,A1,MUG,one,2011-01-10 09:30:00,1.00,11111.0,France",
        "700001,A1,MUG,1,yesterday,1.00,11111.0,France",
        "700001,A1,MUG,1,2011-01-10 09:30:00,-1.00,11111.0,France",
        "700001,A1,MUG",
        "700001,A1,MUG,1,2011-01-10 09:30:00,2.00,11111.0,France",
    )
    assert [order.total for order in events_of(found)] == ["3.00"]
    assert skipped_of(found) == [(line, "malformed_row") for line in (3, 4, 5, 6)]


def test_an_invoice_whose_lines_lie_apart_and_span_a_minute_is_one_order_at_its_first_line():
    found = read(
        "700001,A1,MUG,1,2011-01-10 09:30:00,1.00,11111.0,France",
        "700002,A1,MUG,1,2011-01-10 09:30:00,5.00,22222.0,France",
        "700001,B2,CUP,1,2011-01-10 09:31:00,2.00,11111.0,France",
    )
    assert [(o.order_id, o.total, o.occurred_at.minute) for o in events_of(found)] == [
        ("700001", "3.00", 30),
        ("700002", "5.00", 30),
    ]


def test_a_second_customer_on_an_invoice_is_left_out():
    found = read(
        "700001,A1,MUG,1,2011-01-10 09:30:00,1.00,11111.0,France",
        "700001,A1,MUG,1,2011-01-10 09:30:00,1.00,22222.0,France",
    )
    assert [(o.customer_id, o.total) for o in events_of(found)] == [("11111", "1.00")]
    assert skipped_of(found) == [(3, "customer_differs")]


def test_an_invoice_beyond_the_contracts_list_keeps_its_exact_total():
    line = "700001,A{},MUG,1,2011-01-10 09:30:00,0.01,11111.0,France"
    (order,) = events_of(read(*(line.format(n) for n in range(1005))))
    assert len(order.items) == uci_retail.MAX_ITEMS
    assert order.items[-1].product_id == "A999"
    assert order.total == "10.05"


def test_the_same_file_gives_the_same_ids_again():
    row = "700001,A1,MUG,1,2011-01-10 09:30:00,1.00,11111.0,France"
    assert read(row) == read(row)


def test_the_sample_gives_each_customer_the_sums_of_its_csv():
    path = shared_data("uci_online_retail.csv.gz")
    expected: dict[str, list[Decimal]] = defaultdict(lambda: [Decimal(), Decimal()])
    invoices: dict[str, str] = {}
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            amount = Decimal(row["Quantity"]) * Decimal(row["UnitPrice"])
            customer = row["CustomerID"].removesuffix(".0")
            invoice = row["InvoiceNo"]
            expected[customer][invoice[0] == "C"] += abs(amount)
            invoices.setdefault(invoice, row["InvoiceDate"])
    found = read_path("uci-retail", path)
    assert skipped_of(found) == []
    got: dict[str, list[Decimal]] = defaultdict(lambda: [Decimal(), Decimal()])
    for event in events_of(found):
        assert isinstance(event, OrderCompleted | OrderRefunded)
        got[event.customer_id][isinstance(event, OrderRefunded)] += Decimal(event.total)
        local = event.occurred_at.replace(tzinfo=None)
        assert local == datetime.fromisoformat(invoices.pop(event.order_id))
    assert invoices == {}
    assert len(expected) == 906
    assert got == expected
    times = [event.occurred_at for event in events_of(found)]
    assert times == sorted(times)
