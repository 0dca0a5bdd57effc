"""What a published portrait adds to its groups, and the stored form of that."""

import json
from pathlib import Path

import msgspec
import pytest

from stream.groups.contribution import (
    Contribution,
    Member,
    Unreadable,
    from_bytes,
    member_name,
    price_band,
    read,
    to_bytes,
)
from stream.profile.portrait import SECTIONS, to_change
from tests.support.events import event, folded, identified, ordered, portrait, to_ms, viewed
from tests.support.published import document

EXAMPLE = Path(__file__).parents[3] / "schemas/examples/valid/portraits/c-1001.json"


def contribution(**fields: object) -> Contribution:
    found = read(document(**fields)).contribution  # type: ignore[arg-type]
    assert found is not None
    return found


def test_portrait_of_whom_nothing_is_known_adds_one_customer_and_no_names() -> None:
    assert read(document(version=7)) == Member(
        7,
        Contribution(
            "main", (), (), None, None, None, None, None, None, None, None, None, (0,) * 24,
            0, 0, 0, 0, 0, None,
        ),
    )  # fmt: skip


def test_published_portrait_is_read() -> None:
    described = portrait(
        folded(
            [
                identified("2026-06-01T10:00:00Z", gender="male", birth_year=1990, country="DE"),
                viewed("2026-06-20T10:30:00+02:00", category="home/mugs", brand="Acme",
                       price="12.00", gender="female"),
                ordered("2026-03-05T10:00:00Z", "30.00"),
                ordered("2026-06-21T10:00:00Z", "12.50"),
                event("order_refunded", "2026-06-22T10:00:00Z", order_id="o1", total="2.50",
                      currency="USD"),
                event("signed_in", "2026-03-01T00:00:00Z", context={"channel": "email"}),
            ]
        ),
        to_ms("2026-06-30T12:00:00Z"),
    )  # fmt: skip
    named = msgspec.structs.replace(described, labels=("vip",), segments=("win-back", "night"))
    member = read(msgspec.json.encode(to_change(named, SECTIONS, "event")))
    assert member.version == 1
    by_hour = [0] * 24
    by_hour[10] = 4
    assert member.contribution == Contribution(
        store_id="main",
        segments=("win-back", "night"),
        labels=("vip",),
        natural_gender="male",
        shopping_gender="female",
        age_band="35-44",
        country="DE",
        tier=described.spending.tier,
        category="home/mugs",
        brand="Acme",
        price_band="10-20",
        channel="email",
        by_hour=tuple(by_hour),
        orders=2,
        amount=4250,
        refunded=250,
        orders_30d=1,
        amount_30d=1250,
        first_order_ms=to_ms("2026-03-05T10:00:00Z"),
    )


def test_example_of_the_contract_is_read() -> None:
    shown = json.loads(EXAMPLE.read_bytes())
    found = read(EXAMPLE.read_bytes()).contribution
    assert found is not None
    assert (found.labels, found.segments) == (tuple(shown["labels"]), tuple(shown["segments"]))


def test_only_the_favourite_category_and_brand_count() -> None:
    found = contribution(categories=["a/b", "c"], brands=["Öko", "Acme"])
    assert (found.category, found.brand) == ("a/b", "Öko")


@pytest.mark.parametrize(
    ("currency", "text", "minor"),
    [("USD", "12.50", 1250), ("JPY", "1250", 1250), ("KWD", "1.250", 1250)],
)
def test_amounts_are_in_minor_units_of_their_currency(currency: str, text: str, minor: int) -> None:
    zero = "0" * len(text.partition(".")[2])
    nothing = f"0.{zero}" if zero else "0"
    found = contribution(currency=currency, amount=text, refunded=nothing, amount_30d=nothing)
    assert (found.amount, found.refunded) == (minor, 0)


@pytest.mark.parametrize(
    ("price", "band"),
    [
        ("0.00", "0-1"), ("0.99", "0-1"), ("1.00", "1-2"), ("1.99", "1-2"), ("2.00", "2-5"),
        ("4.99", "2-5"), ("5", "5-10"), ("9.99", "5-10"), ("10.00", "10-20"), ("19", "10-20"),
        ("20.00", "20-50"), ("49.99", "20-50"), ("50.00", "50-100"), ("99.99", "50-100"),
        ("100", "100-200"), ("123456.78", "100000-200000"),
    ],
)  # fmt: skip
def test_price_lies_in_one_band_whose_lower_bound_belongs_to_it(price: str, band: str) -> None:
    assert price_band(price) == band
    assert contribution(price=price).price_band == band


@pytest.mark.parametrize(
    "damaged",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        document().replace(b'"amount": "0.00"', b'"amount": "0.0"'),
        document().replace(b'"amount": "0.00"', b'"amount": "x.yz"'),
        document().replace(b'"amount": "0.00"', b'"amount": 1'),
        document().replace(b'"by_hour": [0, ', b'"by_hour": ['),
        document(first_order_at="2026-03-05T10:00:00"),
        document(price=""),
    ],
)
def test_what_is_no_portrait_is_unreadable(damaged: bytes) -> None:
    with pytest.raises(Unreadable):
        read(damaged)


def test_stored_form_comes_back_as_it_was() -> None:
    full = contribution(brands=["Öko"], by_hour=list(range(24)), segments=["a", "b"], orders=3)
    for member in (Member(3, full), Member(9)):
        assert from_bytes(to_bytes(member)) == member
    assert len(to_bytes(Member(9))) == 3


@pytest.mark.parametrize("stored", [b"", b"\xc1", b"\x91\xa1x", to_bytes(Member(9))[:-1]])
def test_damaged_stored_form_is_unreadable(stored: bytes) -> None:
    with pytest.raises(Unreadable):
        from_bytes(stored)


def test_name_of_a_member_tells_customers_apart_and_does_not_name_them() -> None:
    names = {member_name(key) for key in ("main/ada", "main/adb", "other/ada", "main/顾客")}
    assert len(names) == 4
    assert all(len(name) == 16 and int(name, 16) >= 0 for name in names)
    assert member_name("main/ada") == "db63396a87d9a27f"  # stored: it must never change
