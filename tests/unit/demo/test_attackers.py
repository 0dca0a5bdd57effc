"""The simulated attackers do what their kind does, and honest customers look odd now and then."""

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from ipaddress import ip_address, ip_network
from itertools import pairwise
from statistics import median
from typing import TypeVar

import msgspec
import pytest

from stream.demo.attackers.cast import accounts_of_attackers, bands
from stream.demo.attackers.caught import Caught, Watch, watch
from stream.demo.attackers.raid import ATTACK_ID, ATTACKS, Attack
from stream.demo.live import LiveShop
from stream.demo.simulation import Simulation
from stream.demo.visit import NEW_CUSTOMER_COUPON
from stream.events import (
    CouponRedeemed,
    Event,
    OrderCancelled,
    OrderCompleted,
    ProductClicked,
    SignedIn,
    SignedUp,
    SignInFailed,
)

END = datetime(2026, 3, 10, 12, tzinfo=UTC)
#: Set aside for test traffic and for documentation (RFC 2544, RFC 5737).
NOBODYS = [
    ip_network(net)
    for net in ("198.18.0.0/15", "192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24")
]


@pytest.fixture(scope="module")
def simulation() -> Simulation:
    return Simulation(seed=4, customers=1_000, attackers=True)


@pytest.fixture(scope="module")
def history(simulation: Simulation) -> list[Event]:
    return list(simulation.history(END))


@pytest.fixture(scope="module")
def acts(simulation: Simulation, history: list[Event]) -> dict[str, dict[str, list[Event]]]:
    """Attackers' events by kind of attack and customer."""
    found: dict[str, dict[str, list[Event]]] = {kind: defaultdict(list) for kind in ATTACKS}
    for event in history:
        if event.event_id.startswith(ATTACK_ID):
            found[simulation.attacks[event.customer_id]][event.customer_id].append(event)
    return found


T = TypeVar("T", bound=Event)


def of_type(events: list[Event], kind: type[T]) -> list[T]:
    return [event for event in events if isinstance(event, kind)]


def flat(by_customer: dict[str, list[Event]]) -> list[Event]:
    return [event for events in by_customer.values() for event in events]


def test_without_attackers_nobody_attacks() -> None:
    simulation = Simulation(seed=4, customers=300)
    assert simulation.attacks == {}
    assert not any(event.event_id.startswith(ATTACK_ID) for event in simulation.history(END))


def test_same_seed_gives_the_same_attacks(history: list[Event]) -> None:
    again = Simulation(seed=4, customers=1_000, attackers=True).history(END)
    assert msgspec.json.encode(list(again)) == msgspec.json.encode(history)


def test_attacks_are_merged_by_time_under_ids_of_their_own(history: list[Event]) -> None:
    assert all(a.occurred_at <= b.occurred_at for a, b in pairwise(history))
    assert len({event.event_id for event in history}) == len(history)
    assert max(event.occurred_at for event in history) < END


@pytest.mark.parametrize("customers", [50, 200, 500, 1_100])
def test_accounts_of_attackers_count_as_customers(customers: int) -> None:
    simulation = Simulation(seed=4, customers=customers, attackers=True)
    made = list(simulation.last(2_000, END))
    assert len(made) == 2_000
    everybody = {event.customer_id for event in simulation.history(END)}
    assert len(everybody) <= customers
    assert bool(simulation.attacks) == (customers >= 200)
    own = {visitor.customer_id for visitor in simulation.visitors}
    assert len(simulation.attacks.keys() - own) == accounts_of_attackers(customers)


def test_every_kind_attacks_and_each_customer_suffers_one(
    simulation: Simulation, acts: dict[str, dict[str, list[Event]]]
) -> None:
    for kind in ATTACKS:
        named = {who for who, attack in simulation.attacks.items() if attack == kind}
        assert set(acts[kind]) == named
        assert len(named) >= 16 == 8 * bands(1_000)


def test_stuffing_tries_many_accounts_in_the_rhythm_of_a_machine(
    acts: dict[str, dict[str, list[Event]]],
) -> None:
    by_device: dict[str | None, list[Event]] = defaultdict(list)
    for event in flat(acts["credential_stuffing"]):
        assert isinstance(event, SignInFailed | SignedIn)
        assert event.context
        by_device[event.context.device_id].append(event)
    assert len(by_device) == 2
    for events in by_device.values():
        events.sort(key=lambda event: event.occurred_at)
        gaps = [(b.occurred_at - a.occurred_at).total_seconds() for a, b in pairwise(events)]
        assert max(gaps) - min(gaps) < 0.1
        assert len({event.context.ip for event in events if event.context}) == 5
        assert len({event.customer_id for event in events}) == 20
    tried = flat(acts["credential_stuffing"])
    assert 0 < len(of_type(tried, SignedIn)) < len(tried) / 10


def test_a_taken_over_account_orders_from_afar_far_above_its_own_amounts(
    history: list[Event], acts: dict[str, dict[str, list[Event]]]
) -> None:
    own: dict[str, list[Event]] = defaultdict(list)
    for event in history:
        if not event.event_id.startswith(ATTACK_ID):
            own[event.customer_id].append(event)
    ratios = []
    for victim, events in acts["account_takeover"].items():
        contexts = [event.context for event in own[victim] if event.context]
        [context] = {event.context for event in events}
        assert context
        assert context.device_id not in {each.device_id for each in contexts}
        assert context.asn not in {each.asn for each in contexts}
        assert context.country not in {each.country for each in contexts[:1]}
        orders = of_type(events, OrderCompleted)
        signed_in = of_type(events, SignedIn)
        assert signed_in[0].occurred_at < orders[0].occurred_at
        before = of_type(own[victim], OrderCompleted)
        assert not {each.shipping_ref for each in orders} & {each.shipping_ref for each in before}
        if before:
            usual = median(float(each.total) for each in before)
            ratios.append(max(float(each.total) for each in orders) / usual)
    assert len(ratios) >= 5
    # Somebody may have bought a laptop before.
    assert sum(ratio > 3 for ratio in ratios) > 0.7 * len(ratios)


def test_a_farm_makes_many_accounts_on_few_devices_that_order_at_once(
    acts: dict[str, dict[str, list[Event]]],
) -> None:
    events = flat(acts["device_farm"])
    ups = {event.customer_id: event for event in of_type(events, SignedUp)}
    orders = of_type(events, OrderCompleted)
    assert len(ups) == len(orders) == 24
    assert len({event.context.device_id for event in ups.values() if event.context}) == 6
    assert len({event.context.emulator for event in ups.values() if event.context}) == 2
    assert len({order.payment_ref for order in orders}) <= 6
    assert len({order.shipping_ref for order in orders}) <= 4
    for order in orders:
        wait = order.occurred_at - ups[order.customer_id].occurred_at
        assert timedelta(0) < wait < timedelta(minutes=5)


def test_coupon_hunters_share_a_phone_or_an_address_and_cancel_many_orders(
    acts: dict[str, dict[str, list[Event]]],
) -> None:
    shared: dict[str, set[tuple[str | None, str | None]]] = defaultdict(set)
    for who, events in acts["coupon_hunting"].items():
        [order] = of_type(events, OrderCompleted)
        [redeemed] = of_type(events, CouponRedeemed)
        assert redeemed.coupon == order.coupon == NEW_CUSTOMER_COUPON
        assert order.context
        shared[who.split("-")[1]].add((order.context.device_id, order.shipping_ref))
    for pairs in shared.values():
        devices, addresses = zip(*pairs, strict=True)
        assert sorted((len(set(devices)), len(set(addresses)))) == [1, 12]
    cancelled = of_type(flat(acts["coupon_hunting"]), OrderCancelled)
    assert 24 * 0.3 < len(cancelled) < 24 * 0.9


def test_brushers_order_again_and_again_without_browsing_or_after_a_machines_clicks(
    acts: dict[str, dict[str, list[Event]]],
) -> None:
    clickers = 0
    for events in acts["brushing"].values():
        assert len(of_type(events, OrderCompleted)) >= 3
        clicks = of_type(events, ProductClicked)
        clickers += bool(clicks)
        gaps = [(b.occurred_at - a.occurred_at).total_seconds() for a, b in pairwise(clicks)]
        assert gaps.count(3.0) >= len(gaps) * 0.8
    assert clickers == len(acts["brushing"]) / 2
    orders = of_type(flat(acts["brushing"]), OrderCompleted)
    assert len({order.payment_ref for order in orders}) <= 4
    assert len({order.shipping_ref for order in orders}) == 16


def test_attackers_orders_cost_what_their_items_cost(
    acts: dict[str, dict[str, list[Event]]],
) -> None:
    for kind in ATTACKS:
        for order in of_type(flat(acts[kind]), OrderCompleted):
            items = sum(Decimal(item.price or 0) * item.quantity for item in order.items)
            assert Decimal(order.total) == items - Decimal(order.discount or 0) > 0


def test_all_addresses_are_nobodys(history: list[Event]) -> None:
    addresses = {event.context.ip for event in history if event.context and event.context.ip}
    assert len(addresses) > 500
    assert all(any(ip_address(each) in net for net in NOBODYS) for each in addresses)


def test_who_is_found_is_counted_by_kind_and_victims_are_no_honest_customers() -> None:
    attacks: dict[str, Attack] = {
        "victim": "account_takeover",
        "farm-1": "device_farm",
        "farm-2": "device_farm",
    }
    seen = watch(attacks, ["victim", "ada", "bob"], {"victim", "farm-2", "bob", "bot-0"})
    assert seen.attacks == (Caught("account takeover", 1, 1), Caught("device farm", 2, 1))
    assert (seen.accused, seen.honest) == (1, 2)
    assert watch({}, ["ada"], {"ada"}) == Watch()


def test_live_raids_are_new_ones_of_all_kinds() -> None:
    simulation = Simulation(seed=2, customers=300, attackers=True)
    known = set(simulation.attacks)
    shop = LiveShop(simulation, seed=2)
    events = [shop.event(END) for _ in range(30_000)]
    assert {event.occurred_at for event in events} == {END}
    assert len({event.event_id for event in events}) == len(events)
    bad = {event.customer_id for event in events if event.event_id.startswith(ATTACK_ID)}
    assert bad <= simulation.attacks.keys()
    assert len(bad - known) > 10
    calm = LiveShop(Simulation(seed=2, customers=300), seed=2)
    assert not any(calm.event(END).event_id.startswith(ATTACK_ID) for _ in range(10_000))


# --- honest customers that look odd ---------------------------------------------------------


def test_some_families_share_a_device_an_address_and_a_card(history: list[Event]) -> None:
    honest = [event for event in history if event.customer_id.startswith("customer-")]
    for field, least in (("payment_ref", 2), ("shipping_ref", 10)):
        owners: dict[str, set[str]] = defaultdict(set)
        for order in of_type(honest, OrderCompleted):
            if not order.event_id.startswith(ATTACK_ID):
                owners[getattr(order, field)].add(order.customer_id)
        assert least <= sum(len(who) > 1 for who in owners.values()) < len(owners) * 0.2, field


def test_some_travel_and_nobody_is_in_two_countries_within_a_day(
    simulation: Simulation, history: list[Event]
) -> None:
    homes = {
        visitor.customer_id: visitor
        for visitor in simulation.visitors
        if visitor.circumstances.vpn is None
    }
    seen: dict[str, list[Event]] = defaultdict(list)
    for event in history:
        clicked = event.topic in ("clicks", "logins")
        if event.customer_id in homes and clicked and not event.event_id.startswith(ATTACK_ID):
            seen[event.customer_id].append(event)
    abroad = 0
    for events in seen.values():
        for a, b in pairwise(events):
            assert a.context
            assert b.context
            if a.context.country != b.context.country:
                abroad += 1
                assert b.occurred_at - a.occurred_at > timedelta(hours=22)
    assert abroad > 20


def test_members_of_a_household_live_in_one_place() -> None:
    simulation = Simulation(seed=4, customers=400)
    families = 0
    for visitor in simulation.visitors:
        anchor = simulation.visitors[visitor.circumstances.household]
        families += anchor is not visitor
        assert visitor.home == anchor.home
        assert visitor.devices[0].ip == anchor.devices[0].ip
    assert 10 < families < 100


def test_a_customer_is_the_same_however_many_others_there_are() -> None:
    few, many = (Simulation(seed=4, customers=n).visitors for n in (20, 300))
    assert few == many[: len(few)]
