"""Fraud in e-commerce: a sign-up, a declaration and an order a row."""

import csv
import gzip
from collections import Counter
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest

from stream.errors import Fatal
from stream.events import CustomerIdentified, OrderCompleted, SignedUp, type_name
from stream.replay.formats import read_events
from tests.support.replaying import checked, events_of, read_path, read_text, skipped_of
from tests.support.shared_data import shared_data

FORMAT = "fraud-ecommerce"
HEADER = (
    "user_id,signup_time,purchase_time,purchase_value,device_id,source,browser,sex,age,"
    "ip_address,class\n"
)
RANGES = "lower_bound_ip_address,upper_bound_ip_address,country\n"


def row(  # noqa: PLR0917
    user: str = "22058",
    signed_up: str = "2015-02-24 22:55:49",
    bought: str = "2015-04-18 02:47:11",
    value: str = "34",
    sex: str = "M",
    age: str = "39",
    ip: str = "732758368.79972005",
    fraud: str = "0",
) -> str:
    device = "QVPSPJUOCKZAR,SEO,Chrome"
    return f"{user},{signed_up},{bought},{value},{device},{sex},{age},{ip},{fraud}\n"


def read(*rows: str):
    return read_text(FORMAT, HEADER + "".join(rows))


def placed(tmp_path: Path, ranges: str, *ips: str) -> list[str | None]:
    """The countries of the sign-ups from these addresses, with a table beside the file."""
    rows = "".join(row(user=str(user), ip=ip) for user, ip in enumerate(ips))
    (tmp_path / "fraud.csv").write_text(HEADER + rows)
    (tmp_path / "ip_to_country.csv.gz").write_bytes(gzip.compress(ranges.encode()))
    found = read_path(FORMAT, tmp_path / "fraud.csv")
    return [e.context.country for e in events_of(found) if isinstance(e, SignedUp)]


def test_a_row_is_a_sign_up_a_declaration_and_an_order_at_their_times():
    signed_up, declared, order = events_of(read(row()))
    assert isinstance(signed_up, SignedUp)
    assert isinstance(declared, CustomerIdentified)
    assert isinstance(order, OrderCompleted)
    assert signed_up.occurred_at.isoformat() == "2015-02-24T22:55:49+00:00"
    assert declared.occurred_at == signed_up.occurred_at
    assert order.occurred_at.isoformat() == "2015-04-18T02:47:11+00:00"
    assert (order.customer_id, order.total, order.currency) == ("22058", "34", "USD")
    assert declared.traits == {"gender": "male", "birth_year": 1976}


def test_sign_up_and_order_show_device_browser_source_and_the_address_with_dots():
    signed_up, _, order = events_of(read(row()))
    shown = signed_up.context
    assert shown == order.context
    assert (shown.device_id, shown.browser, shown.channel) == ("QVPSPJUOCKZAR", "Chrome", "SEO")
    assert shown.ip == "43.173.1.96"  # 43·2²⁴ + 173·2¹⁶ + 1·2⁸ + 96 = 732758368
    assert shown.country is None


def test_all_of_the_file_is_in_order_of_time_and_sign_ups_come_before_orders_of_that_instant():
    at = "2015-03-01 10:00:00"
    found = events_of(
        read(
            row(user="1", signed_up="2015-02-01 10:00:00", bought=at),
            row(user="2", signed_up=at, bought=at),
            row(user="3", signed_up="2015-01-01 10:00:00", bought="2015-01-02 10:00:00"),
        )
    )
    assert [
        (e.customer_id, type_name(e)) for e in found if type_name(e) != "customer_identified"
    ] == [
        ("3", "signed_up"),
        ("3", "order_completed"),
        ("1", "signed_up"),
        ("2", "signed_up"),
        ("1", "order_completed"),
        ("2", "order_completed"),
    ]


def test_the_same_file_has_the_same_ids_on_each_replay_and_equal_rows_count_each():
    first, second = (events_of(read(row(), row(), row(user="7"))) for _ in range(2))
    assert first == second
    assert len({event.event_id for event in first}) == 9


def test_a_file_without_labels_can_be_replayed():
    text = (HEADER + row()).replace(",class", "").replace(",0\n", "\n")
    assert len(events_of(read_text(FORMAT, text))) == 3


def test_rows_that_hold_no_event_are_told_with_line_and_reason():
    found = read(
        row(user=""),
        row(signed_up="yesterday"),
        row(value="cheap"),
        row(age="old"),
        row(age="130"),
        row(ip="4294967296"),
        row(ip="nan"),
        row(),
        "1,2015-02-24 22:55:49,2015\n",
    )
    assert len(events_of(found)) == 3
    assert skipped_of(found) == [(n, "malformed_row") for n in (2, 3, 4, 5, 6, 7, 8, 10)]


def test_a_sex_that_is_none_of_both_is_not_declared():
    _, declared, _ = events_of(read(row(sex="")))
    assert declared.traits == {"birth_year": 1976}


def test_bounds_of_a_range_are_of_its_country_and_addresses_outside_of_all_of_none(tmp_path):
    ranges = RANGES + "100,200,Chile\n300,400,Peru\n"
    ips = ("99", "100", "200", "201", "300.9", "400", "401")
    assert placed(tmp_path, ranges, *ips) == [None, "Chile", "Chile", None, "Peru", "Peru", None]


@pytest.mark.parametrize(
    ("last", "country"), [("300,400,Can", None), ("300,400,Canada", "Canada"), ("300,400,X", "X")]
)
def test_a_name_that_was_cut_with_the_table_is_not_taken_for_a_country(tmp_path, last, country):
    assert placed(tmp_path, f"{RANGES}100,200,Canada\n{last}", "350") == [country]


def test_rows_of_the_table_that_cannot_be_read_are_told_and_the_others_hold(tmp_path):
    (tmp_path / "fraud.csv").write_text(HEADER + row(ip="350"))
    (tmp_path / "ip_to_country.csv").write_text(f"{RANGES}a,200,Chile\n300,400,Peru\n1,2,\n3\n")
    found = read_path(FORMAT, tmp_path / "fraud.csv")
    assert skipped_of(found) == [(n, "malformed_row") for n in (2, 4, 5)]
    assert events_of(found)[0].context.country == "Peru"


def test_a_file_of_another_format_is_refused_by_its_header(tmp_path):
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    with pytest.raises(Fatal, match="--format"):
        list(read_events(str(tmp_path / "other.csv"), FORMAT))


def test_the_sample_gives_every_row_its_events_in_order_of_time():
    path = shared_data("fraud_ecommerce.csv.gz")
    with gzip.open(path, "rt", newline="") as file:
        rows = list(csv.DictReader(file))
    found = checked(list(read_events(str(path), FORMAT)))
    events = events_of(found)
    assert Counter(map(type_name, events)) == dict.fromkeys(
        ("signed_up", "customer_identified", "order_completed"), len(rows)
    )
    times = [event.occurred_at for event in events]
    assert times == sorted(times)
    orders = [event for event in events if isinstance(event, OrderCompleted)]
    assert sum(Decimal(o.total) for o in orders) == sum(Decimal(r["purchase_value"]) for r in rows)
    assert {(o.customer_id, o.occurred_at.replace(tzinfo=None)) for o in orders} == {
        (r["user_id"], datetime.fromisoformat(r["purchase_time"])) for r in rows
    }


def test_most_addresses_of_the_sample_lie_in_a_country_of_the_lower_part_of_the_table():
    path = shared_data("fraud_ecommerce.csv.gz")
    signed_up = [e for e in read_events(str(path), FORMAT) if isinstance(e, SignedUp)]
    countries = Counter(event.context.country for event in signed_up if event.context)
    assert countries["United States"] > 4000
    assert countries[None] > 1000
    assert "Can" not in countries
