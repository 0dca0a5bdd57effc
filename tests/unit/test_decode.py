"""Bytes to events: every reason to refuse a record, and the good records around it."""

import json
from typing import Any

import pytest

from stream.decode import MAX_AHEAD_MS, decode
from stream.errors import Reason, Rejected
from stream.events import EVENT_TYPES, OrderCompleted, ProductViewed, type_name
from stream.money import Rates
from stream.profile.occurrence import Occurrence
from tests.support.events import (
    RATES,
    TOPIC_OF,
    TOPICS,
    Wire,
    event,
    identified,
    occur,
    ordered,
    referred,
    to_ms,
)
from tests.support.events import viewed as view

NOON = "2024-05-06T12:00:00+02:00"
NOW_MS = to_ms(NOON)
KEY = b"main/c1"


def decoded(
    record: Wire | bytes | None,
    topic: str = "clicks",
    key: bytes | None = KEY,
    rates: Rates = RATES,
) -> Occurrence:
    value = json.dumps(record).encode() if isinstance(record, dict) else record
    return decode(topic, key, value, now_ms=NOW_MS, rates=rates)


def refused(record: Wire | bytes | None, topic: str = "clicks", key: bytes | None = KEY) -> Reason:
    """The reason code; the good records before and after it pass."""
    assert decoded(view(NOON)).at_ms == NOW_MS
    with pytest.raises(Rejected) as caught:
        decoded(record, topic, key)
    assert decoded(view(NOON)).at_ms == NOW_MS
    assert caught.value.detail
    assert str(caught.value).startswith(f"{caught.value.reason}: ")
    return caught.value.reason


def viewed(**changes: Any) -> Wire:
    return view(NOON) | changes


def without(wire: Wire, *names: str) -> Wire:
    return {name: value for name, value in wire.items() if name not in names}


def spliced(wire: Wire, text: bytes) -> bytes:
    """The event with raw text before its closing brace."""
    return json.dumps(wire).encode()[:-1] + text


@pytest.mark.parametrize(
    "value",
    [
        None,
        b"",
        b" ",
        b"not json",
        b"\x00\x01\x02",
        b"{",
        b'{"type": "product_viewed", "event_id": "e1", "customer',  # cut off
        json.dumps(viewed()).encode() * 2,
        b"\xef\xbb\xbf" + json.dumps(viewed()).encode(),  # byte order mark
        json.dumps(viewed()).encode("utf-16"),
        json.dumps(viewed()).replace('"c1"', "NaN").encode(),
        json.dumps(viewed(customer_id="\ud800")).encode(),  # half of a surrogate pair
        json.dumps(viewed(customer_id="\udc00\ud800")).encode(),
        json.dumps(viewed(customer_id="@@")).encode().replace(b"@@", b"\xff\xfe"),
        json.dumps(viewed(customer_id="@@")).encode().replace(b"@@", b"\xed\xa0\x80"),
    ],
)
def test_what_is_no_json_is_refused_as_not_json(value):
    assert refused(value) is Reason.NOT_JSON


@pytest.mark.parametrize(
    "value",
    [
        b'{"type": "basket_juggled", "event_id": "e1", "customer',
        b'{"type": "signed_in", "event_id": "e1", "customer',
        b'{"type": "signed_in"',
        b'{"type": "basket_juggled", oops}',
    ],
)
def test_cut_off_record_of_a_type_that_is_not_for_the_topic_is_refused(value):
    assert refused(value) is Reason.NOT_JSON


@pytest.mark.parametrize("bracket", [b"[", b'{"a":'])
@pytest.mark.parametrize("depth", [2_000, 200_000])
@pytest.mark.parametrize("type_name", ["product_viewed", "signed_in", "nope"])
def test_record_that_is_nested_too_deeply_is_refused(bracket, depth, type_name):
    closing = (b"]" if bracket == b"[" else b"}") * depth
    nested = b',"extra":' + bracket * depth + b"1" + closing + b"}"
    with pytest.raises(Rejected):
        decoded(spliced(viewed(type=type_name), nested))


@pytest.mark.parametrize(
    "name", ["basket_juggled", "", "Product_Viewed", "product_viewed ", "\x00"]
)
def test_type_that_does_not_exist_is_refused_as_unknown_type(name):
    assert refused(viewed(type=name)) is Reason.UNKNOWN_TYPE


@pytest.mark.parametrize("type_name", sorted(TOPIC_OF))
def test_type_of_another_topic_is_refused_as_wrong_topic(type_name):
    for topic in TOPICS:
        if topic != TOPIC_OF[type_name]:
            assert refused(event(type_name, NOON), topic) is Reason.WRONG_TOPIC


@pytest.mark.parametrize(
    ("topic", "good"),
    [
        ("clicks", view(NOON)),
        ("carts", event("checkout_started", NOON)),
        ("orders", ordered(NOON, "1.00")),
        ("logins", event("signed_in", NOON)),
        ("customers", identified(NOON)),
        ("engagements", event("support_contacted", NOON)),
        (
            "referrals",
            referred(NOON, "b", 1, "1.00"),
        ),
    ],
)
def test_record_that_says_no_type_is_refused_on_every_topic(topic, good):
    decoded(good, topic)
    assert refused(without(good, "type"), topic) is Reason.MISSING_FIELD
    assert refused(good | {"type": None}, topic) is Reason.WRONG_TYPE
    assert refused(good | {"type": "basket_juggled"}, topic) is Reason.UNKNOWN_TYPE
    assert refused(b"{}", topic) is Reason.MISSING_FIELD
    assert refused(b"[]", topic) is Reason.WRONG_TYPE


def test_contract_has_the_topics_and_types_of_the_design():
    assert {type_name(each): each.topic for each in EVENT_TYPES} == TOPIC_OF


@pytest.mark.parametrize("name", ["type", "event_id", "customer_id", "occurred_at", "product"])
def test_event_without_a_required_field_is_refused_as_missing_field(name):
    assert refused(without(viewed(), name)) is Reason.MISSING_FIELD


def test_missing_field_is_named_with_its_place():
    with pytest.raises(Rejected, match=r"`product_id` - at `\$.product`"):
        decoded(viewed(product={"brand": "Acme"}))


@pytest.mark.parametrize(
    "record",
    [
        b"null",
        b"[]",
        b"7",
        b'"text"',
        viewed(type=5),
        viewed(type=None),
        viewed(event_id=7),
        viewed(customer_id=None),
        viewed(customer_id=["c1"]),
        viewed(product="p1"),
        viewed(product=None),
        viewed(context=[]),
        viewed(context={"device_id": 5}),
        viewed(context={"asn": "1"}),
        viewed(store_id=1),
    ],
)
def test_value_of_another_type_is_refused_as_wrong_type(record):
    assert refused(record) is Reason.WRONG_TYPE


@pytest.mark.parametrize(
    "record",
    [
        viewed(event_id=""),
        viewed(event_id="x" * 65),
        viewed(customer_id=""),
        viewed(customer_id="x" * 129),
        viewed(store_id="a/b"),
        viewed(store_id="a:b"),
        viewed(store_id=""),
        viewed(product={"product_id": ""}),
        viewed(product={"product_id": "p", "category": ""}),
        viewed(product={"product_id": "p", "gender": "neither"}),
        viewed(product={"product_id": "p", "gender": "occurred_at"}),
        viewed(product={"product_id": "p", "gender": "missing required field"}),
        viewed(product={"product_id": "p", "gender": "at `$.price`"}),
        viewed(currency="usd"),
        viewed(currency="USD\n"),
        viewed(context={"asn": -1}),
        viewed(context={"asn": 2**200}),
    ],
)
def test_value_out_of_bounds_is_refused_as_invalid_value(record):
    assert refused(record) is Reason.INVALID_VALUE


@pytest.mark.parametrize(
    "traits",
    [
        {"gender": "f"},
        {"birth_year": 90},
        {"birth_year": 2201},
        {"occupation": ""},
        {"language": "x" * 36},
        {"": 1},
        {"x" * 65: 1},
        {"size": "x" * 1025},
        {"visits": 2**53 + 1},
        {"visits": -(2**70)},
        {f"trait {number}": 1 for number in range(65)},
    ],
)
def test_trait_out_of_bounds_is_refused_as_invalid_value(traits):
    assert refused(identified(NOON, **traits), "customers") is Reason.INVALID_VALUE


@pytest.mark.parametrize("number", [b"1e400", b"-1e400", b"1" + b"0" * 400])
def test_number_beyond_a_float_is_refused_as_invalid_value(number):
    record = json.dumps(identified(NOON, size="@@")).encode().replace(b'"@@"', number)
    assert refused(record, "customers") is Reason.INVALID_VALUE


@pytest.mark.parametrize(
    "traits",
    [
        {"gender": 1},
        {"birth_year": "1990"},
        {"birth_year": 1990.0},
        {"birth_year": True},
        {"size": []},
        {"size": {"value": 1}},
        {"country": 49},
    ],
)
def test_trait_of_another_type_is_refused_as_wrong_type(traits):
    assert refused(identified(NOON, **traits), "customers") is Reason.WRONG_TYPE


def test_refused_trait_is_named_with_its_place():
    with pytest.raises(Rejected, match=r"`\$.traits.birth_year`"):
        decoded(identified(NOON, birth_year=5), "customers")


@pytest.mark.parametrize(
    "occurred_at",
    [
        "2024-05-06T12:00:00",  # no offset
        "2024-05-06",
        "yesterday",
        "",
        1_714_996_800,
        None,
        "2024-02-30T12:00:00Z",
        "2024-05-06T24:00:00Z",
        "2024-05-06T12:00:60Z",
        "2024-05-06T12:00:00+24:00",
        "0000-01-01T00:00:00Z",
        "0001-01-01T00:00:00+23:59",
        "1969-12-31T23:59:59.999Z",
        "1970-01-01T00:00:00+00:01",
    ],
)
def test_time_that_cannot_be_is_refused_as_bad_timestamp(occurred_at):
    assert refused(viewed(occurred_at=occurred_at)) is Reason.BAD_TIMESTAMP


@pytest.mark.parametrize(
    "occurred_at",
    [
        "2024-05-06T12:05:00.001+02:00",
        "2024-05-06T10:05:00.001Z",
        "2025-05-06T12:00:00+02:00",
        "9999-12-31T23:59:59.999Z",
        "9999-12-31T23:59:59-00:01",  # the year 10000 in UTC
        "9999-12-31T23:59:59-23:59",
    ],
)
def test_time_more_than_5_minutes_ahead_is_refused_as_future_timestamp(occurred_at):
    assert refused(viewed(occurred_at=occurred_at)) is Reason.FUTURE_TIMESTAMP


def test_time_exactly_5_minutes_ahead_is_taken():
    assert decoded(viewed(occurred_at="2024-05-06T12:05:00+02:00")).at_ms == NOW_MS + MAX_AHEAD_MS


@pytest.mark.parametrize(
    "price",
    [
        "-1",
        "1e5",
        "",
        ".5",
        "1.",
        "1,50",
        "٣",
        " 1",
        "1 ",
        "12\n",
        "12.50\n",
        "0x10",
        "NaN",
        "Infinity",
        12.5,
        12,
        True,
        ["1"],
        "9" * 24,
        "1" * 25,
        "100000000000000000.00",
    ],
)
def test_amount_that_is_none_is_refused_as_bad_money(price):
    assert refused(viewed(product={"product_id": "p", "price": price})) is Reason.BAD_MONEY
    assert refused(ordered(NOON, "1") | {"total": price}, "orders") is Reason.BAD_MONEY
    assert refused(ordered(NOON, "1", discount=price), "orders") is Reason.BAD_MONEY
    item = {"product_id": "p", "price": price}
    assert refused(ordered(NOON, "1", item), "orders") is Reason.BAD_MONEY


@pytest.mark.parametrize("type_name", ["order_completed", "order_refunded", "order_cancelled"])
def test_currency_without_a_rate_is_refused_as_unknown_currency(type_name):
    fields = {"order_id": "o1", "total": "1.00", "currency": "XTS"}
    assert refused(event(type_name, NOON, **fields), "orders") is Reason.UNKNOWN_CURRENCY


def test_currency_without_a_rate_is_refused_wherever_money_stands():
    priced = viewed(product={"product_id": "p", "price": "1"}, currency="XTS")
    assert refused(priced) is Reason.UNKNOWN_CURRENCY
    coupon = event("coupon_redeemed", NOON, coupon="TEN", discount="1", currency="XTS")
    assert refused(coupon, "engagements") is Reason.UNKNOWN_CURRENCY


@pytest.mark.parametrize(
    ("order", "discount_minor"),
    [
        (ordered(NOON, "10.00", discount="2.50"), 250),
        (ordered(NOON, "10.00", discount="2.00", currency="EUR"), 217),
        (ordered(NOON, "10.00", discount="0"), 0),
        (ordered(NOON, "10.00"), 0),
        (event("order_refunded", NOON, order_id="o1", total="10.00", currency="USD"), 0),
    ],
)
def test_discount_of_an_order_is_in_minor_units_of_the_base_currency(order, discount_minor):
    assert occur(order).discount_minor == discount_minor


def test_discount_in_a_currency_without_a_rate_is_refused_as_unknown_currency():
    order = ordered(NOON, "1", discount="1", currency="XTS")
    assert refused(order, "orders") is Reason.UNKNOWN_CURRENCY


@pytest.mark.parametrize("key", [b"", b"c1", b"main/c2", b"Main/c1", b"main/c1 ", b"\xff", b"main"])
def test_key_of_another_customer_is_refused_as_key_mismatch(key):
    assert refused(viewed(), key=key) is Reason.KEY_MISMATCH


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({}, KEY),
        ({}, None),
        ({"customer_id": "客户/1"}, "main/客户/1".encode()),
        ({"store_id": "berlin"}, b"berlin/c1"),
        ({"customer_id": "\x00"}, b"main/\x00"),
    ],
)
def test_record_with_its_customers_key_or_without_one_is_taken(changes, key):
    assert decoded(viewed(**changes), key=key).at_ms == NOW_MS


def test_store_is_main_where_none_is_named():
    assert decoded(without(viewed(), "store_id")).event.store_id == "main"


def test_detail_of_a_refusal_is_short_whatever_the_record_holds():
    # It becomes a header of the dead letter; twice the record would be too large for Kafka.
    long = "x" * 600_000
    for record in (
        viewed(type=long),
        viewed(occurred_at=long),
        viewed(currency=long),
        viewed(product={"product_id": "p", "gender": long}),
    ):
        with pytest.raises(Rejected) as caught:
            decoded(record)
        assert len(caught.value.detail) <= 1000


def test_unknown_fields_are_ignored_wherever_they_stand():
    record = viewed(
        extra={"deep": [1, {"er": None}]},
        product={"product_id": "p1", "colour": "blue"},
        context={"screen": "4k"},
    )
    assert isinstance(decoded(record).event, ProductViewed)


def test_event_is_placed_in_time_with_the_customers_own_offset():
    occurrence = decoded(viewed(occurred_at="2024-05-06T09:30:15.2509+05:30"))
    assert occurrence.at_ms == to_ms("2024-05-06T04:00:15.250Z")
    assert occurrence.utc_offset_ms == (5 * 60 + 30) * 60_000
    assert decoded(viewed(occurred_at="2024-05-06T00:30:00-03:30")).utc_offset_ms == -12_600_000


def test_money_is_in_minor_units_of_the_base_currency():
    items = [{"product_id": "p1", "price": "10.00", "quantity": 3}, {"product_id": "p2"}]
    occurrence = decoded(ordered(NOON, "30.00", *items, currency="EUR"), "orders")
    assert isinstance(occurrence.event, OrderCompleted)
    assert occurrence.amount_minor == 3254  # 32.535, half to even
    assert occurrence.item_prices == (1084, None)  # 10.845, half to even
    assert decoded(viewed(product={"product_id": "p", "price": "0.5"})).price_minor == 50


def test_same_event_id_has_the_same_hash_and_another_one_another():
    hashes = [decoded(viewed(event_id=name)).id_hash for name in ("e1", "e1", "e2", "é", "e\u0301")]
    assert hashes[0] == hashes[1]
    assert len(set(hashes)) == 4
    assert all(0 <= value < 2**48 for value in hashes)
