"""Who met, viewed and bought which product when."""

from collections.abc import Callable

import pytest

from stream.profile.encounters import EARLIEST_MS, Encounter, appearances, encounters
from stream.profile.occurrence import Occurrence
from tests.support.events import CUSTOMER, STORE, Wire, event, occur, ordered, to_ms, viewed

KEY = f"{STORE}/{CUSTOMER}"
EARLY, LATE = "2025-03-01T10:00:00+08:00", "2025-03-02T10:00:00Z"
EARLY_MS, LATE_MS = to_ms(EARLY), to_ms(LATE)


def found(*events: Wire) -> list[Encounter]:
    return encounters(KEY, [occur(each) for each in events])


def product_event(type_name: str, occurred_at: str = EARLY) -> Wire:
    more = {"rating": 5} if type_name == "product_reviewed" else {}
    return event(type_name, occurred_at, product={"product_id": "p1"}, **more)


def met(
    product_id: str = "p1", met_ms: int = EARLY_MS, *, viewed: int | None = None,
    bought: int | None = None,
) -> Encounter:  # fmt: skip
    return Encounter(STORE, product_id, KEY, met_ms, viewed, bought)


@pytest.mark.parametrize("type_name", ["product_viewed", "product_clicked"])
def test_views_and_clicks_are_views(type_name: str) -> None:
    assert found(product_event(type_name)) == [met(viewed=EARLY_MS)]


@pytest.mark.parametrize(
    "type_name",
    [
        "product_added_to_wishlist",
        "product_shared",
        "product_added",
        "product_removed",
        "product_reviewed",
    ],
)
def test_any_other_event_of_a_product_only_meets_it(type_name: str) -> None:
    assert found(product_event(type_name)) == [met()]


def test_each_item_of_a_completed_order_is_bought() -> None:
    order = ordered(EARLY, "9.00", {"product_id": "p1"}, {"product_id": "p2"})
    assert found(order) == [met(bought=EARLY_MS), met("p2", bought=EARLY_MS)]


@pytest.mark.parametrize("type_name", ["checkout_started", "order_cancelled", "order_refunded"])
def test_items_of_carts_and_of_orders_taken_back_are_only_met(type_name: str) -> None:
    order = {"order_id": "o1", "total": "9.00", "currency": "USD"}
    assert found(event(type_name, EARLY, items=[{"product_id": "p1"}], **order)) == [met()]


def test_events_without_a_product_meet_none() -> None:
    search = event("products_searched", EARLY, query="mugs")
    assert found(search, event("signed_in", EARLY), ordered(EARLY, "9.00")) == []


def test_of_each_kind_only_the_earliest_time_stays() -> None:
    item = {"product_id": "p1"}
    events = [
        product_event("product_viewed", LATE),
        product_event("product_clicked", EARLY),
        ordered(LATE, "9.00", item, item),
        ordered(EARLY, "9.00", item),
        product_event("product_added", LATE),
    ]
    expected = [met(viewed=EARLY_MS, bought=EARLY_MS)]
    assert found(*events) == found(*reversed(events)) == expected


def test_a_product_may_be_met_before_it_is_viewed_and_bought() -> None:
    events = [product_event("product_added", EARLY), viewed(LATE)]
    expected = [met(viewed=LATE_MS)]
    assert found(*events) == found(*reversed(events)) == expected


def test_the_store_is_that_of_the_key() -> None:
    (other,) = encounters("shop-2/a/b", [occur(viewed(EARLY))])
    assert (other.store_id, other.key) == ("shop-2", "shop-2/a/b")


def test_of_an_erased_customer_only_the_products_appearance_is_left() -> None:
    events = [viewed(EARLY), ordered(LATE, "9.00", {"product_id": "p1"})]
    assert appearances(KEY, [occur(each) for each in events]) == [met()]


@pytest.mark.parametrize("lost", ["1970-01-01T00:00:00Z", "1999-12-31T23:59:59.999Z"])
@pytest.mark.parametrize("read", [encounters, appearances])
def test_events_of_a_device_that_has_lost_its_time_meet_no_product(
    lost: str, read: Callable[[str, list[Occurrence]], list[Encounter]]
) -> None:
    item = {"product_id": "p1"}
    events = [viewed(lost), ordered(lost, "9.00", item), product_event("product_added", lost)]
    assert read(KEY, [occur(each) for each in events]) == []
    kept = [*events, product_event("product_added", EARLY)]
    assert read(KEY, [occur(each) for each in kept]) == [met()]


def test_the_first_instant_that_counts_is_that_of_the_year_2000() -> None:
    assert to_ms("2000-01-01T00:00:00Z") == EARLIEST_MS
    assert found(viewed("2000-01-01T00:00:00Z")) == [met("p1", EARLIEST_MS, viewed=EARLIEST_MS)]
