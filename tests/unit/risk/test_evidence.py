"""Evidence: bounded, pruned, and the same in whatever order the events come."""

import itertools
from typing import Any

import pytest
from msgspec.structs import replace

from stream.events import Event
from stream.profile.occurrence import Occurrence
from stream.risk.account import MOST_KM_H
from stream.risk.evidence import (
    CLICKS,
    FAILURES,
    ORDERS,
    REDEEMED,
    RESETS,
    SIGN_INS,
    UNDONE,
    Evidence,
    Facts,
    add,
    merge,
    prune,
    settled,
    told,
)
from stream.risk.find import find
from stream.risk.findings import Finding
from stream.risk.history import VALUES
from stream.risk.reasons import KINDS, MOST, keeps_ms
from stream.risk.records import (
    Dated,
    Features,
    Known,
    Order,
    SignInCounts,
    Undone,
    features_of,
    hash_of,
)
from stream.risk.subject import Subject
from stream.windows import DAY_MS, HOUR_MS
from tests.support.events import Wire, event, linked, occur, ordered, to_ms, to_text, viewed
from tests.support.sign_ins import history

NOON = "2024-05-06T12:00:00Z"
NOON_MS = to_ms(NOON)
COUNTS = SignInCounts(100, 10, 9, 8, 7, 6, 5, 4, 3)
FACTS = Facts(known=(("accounts_on_ip", 5),), sign_in=COUNTS)


def at(days: float, ms: int = 0) -> str:
    """So many days before noon."""
    return to_text(NOON_MS - int(days * DAY_MS) + ms)


def signed_in(days: float, number: int = 0, **context: Any) -> Wire:
    """A sign-in so many days before noon, with an id of its own."""
    shown = {"context": {"ip": f"192.0.2.{number}", **context}}
    return {**event("signed_in", at(days), **shown), "event_id": f"s{days}/{number}"}


def of(*wires: Wire, facts: Facts | None = None) -> Evidence:
    """The evidence of these events, in this order."""
    evidence = Evidence()
    for wire in wires:
        take(evidence, occur(wire), facts)
    return evidence


def take(evidence: Evidence, occurrence: Occurrence, facts: Facts | None = None) -> None:
    known = occurrence.facts if facts is None else facts
    add(evidence, occurrence.event, occurrence.at_ms, occurrence.amount_minor, known)


def pruned(evidence: Evidence, newest_ms: int = NOON_MS) -> Evidence:
    prune(evidence, newest_ms)
    return evidence


def in_any_order(wires: list[Wire], **how: Any) -> Evidence:
    """The pruned evidence, having seen that neither order nor pruning in between matters."""
    found = pruned(of(*wires, **how))
    count = len(wires)
    for turn in range(count):
        turned = [*wires[turn:], *wires[:turn]]
        half = pruned(of(*turned[: count // 2], **how))
        for wire in reversed(turned[count // 2 :]):
            take(half, occur(wire), how.get("facts"))
        assert pruned(half) == found
        parts = of(*turned[::2], **how), pruned(of(*turned[1::2], **how))
        assert pruned(merge(*parts)) == pruned(merge(*parts[::-1])) == found
    return found


# --- what events add ------------------------------------------------------------------------


def test_a_sign_in_is_kept_with_what_it_showed_and_with_the_counts_known_then() -> None:
    context = {"device_id": "d1", "country": "De", "asn": 7, "browser": "Firefox", "os": "X"}
    found = of(signed_in(0, 1, **context), facts=Facts(sign_in=COUNTS)).sign_ins[0]
    assert (found.at_ms, found.event_id, found.country) == (NOON_MS, "s0/1", "De")
    assert found.device == hash_of("d1")
    assert found.features == Features(
        ip=hash_of("192.0.2.1"),
        asn=hash_of("7"),
        country=hash_of("de"),
        browser=hash_of("firefox"),
        os=hash_of("x"),
    )
    assert found.counts == COUNTS


def test_a_sign_in_without_a_context_shows_nothing() -> None:
    found = of(event("signed_in", NOON)).sign_ins[0]
    assert (found.features, found.device, found.country) == (Features(), 0, "")
    assert found.counts is None


def test_what_is_missing_is_told_from_what_is_empty() -> None:
    assert hash_of(None) == 0
    assert hash_of("") != 0
    assert features_of(None) == Features()


def test_failures_resets_and_redemptions_are_dated() -> None:
    names = ("sign_in_failed", "password_reset")
    failure, reset = (event(name, NOON) for name in names)
    redeemed = event("coupon_redeemed", NOON, coupon="TEN")
    evidence = of(failure, reset, redeemed)
    assert evidence.failures == [Dated(NOON_MS, failure["event_id"])]
    assert evidence.resets == [Dated(NOON_MS, reset["event_id"])]
    assert evidence.redeemed == [Dated(NOON_MS, redeemed["event_id"])]


def test_an_order_is_kept_with_its_amount_in_the_base_currency() -> None:
    paid = ordered(NOON, "2.00", currency="EUR", payment_ref="card", coupon="TEN")
    free = ordered(at(1), "0", order_id="o2")
    assert of(paid, free).orders == [
        Order(NOON_MS - DAY_MS, free["event_id"], hash_of("o2"), 0, 0, False),
        Order(NOON_MS, paid["event_id"], hash_of("o1"), 217, hash_of("card"), True),
    ]


def test_cancellations_and_refunds_name_the_order_that_they_undo() -> None:
    cancelled = event("order_cancelled", at(1), order_id="o1")
    refunded = event("order_refunded", NOON, order_id="o2", total="1.00", currency="USD")
    assert of(refunded, cancelled).undone == [
        Undone(NOON_MS - DAY_MS, cancelled["event_id"], hash_of("o1"), True),
        Undone(NOON_MS, refunded["event_id"], hash_of("o2"), False),
    ]


def test_clicks_are_views_and_clicks_of_products_to_twenty_milliseconds() -> None:
    product = {"product": {"product_id": "p1"}}
    wires = [viewed(at(0, 39)), event("product_clicked", NOON, **product)]
    other = event("product_shared", NOON, **product)
    assert of(*wires, other).clicks == [NOON_MS, NOON_MS + 20]


def test_a_flag_of_the_device_counts_on_any_event_and_only_where_it_is_true() -> None:
    rooted = viewed(NOON) | {"context": {"rooted": True, "emulator": False}}
    emulator = event("checkout_started", NOON, context={"emulator": True})
    assert of(rooted, emulator).known == {
        "rooted_device": [Known(NOON_MS, 1, rooted["event_id"])],
        "emulator": [Known(NOON_MS, 1, emulator["event_id"])],
    }


def test_other_events_are_no_evidence() -> None:
    assert of(event("device_seen", NOON), event("signed_up", NOON)) == Evidence()


# --- facts about others ---------------------------------------------------------------------


def test_a_fact_goes_with_the_event_that_it_was_known_at() -> None:
    wire = event("device_seen", NOON)
    evidence = of(wire, facts=Facts(known=(("accounts_on_device", 3),)))
    assert evidence.known == {"accounts_on_device": [Known(NOON_MS, 3, wire["event_id"])]}


def told_of(evidence: Evidence, wire: Wire) -> None:
    linked_event: Event = occur(wire).event
    told(evidence, linked_event, to_ms(wire["occurred_at"]))  # type: ignore[arg-type]


def test_what_another_customers_event_made_known_is_kept_under_that_events_id() -> None:
    evidence = Evidence()
    told_of(evidence, linked(NOON, "accounts_on_device", 4, "their event"))
    assert evidence.known == {"accounts_on_device": [Known(NOON_MS, 4, "their event")]}


def test_what_is_told_again_or_is_worth_nothing_or_unknown_changes_nothing() -> None:
    link = linked(NOON, "accounts_on_device", 4, "their event")
    evidence = Evidence()
    told_of(evidence, link)
    before = replace(evidence, known={**evidence.known})
    for wire in (link, {**link, "value": 1}, {**link, "code": "no such reason"}):
        told_of(evidence, wire)
    assert evidence == before


def test_a_value_that_a_later_one_reaches_is_dropped() -> None:
    #  value   9
    #              7       7
    #                  3
    #                          2
    #  day     1   2   3   4   5
    values = [(5, 9), (4, 7), (3, 3), (2, 7), (1, 2)]
    for order in itertools.permutations(values):
        evidence = Evidence()
        for days, value in order:
            told_of(evidence, linked(at(days), "accounts_on_ip", value, f"of {days}"))
        kept = [(found.value, found.event_id) for found in evidence.known["accounts_on_ip"]]
        assert kept == [(9, "of 5"), (7, "of 2"), (2, "of 1")]


def test_of_two_values_at_one_instant_the_higher_counts() -> None:
    for values in itertools.permutations([3, 5, 5]):
        evidence = Evidence()
        for number, value in enumerate(values):
            told_of(evidence, linked(NOON, "accounts_on_ip", value, f"{value}/{number}"))
        (found,) = evidence.known["accounts_on_ip"]
        assert found.value == 5


def test_values_are_not_told_apart_above_a_bound_which_bounds_how_many_there_are() -> None:
    evidence = Evidence()
    for number in range(3 * MOST):
        told_of(evidence, linked(at(0, number), "accounts_on_ip", 3 * MOST - number, f"n{number}"))
    kept = evidence.known["accounts_on_ip"]
    assert [found.value for found in kept] == list(range(MOST, 1, -1))
    assert kept[0].at_ms == NOON_MS + 2 * MOST


# --- bounds and order -----------------------------------------------------------------------


def test_the_newest_of_each_kind_are_kept() -> None:
    failures = [event("sign_in_failed", at(0, ms)) for ms in range(FAILURES + 5)]
    orders = [ordered(at(days), "1.00") for days in range(ORDERS + 5)]
    clicks = [viewed(at(0, 20 * n)) for n in range(CLICKS + 5)]
    found = in_any_order([*failures, *orders, *clicks])
    assert [each.at_ms - NOON_MS for each in found.failures] == list(range(5, FAILURES + 5))
    assert [(NOON_MS - each.at_ms) // DAY_MS for each in found.orders] == [*range(ORDERS)][::-1]
    assert found.clicks == [NOON_MS + 20 * n for n in range(5, CLICKS + 5)]


def test_an_event_that_is_sent_again_after_it_was_forgotten_counts_again() -> None:
    wires = [event("sign_in_failed", NOON)] * 2 + [signed_in(0)] * 2
    found = in_any_order(wires)
    assert (len(found.failures), found.sign_ins[0].times) == (2, 2)


def test_sign_ins_that_are_pushed_out_are_counted_by_what_they_showed() -> None:
    home = [signed_in(days, 1) for days in range(4, 10)]
    found = in_any_order([*home, *(signed_in(days / 10, 2) for days in range(SIGN_INS))])
    assert {each.features.ip for each in found.sign_ins} == {hash_of("192.0.2.2")}
    assert found.history == history((Features(ip=hash_of("192.0.2.1")), 0, len(home)))


def test_sign_ins_of_an_hour_that_showed_the_same_stand_together_and_push_nothing_out() -> None:
    #  strange one | 40 of the same within the hour, one in the next
    flood = [
        {**signed_in(0, 2), "occurred_at": at(0, ms), "event_id": f"f{ms}"} for ms in range(40)
    ]
    later = {**signed_in(0, 2), "occurred_at": at(0, HOUR_MS), "event_id": "later"}
    found = in_any_order([signed_in(1, 1), *flood, later])
    assert [(each.event_id, each.times) for each in found.sign_ins] == [
        ("s1/1", 1), ("f0", 40), ("later", 1),
    ]  # fmt: skip
    assert [each.last for each in found.sign_ins] == [None, Dated(NOON_MS + 39, "f39"), None]
    assert found.history == history()


def test_sign_ins_that_showed_nothing_do_not_stand_together() -> None:
    found = in_any_order([event("signed_in", at(0, ms)) for ms in range(3)])
    assert [each.times for each in found.sign_ins] == [1, 1, 1]


def test_sign_ins_that_stand_together_are_counted_together_when_they_are_pushed_out() -> None:
    twice = [signed_in(9, 1), {**signed_in(9, 1), "event_id": "again"}]
    found = in_any_order([*twice, *(signed_in(days / 10, 2) for days in range(SIGN_INS))])
    assert found.history == history((Features(ip=hash_of("192.0.2.1")), 0, 2))


def test_of_the_sign_ins_that_are_old_the_last_one_is_kept_and_counts_of_none() -> None:
    #  days before the newest event   30 20 | 16   15  8   7  3
    #                       in history      | kept       | with counts
    wires = [signed_in(days, days) for days in (30, 20, 16, 15, 8, 7, 3)]
    found = in_any_order(wires, facts=Facts(sign_in=COUNTS))
    kept = [(each.event_id, each.counts) for each in found.sign_ins]
    assert kept == [
        *((f"s{days}/{days}", None) for days in (16, 15, 8)),
        *((f"s{days}/{days}", COUNTS) for days in (7, 3)),
    ]
    addresses = (Features(ip=hash_of(f"192.0.2.{n}")) for n in (30, 20))
    assert found.history == history(*((shown, 0, 1) for shown in addresses))


def test_a_late_sign_in_between_old_ones_takes_the_place_of_the_last_or_is_counted() -> None:
    evidence = pruned(of(signed_in(30, 1), signed_in(20, 2), signed_in(1, 3)))
    for days, kept in ((25, ["s20/2", "s1/3"]), (17, ["s17/0", "s1/3"])):
        take(evidence, occur(signed_in(days)))
        assert [each.event_id for each in pruned(evidence).sign_ins] == kept
    assert evidence.history.sign_ins == 3


def test_so_many_values_of_a_part_are_kept_and_which_ones_does_not_depend_on_the_order() -> None:
    some = [*range(3 * VALUES)] * 2
    found = in_any_order([signed_in(20 + n % 3, n, country="NO") for n in some])
    history, last = found.history, found.sign_ins[0]
    assert history.sign_ins == len(some) - last.times
    assert (len(history.addresses), set(history.addresses.values())) == (VALUES, {2})
    # What all of them showed is not forgotten with the addresses.
    assert history.networks == {(0, hash_of("no")): history.sign_ins}


def test_two_sign_ins_under_one_id_at_one_instant_do_not_depend_on_their_order() -> None:
    same = [{**signed_in(1, n), "event_id": "same"} for n in range(SIGN_INS + 2)]
    found = in_any_order(same)
    assert (len(found.sign_ins), found.history.sign_ins) == (SIGN_INS, 2)


# --- time -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "days"), [("sign_in_failed", 15), ("password_reset", 15), ("product_viewed", 8)]
)
def test_evidence_is_kept_as_long_as_it_may_count(name: str, days: int) -> None:
    fields = {"product": {"product_id": "p1"}} if name == "product_viewed" else {}
    assert pruned(of(event(name, at(days), **fields))) != Evidence()
    assert pruned(of(event(name, at(days, -20), **fields))) == Evidence()


@pytest.mark.parametrize(("code", "days"), [("accounts_on_ip", 37), ("failed_accounts_on_ip", 14)])
def test_facts_are_kept_as_long_as_a_level_may_remember_them(code: str, days: int) -> None:
    evidence = Evidence()
    told_of(evidence, linked(at(days), code, 5, "in time"))
    told_of(evidence, linked(at(days, -1), code, 9, "too old"))
    assert [each.event_id for each in pruned(evidence).known[code]] == ["in time"]
    assert pruned(evidence, NOON_MS + 1).known == {}


def test_orders_and_what_undid_them_are_kept_however_old_they_are() -> None:
    wires = [ordered(at(900), "1.00"), event("order_cancelled", at(899), order_id="o1")]
    assert pruned(of(*wires)) == of(*wires) != Evidence()


@pytest.mark.parametrize(
    "old",
    [
        [signed_in(days, n) for n, days in enumerate((40, 39, 38, 16))],
        [signed_in(8)],
        [viewed(at(9))],
    ],
)
def test_settled_evidence_is_what_pruning_leaves_and_the_argument_stays_as_it_was(
    old: list[Wire],
) -> None:
    wires = [*old, signed_in(1), viewed(NOON)]
    evidence = of(*wires, facts=FACTS)
    before, shown = of(*wires, facts=FACTS), settled(evidence, NOON_MS)
    assert evidence == before
    assert shown == pruned(evidence) != before
    assert settled(evidence, NOON_MS) is evidence


def test_merging_leaves_both_arguments_as_they_were() -> None:
    def one() -> Evidence:
        return of(*(signed_in(n / 10, n) for n in range(SIGN_INS)), facts=FACTS)

    a, b = one(), one()
    merged = merge(a, b)
    merged.known["accounts_on_ip"].clear()
    take(merged, occur(signed_in(0, 9)))
    assert a == b == one()


def test_findings_of_sign_ins_hold_to_their_end_though_their_evidence_is_pruned() -> None:
    #  |~~ hour: home's sign-ins ~~|  x at its last minute: new device, and unlikely
    home = [signed_in(2 + n / 10, 1, device_id="d", asn=7, country="NO") for n in range(5)]
    strange = {
        **signed_in(0, 9, device_id="x", asn=8, country="BR"),
        "occurred_at": at(0, 59 * 60_000),
    }
    known = Facts(sign_in=SignInCounts(100_000, 100, *[60_000] * 7))
    evidence = of(*home, strange, facts=known)
    ends_ms = {found.code: found.ends_ms for found in found_in(evidence, NOON_MS + HOUR_MS)}
    assert {"new_device", "unlikely_sign_in"} <= ends_ms.keys()
    for code, end_ms in ends_ms.items():
        later = settled(evidence, end_ms - 1)
        assert code in {found.code for found in found_in(later, end_ms - 1)}


def test_an_order_after_a_strange_sign_in_tells_as_long_as_a_level_may_remember_it() -> None:
    home = [signed_in(2 + n / 10, 1, device_id="d", country="NO") for n in range(3)]
    strange = signed_in(0, 9, device_id="x", country="BR")
    later = signed_in(-1 / 24, 1, device_id="d", country="NO")
    order = ordered(at(-23 / 24), "9.00")
    evidence, code = of(*home, strange, later, order), "order_after_new_device"
    (found,) = (each for each in found_in(evidence, NOON_MS + DAY_MS) if each.code == code)
    last_ms = found.at_ms + keeps_ms(code) - 1
    assert found in found_in(pruned(evidence, last_ms), last_ms)


def found_in(evidence: Evidence, newest_ms: int) -> list[Finding]:
    return find(Subject(settled(evidence, newest_ms), None, None, newest_ms, ()))


def test_reasons_know_how_much_is_kept_of_what_they_count() -> None:
    kept = {
        "failed_sign_ins": FAILURES, "sign_in_after_failures": FAILURES, "password_resets": RESETS,
        "order_velocity": ORDERS, "payment_references": ORDERS, "no_browsing": ORDERS,
        "order_after_new_device": ORDERS, "redemption_rate": max(ORDERS, REDEEMED),
        "orders_undone": UNDONE, "coupon_then_cancel": UNDONE, "regular_clicks": CLICKS,
        "rapid_clicks": CLICKS, "impossible_travel": MOST_KM_H,
    }  # fmt: skip
    assert {code: KINDS[code].most for code in kept} == kept
