"""REES46: one event a row."""

import csv
import gzip
from collections import Counter
from decimal import Decimal

from stream.events import OrderCompleted, type_name
from tests.support.replaying import events_of, read_path, read_text, skipped_of
from tests.support.shared_data import shared_data

HEADER = (
    "event_time,event_type,product_id,category_id,category_code,brand,price,user_id,user_session\n"
)
SESSION = "0f0e0d0c-1111-2222-3333-444455556666"
NAMES = {
    "view": "product_viewed",
    "cart": "product_added",
    "remove_from_cart": "product_removed",
    "purchase": "order_completed",
}


def row(kind="view", price="10.50", user="77", session=SESSION, category="home.kitchen.mug"):
    at = "2019-11-05 07:08:09 UTC"
    return f"{at},{kind},5001,9,{category},acme,{price},{user},{session}\n"


def read(*rows: str):
    return read_text("rees46", HEADER + "".join(rows))


def test_each_kind_of_row_becomes_its_event():
    found = events_of(read(*(row(kind) for kind in NAMES)))
    assert [type_name(event) for event in found] == list(NAMES.values())


def test_a_view_carries_product_session_and_utc_time():
    (view,) = events_of(read(row()))
    assert view.occurred_at.isoformat() == "2019-11-05T07:08:09+00:00"
    assert (view.customer_id, view.context.session_id) == ("77", SESSION)
    assert (view.product.category, view.product.brand) == ("home/kitchen/mug", "acme")
    assert (view.product.price, view.currency) == ("10.50", "XXX")


def test_a_purchase_is_an_order_of_one_piece():
    (order,) = events_of(read(row("purchase")))
    assert isinstance(order, OrderCompleted)
    assert (order.total, order.currency, len(order.items)) == ("10.50", "XXX", 1)


def test_rows_equal_to_the_letter_are_events_of_their_own_with_the_same_ids_on_each_replay():
    first, second = (events_of(read(row(), row(), row())) for _ in range(2))
    assert len({event.event_id for event in first}) == 3
    assert first == second


def test_empty_category_and_session_are_left_out():
    (view,) = events_of(read(row(category="", session="")))
    assert view.product.category is None
    assert view.context is None


def test_rows_that_hold_no_event_are_told_with_line_and_reason():
    found = read(
        row(user=""),
        row("refund"),
        row(price="cheap"),
        row(),
        row(session=SESSION[:-5]),
        "2019-11-05 07:08:09 UTC,view,5001,9,home,acme,10.50,7",
    )
    assert len(events_of(found)) == 1
    assert skipped_of(found) == [
        (2, "no_customer"),
        (3, "unknown_event"),
        (4, "malformed_row"),
        (6, "malformed_row"),
        (7, "malformed_row"),
    ]


def test_the_sample_gives_the_counts_and_sums_of_its_csv_and_tells_its_cut_last_row():
    path = shared_data("rees46_2019_oct.csv.gz")
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    whole = [dict(zip(header, row, strict=True)) for row in rows if len(row) == len(header)]
    found = read_path("rees46", path)
    assert skipped_of(found) == [(len(rows) + 1, "malformed_row")]
    events = events_of(found)
    assert Counter((e.customer_id, type_name(e)) for e in events) == Counter(
        (row["user_id"], NAMES[row["event_type"]]) for row in whole
    )
    bought = [row for row in whole if row["event_type"] == "purchase"]
    orders = [event for event in events if isinstance(event, OrderCompleted)]
    assert sum(Decimal(o.total) for o in orders) == sum(Decimal(row["price"]) for row in bought)
    assert len(orders) == 214
