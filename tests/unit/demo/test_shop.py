"""What happens in the simulated shop makes sense: money, baskets, devices, promotions."""

from collections import defaultdict
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from stream.demo.catalogue import Catalogue, money
from stream.demo.live import LiveShop
from stream.demo.simulation import Simulation
from stream.events import (
    Event,
    OrderCancelled,
    OrderCompleted,
    OrderRefunded,
    ProductAdded,
    ProductRemoved,
    PromotionClicked,
    PromotionViewed,
)

END = datetime(2026, 3, 10, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def sessions() -> dict[str, list[Event]]:
    """Events of each visit; the history is whole, so no visit lacks its beginning."""
    visits: dict[str, list[Event]] = defaultdict(list)
    for event in Simulation(seed=2, customers=300).history(END):
        if event.context and event.context.session_id:
            visits[event.context.session_id].append(event)
    return visits


def test_an_order_costs_what_its_items_cost_less_the_discount(
    sessions: dict[str, list[Event]],
) -> None:
    orders = [e for visit in sessions.values() for e in visit if isinstance(e, OrderCompleted)]
    assert any(order.discount for order in orders)
    for order in orders:
        items = sum(Decimal(item.price or 0) * item.quantity for item in order.items)
        assert Decimal(order.total) == items - Decimal(order.discount or 0) > 0


def test_an_order_holds_what_was_added_and_not_removed(sessions: dict[str, list[Event]]) -> None:
    checked = 0
    for visit in sessions.values():
        order = next((e for e in visit if isinstance(e, OrderCompleted)), None)
        added = any(isinstance(event, ProductAdded) for event in visit)
        if order is None or not added:  # a company orders the same again without a look
            continue
        basket: dict[str, int] = defaultdict(int)
        for event in visit:
            if isinstance(event, ProductAdded):
                basket[event.product.product_id] += event.quantity
            elif isinstance(event, ProductRemoved):
                basket[event.product.product_id] -= event.quantity
        ordered: dict[str, int] = defaultdict(int)
        for item in order.items:
            ordered[item.product_id] += item.quantity
        assert ordered == {product: n for product, n in basket.items() if n}
        checked += 1
    assert checked > 20


def test_what_comes_back_was_ordered_before_and_is_no_more(
    sessions: dict[str, list[Event]],
) -> None:
    returns = 0
    for visit in sessions.values():
        orders = {e.order_id: e for e in visit if isinstance(e, OrderCompleted)}
        for event in visit:
            if isinstance(event, OrderRefunded | OrderCancelled):
                order = orders[event.order_id]
                assert event.occurred_at > order.occurred_at
                assert Decimal(event.total or 0) <= Decimal(order.total)
                returns += 1
    assert returns > 5


def test_a_promotion_is_seen_before_it_is_clicked(sessions: dict[str, list[Event]]) -> None:
    clicks = 0
    for visit in sessions.values():
        seen: set[str] = set()
        for event in visit:
            if isinstance(event, PromotionViewed):
                seen.add(event.promotion_id)
            elif isinstance(event, PromotionClicked):
                assert event.promotion_id in seen
                clicks += 1
    assert clicks > 20


def test_customers_use_few_devices_and_only_families_share_one(
    sessions: dict[str, list[Event]],
) -> None:
    owners: dict[str | None, set[str]] = defaultdict(set)
    devices: dict[str, set[str | None]] = defaultdict(set)
    for event in (visit[0] for visit in sessions.values()):
        assert event.context
        owners[event.context.device_id].add(event.customer_id)
        devices[event.customer_id].add(event.context.device_id)
    assert max(map(len, devices.values())) <= 5
    shared = {device: who for device, who in owners.items() if len(who) > 1}
    assert 0 < len(shared) < 15
    assert all(device and device.endswith("-family") for device in shared)
    assert max(map(len, shared.values())) <= 4


def test_the_catalogue_has_two_hundred_products_in_a_tree_of_three_levels() -> None:
    catalogue = Catalogue(seed=1)
    assert len({offer.product.product_id for offer in catalogue.offers}) == 200
    assert {offer.leaf.count("/") for offer in catalogue.offers} == {2}
    assert all(offer.product.price == money(offer.price_cents) for offer in catalogue.offers)


def test_live_events_happen_at_the_time_they_are_asked_for() -> None:
    shop = LiveShop(Simulation(seed=2, customers=50), seed=2)
    events = [shop.event(END) for _ in range(2_000)]
    assert {event.occurred_at for event in events} == {END}
    assert len({event.event_id for event in events}) == 2_000
    assert len({event.occurred_at.utcoffset() for event in events}) > 3


def test_live_visits_come_from_where_people_are_awake() -> None:
    simulation = Simulation(seed=2, customers=300)
    noon_in_china = datetime(2026, 3, 10, 4, tzinfo=UTC)
    shop = LiveShop(simulation, seed=2)
    rhythm_of = {visitor.customer_id: visitor.rhythm for visitor in simulation.visitors}
    zone_of = {visitor.customer_id: visitor.home.zone for visitor in simulation.visitors}
    people = [shop.event(noon_in_china).customer_id for _ in range(5_000)]
    london_mornings = [
        one for one in people if zone_of[one] == "Europe/London" and rhythm_of[one] == "morning"
    ]
    assert len(london_mornings) < len(people) * 0.02


def test_visits_of_one_customer_have_numbers_and_ids_of_their_own_live() -> None:
    shop = LiveShop(Simulation(seed=2, customers=5), seed=2)
    customers: dict[str, set[str]] = defaultdict(set)
    for _ in range(3_000):
        event = shop.event(END)
        if event.context and event.context.session_id:
            customers[event.context.session_id].add(event.customer_id)
    assert len(customers) > 100
    assert all(len(owners) == 1 for owners in customers.values())
