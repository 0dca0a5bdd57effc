"""Segment: track and identify calls as events of the contract."""

import json
from typing import Any

import pytest

from stream.events import Event, type_name
from stream.replay.segment.tracks import TRACKS
from tests.support.replaying import events_of, read_text, skipped_of

PRODUCT = {"product_id": "p1", "category": "Games/Board", "brand": "Acme", "price": 19.10}
ORDER = {"order_id": "o1", "total": 40, "currency": "EUR", "products": [{**PRODUCT, "quantity": 2}]}
#: What each call needs, beyond the properties of a product.
PROPERTIES: dict[str, dict[str, Any]] = {
    "Products Searched": {"query": "chess"},
    "Checkout Started": ORDER,
    "Order Completed": ORDER,
    "Order Cancelled": ORDER,
    "Order Refunded": ORDER,
    "Product Reviewed": {**PRODUCT, "rating": 4},
    "Promotion Viewed": {"promotion_id": "spring"},
    "Promotion Clicked": {"promotion_id": "spring"},
    "Coupon Applied": {"coupon_id": "SAVE5", "discount": 5},
}


def call(kind: str = "track", **fields: Any) -> dict[str, Any]:
    common = {
        "type": kind,
        "messageId": "m1",
        "userId": "u1",
        "timestamp": "2026-02-03T04:05:06.789Z",
    }
    return common | fields


def track(event: str, properties: dict[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
    return call(event=event, properties=PRODUCT if properties is None else properties, **fields)


def read(*calls: dict[str, Any]):
    return read_text("segment", "".join(json.dumps(c) + "\n" for c in calls))


def one(made: dict[str, Any]) -> Any:
    (event,) = read(made)
    assert isinstance(event, Event), event
    return event


@pytest.mark.parametrize("name", TRACKS)
def test_every_mapped_track_call_becomes_its_event(name):
    event = one(track(name, PROPERTIES.get(name)))
    assert type_name(event) == TRACKS[name].kind
    assert (event.event_id, event.customer_id) == ("m1", "u1")


def test_money_comes_through_digit_by_digit():
    line = json.dumps(track("Product Viewed")).replace("19.1", "19.10")
    (event,) = events_of(read_text("segment", line))
    assert (event.product.price, event.currency) == ("19.10", "USD")


def test_an_order_carries_items_total_and_currency():
    extra = {"coupon": "SAVE5", "discount": "2.50", "email": "a@example.org"}
    order = one(track("Order Completed", {**ORDER, **extra}))
    assert (order.order_id, order.total, order.currency) == ("o1", "40", "EUR")
    assert (order.coupon, order.discount) == ("SAVE5", "2.50")
    assert [(i.product_id, i.quantity, i.price) for i in order.items] == [("p1", 2, "19.1")]


@pytest.mark.parametrize(
    ("timestamp", "zone", "local"),
    [
        ("2026-07-01T10:00:00Z", None, "2026-07-01T10:00:00+00:00"),
        ("2026-07-01T10:00:00", None, "2026-07-01T10:00:00+00:00"),
        ("2026-07-01T10:00:00Z", "Asia/Kolkata", "2026-07-01T15:30:00+05:30"),
        ("2026-01-01T10:00:00Z", "America/New_York", "2026-01-01T05:00:00-05:00"),
        ("2026-07-01T10:00:00+02:00", "Asia/Kolkata", "2026-07-01T10:00:00+02:00"),
        ("2026-07-01T10:00:00Z", "Mars/Olympus", "2026-07-01T10:00:00+00:00"),
        ("2026-07-01T10:00:00Z", "../secret", "2026-07-01T10:00:00+00:00"),
        ("2026-07-01T10:00:00Z", "Europe", "2026-07-01T10:00:00+00:00"),
    ],
)
def test_the_context_names_the_local_time_of_an_instant_in_utc(timestamp, zone, local):
    context = {"timezone": zone} if zone else {}
    event = one(track("Signed In", {}, timestamp=timestamp, context=context))
    assert event.occurred_at.isoformat() == local


def test_the_context_keeps_what_the_contract_knows():
    event = one(
        track(
            "Signed In",
            {"method": "password"},
            anonymousId="visitor",
            context={
                "ip": "192.0.2.7",
                "device": {"id": "d1", "model": "Fold 3", "name": "Ann's phone"},
                "os": {"name": "Android", "version": "16"},
                "userAgent": "Agent/1.0",
                "campaign": {"name": "spring", "medium": "email"},
                "traits": {"email": "a@example.org"},
            },
        )
    )
    context = event.context
    assert event.anonymous_id == "visitor"
    assert (context.ip, context.device_id, context.device_model) == ("192.0.2.7", "d1", "Fold 3")
    assert (context.os, context.user_agent) == ("Android", "Agent/1.0")
    assert (context.campaign, context.channel) == ("spring", "email")


def test_identify_maps_the_known_traits():
    event = one(
        call(
            "identify",
            traits={
                "gender": "F",
                "birthday": "1984-05-06T00:00:00Z",
                "title": "Nurse",
                "address": {"street": "1 Way", "city": "X", "country": "NL", "state": "Utrecht"},
                "plan": "gold",
                "logins_per_week": 2.5,
            },
            context={"locale": "nl-NL"},
        )
    )
    assert event.traits == {
        "gender": "female",
        "birth_year": 1984,
        "occupation": "Nurse",
        "country": "NL",
        "region": "Utrecht",
        "language": "nl-NL",
        "plan": "gold",
        "logins_per_week": 2.5,
    }


def test_identify_maps_the_company_that_the_customer_represents():
    company = {"id": 7, "name": "Acme", "industry": "hospitality", "employee_count": 40}
    event = one(call("identify", traits={"company": company}))
    assert event.traits == {"kind": "company", "industry": "hospitality"}


@pytest.mark.parametrize("company", [None, "Acme", {}])
def test_without_a_company_object_nothing_is_said_of_the_kind(company):
    event = one(call("identify", traits={"company": company, "plan": "gold"}))
    assert event.traits == {"plan": "gold"}


def test_traits_with_the_names_of_the_contract_are_taken_over():
    traits = {
        "time_zone": "Asia/Tokyo",
        "app_installed": False,
        "kind": "company",
        "industry": "retail",
        "company_type": "wholesale",
        "contact_roles": "purchasing, owner",
        "website_traffic": 12_000_000,
        "purchase_volume": 2_500_000.5,
    }
    context = {"timezone": "Europe/Paris"}
    assert one(call("identify", traits=traits, context=context)).traits == traits


@pytest.mark.parametrize(
    "trait",
    [
        {"kind": "b2b"},
        {"app_installed": "yes"},
        {"website_traffic": -1},
        {"contact_roles": "ann@example.org"},
        {"company_type": "call 030-1234567"},
        {"company": {"industry": "https://example.org"}},
    ],
)
def test_known_traits_that_the_contract_would_refuse_or_that_identify_are_left_out(trait):
    kept = one(call("identify", traits=trait | {"plan": "gold"})).traits
    assert {name: value for name, value in kept.items() if name != "kind"} == {"plan": "gold"}
    assert kept.get("kind") in (None, "company")


@pytest.mark.parametrize(
    ("zone", "kept"),
    [("Asia/Kolkata", "Asia/Kolkata"), ("Mars/Olympus", None), ("../secret", None), (7, None)],
)
def test_identify_takes_the_time_zone_of_the_context(zone, kept):
    event = one(call("identify", traits={"plan": "gold"}, context={"timezone": zone}))
    assert event.traits.get("time_zone") == kept


@pytest.mark.parametrize(
    ("name", "installed"), [("Application Installed", True), ("Application Uninstalled", False)]
)
def test_the_life_of_the_app_is_declared_as_a_trait(name, installed):
    event = one(track(name, {"version": "3.2.1", "build": 247}))
    assert type_name(event) == "customer_identified"
    assert event.traits == {"app_installed": installed}


def test_a_support_contact_carries_its_case():
    complaint = {"topic": "delivery", "ticket_id": 4711, "complaint": True}
    first = one(track("Support Contacted", complaint))
    last = one(track("Support Contacted", complaint | {"complaint": "no", "resolved": True}))
    assert (first.subject, first.case_id) == ("delivery", "4711")
    assert (first.complaint, first.resolved) == (True, False)
    assert (last.complaint, last.resolved) == (False, True)


def test_an_accepted_invitation_names_who_invited():
    event = one(track("Invite Accepted", {"invite_id": "i1", "inviter_id": "u7"}))
    assert (event.invite_id, event.invited_by) == ("i1", "u7")


@pytest.mark.parametrize(
    "traits",
    [
        {"email": "a@example.org"},
        {"phone": "+31 30 123 4567"},
        {"name": "Ann", "firstName": "Ann", "last_name": "Lee", "username": "ann"},
        {"work_email": "x", "mobilePhone": "y", "homeAddress": "z", "zip_code": "3511"},
        {"shippingCity": "X", "customerID": "7", "crm-id": "8", "createdAt": "2020-01-01"},
        {"huge": 2**60, "endless": 1e300},
        {"contact": "a@example.org"},
        {"note": "call 030-1234567"},
        {"homepage": "https://example.org/ann"},
        {"last_seen_at_host": "192.0.2.7"},
        {"reachable": 31301234567},
        {"id": "u1", "avatar": "a", "website": "b", "birthday": "06.05."},
        {"about": "x" * 65},
    ],
)
def test_no_direct_identifier_is_taken_over(traits):
    kept = one(call("identify", traits=traits | {"plan": "gold"})).traits
    assert kept == {"plan": "gold"}


def test_a_track_call_forwards_no_identifier_of_customer_or_guest():
    secret = {"email": "a@example.org", "invitee_email": "b@example.org", "name": "Ann Lee"}
    written = repr(one(track("Invite Sent", secret))) + repr(one(track("Signed Up", secret)))
    assert "example.org" not in written
    assert "Ann Lee" not in written


def test_calls_that_become_no_event_are_told_with_line_and_reason():
    found = read(
        call("page", name="Home"),
        track("Product List Viewed"),
        track("Product Viewed", userId=None),
        call("identify", traits={"email": "a@example.org"}),
        track("Product Viewed", timestamp="soon"),
        track("Order Refunded", {"order_id": "o1"}),
        track("Order Completed", {**ORDER, "total": -1}),
        track("Product Reviewed", {**PRODUCT, "rating": 9}),
        track("Product Added", {**PRODUCT, "quantity": "many"}),
        track("Product Viewed", {}),
    )
    assert events_of(found) == []
    assert skipped_of(found) == [
        (1, "unmapped_event"),
        (2, "unmapped_event"),
        (3, "no_customer"),
        (4, "no_traits"),
        (5, "bad_timestamp"),
        (6, "missing_field"),
        (7, "bad_money"),
        (8, "invalid_value"),
        (9, "invalid_value"),
        (10, "missing_field"),
    ]


@pytest.mark.parametrize("line", ["", "{", "[]", "7"])
def test_lines_that_are_no_call_are_passed_over_or_told(line):
    found = read_text("segment", line + "\n" + json.dumps(track("Product Viewed")))
    assert len(events_of(found)) == 1
    assert skipped_of(found) == ([(1, "not_json")] if line else [])


def test_calls_without_message_id_get_the_same_distinct_ids_on_each_replay():
    made = track("Product Viewed", messageId=None)
    first, second = (events_of(read(made, made)) for _ in range(2))
    assert len({event.event_id for event in first}) == 2
    assert first == second


def test_a_message_id_beyond_the_contract_is_replaced_by_its_digest():
    first, again = (one(track("Product Viewed", messageId="m" * 100)) for _ in range(2))
    other = one(track("Product Viewed", messageId="m" * 99))
    assert len(first.event_id) == 64
    assert first.event_id == again.event_id != other.event_id


def test_late_uploads_come_in_order_of_time():
    late = track("Signed In", {}, messageId="late", timestamp="2026-02-03T04:00:00Z")
    found = events_of(read(track("Signed In", {}), late))
    assert [event.event_id for event in found] == ["late", "m1"]
