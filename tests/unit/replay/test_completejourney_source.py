"""Complete Journey: a folder of tables as one history."""

import csv
import gzip
from collections import defaultdict
from decimal import Decimal

import pytest

from stream.errors import Fatal
from stream.events import OrderCompleted, type_name
from tests.support.replaying import events_of, read_path, skipped_of
from tests.support.shared_data import shared_data

TRANSACTIONS = (
    "household_id,store_id,basket_id,product_id,quantity,sales_value,retail_disc,coupon_disc,"
    "coupon_match_disc,week,transaction_timestamp\n"
    "7,1,b1,p1,2,3.0,0.5,0.0,0.25,1,2017-01-10 03:30:00\n"
    "7,1,b1,p2,3,1.0,0.0,0.0,0.0,1,2017-01-10 03:30:00\n"
    "7,1,b1,p9,0,4.440892e-16,0.0,0.0,0.0,1,2017-01-10 03:30:00\n"
    "8,1,b2,p1,1,1.5,0.0,0.0,0.0,30,2017-07-10 16:00:00\n"
)
TABLES = {
    "transactions": TRANSACTIONS,
    "products": "product_id,manufacturer_id,department,brand,product_category,product_type,"
    "package_size\np1,1,BAKERY,National,BREAD,BREAD:ITALIAN/FRENCH,1 LB\np2,1,MISC,Private,,,\n",
    "demographics": "household_id,age,income,home_ownership,marital_status,household_size,"
    "household_comp,kids_count\n7,45-54,50-74K,,Married,2,2 Adults No Kids,0\n"
    "9,65+,Under 15K,,,1,1 Adult No Kids,0\n",
    "campaign_descriptions": "campaign_id,campaign_type,start_date,end_date\n"
    "3,Type A,2017-03-01,2017-04-01\n",
    "campaigns": "campaign_id,household_id\n3,8\n3,8\n4,8\n",
    "coupon_redemptions": "household_id,coupon_upc,campaign_id,redemption_date\n"
    "8,555,3,2017-03-20\n8,555,3,2017-03-20\n8,556,3,someday\n",
}


@pytest.fixture
def folder(tmp_path):
    for name, text in TABLES.items():
        (tmp_path / f"{name}.csv").write_text(text)
    return tmp_path


def test_all_tables_come_as_one_history_with_households_introduced_at_their_first_event(folder):
    events = events_of(read_path("completejourney", folder))
    assert [(type_name(e), e.customer_id, e.occurred_at.isoformat()) for e in events] == [
        ("customer_identified", "7", "2017-01-09T22:30:00-05:00"),
        ("order_completed", "7", "2017-01-09T22:30:00-05:00"),
        ("promotion_viewed", "8", "2017-03-01T12:00:00-05:00"),
        ("coupon_redeemed", "8", "2017-03-20T12:00:00-04:00"),
        ("coupon_redeemed", "8", "2017-03-20T12:00:00-04:00"),
        ("order_completed", "8", "2017-07-10T12:00:00-04:00"),
        ("customer_identified", "9", "2017-01-01T00:00:00-05:00"),
    ]


def test_a_basket_is_an_order_with_prices_a_piece_and_discounts_summed(folder):
    order = next(e for e in events_of(read_path("completejourney", folder)) if "b1" in e.event_id)
    assert isinstance(order, OrderCompleted)
    assert (order.total, order.discount, order.currency) == ("4.00", "0.75", "USD")
    assert [(i.product_id, i.quantity, i.price, i.category, i.brand) for i in order.items] == [
        ("p1", 2, "1.50", "bakery/bread/bread:italian-french", "National"),
        ("p2", 3, "0.333333", "misc", "Private"),
    ]


def test_only_a_basket_with_a_coupon_of_its_own_names_one(folder):
    lines = TRANSACTIONS.splitlines()
    with_coupon = lines[-1].replace("b2", "b3").replace("0.0,0.0,0.0", "0.5,0.4,0.4")
    by_card_alone = lines[-1].replace("b2", "b4").replace("0.0,0.0,0.0", "0.5,0.0,0.0")
    text = "\n".join([*lines, with_coupon, by_card_alone, ""])
    (folder / "transactions.csv").write_text(text)
    orders = [e for e in events_of(read_path("completejourney", folder)) if e.topic == "orders"]
    assert {order.order_id: (order.coupon, order.discount) for order in orders} == {
        "b1": (None, "0.75"),
        "b2": (None, None),
        "b3": ("manufacturer", "1.30"),
        "b4": (None, "0.50"),
    }


def test_demographics_become_traits_and_empty_ones_are_left_out(folder):
    declared = events_of(read_path("completejourney", folder))[0]
    assert declared.traits == {
        "age_band": "45-54",
        "income_band": "50-74K",
        "marital_status": "Married",
        "household_size": "2",
        "household_composition": "2 Adults No Kids",
        "kids_count": "0",
    }


def test_what_cannot_be_placed_is_told_with_its_file(folder):
    found = read_path("completejourney", folder)
    assert sorted(skipped_of(found)) == [(4, "malformed_row"), (4, "unknown_campaign")]
    details = {entry.detail.split(":")[0] for entry in found if hasattr(entry, "detail")}
    assert details == {"campaigns.csv", "coupon_redemptions.csv"}


def test_the_transactions_alone_are_enough_and_may_be_named_themselves(tmp_path):
    (tmp_path / "transactions.csv").write_text(TRANSACTIONS)
    by_folder = events_of(read_path("completejourney", tmp_path))
    by_file = events_of(read_path("completejourney", tmp_path / "transactions.csv"))
    assert [order.total for order in by_folder] == ["4.00", "1.50"]
    assert by_file == by_folder


def test_a_folder_without_transactions_is_refused(tmp_path):
    with pytest.raises(Fatal, match="transactions"):
        read_path("completejourney", tmp_path)


def test_the_sample_gives_each_household_the_baskets_and_sums_of_its_csv():
    folder = shared_data("completejourney")
    baskets: dict[str, Decimal] = defaultdict(Decimal)
    spent: dict[str, Decimal] = defaultdict(Decimal)
    with gzip.open(folder / "transactions.csv.gz", "rt", newline="") as file:
        for row in csv.DictReader(file):
            paid = Decimal(row["sales_value"])
            baskets[row["basket_id"]] += paid
            spent[row["household_id"]] += paid
    found = read_path("completejourney", folder)
    orders = [event for event in events_of(found) if isinstance(event, OrderCompleted)]
    assert skipped_of(found) == []
    cent = Decimal("0.01")
    assert {o.order_id: Decimal(o.total) for o in orders} == {
        basket: total.quantize(cent) for basket, total in baskets.items()
    }
    got: dict[str, Decimal] = defaultdict(Decimal)
    for order in orders:
        got[order.customer_id] += Decimal(order.total)
    assert got == {household: total.quantize(cent) for household, total in spent.items()}
    # The year of the data is that of New York: in UTC its last basket is of the year after.
    assert {order.occurred_at.year for order in orders} == {2017}
