"""Batches hold no two events that have anything to do with each other."""

from datetime import UTC, datetime, timedelta

from stream.evaluate.independent import independent
from stream.events import CustomerIdentified, Event, OrderCompleted, SignedUp
from stream.fields import Context

START = datetime(2025, 1, 1, tzinfo=UTC)


def signed_up(customer: str, device: str | None = None, ip: str | None = None) -> Event:
    context = Context(device_id=device, ip=ip)
    return SignedUp(event_id="s", customer_id=customer, occurred_at=START, context=context)


def ordered(customer: str, payment: str | None = None, shipping: str | None = None) -> Event:
    return OrderCompleted(
        event_id="o",
        customer_id=customer,
        occurred_at=START + timedelta(days=1),
        order_id="1",
        total="1",
        currency="USD",
        payment_ref=payment,
        shipping_ref=shipping,
    )


def declared(customer: str) -> Event:
    return CustomerIdentified(event_id="d", customer_id=customer, occurred_at=START, traits={})


def sizes(*events: Event, limit: int = 100) -> list[int]:
    batches = list(independent(events, limit))
    assert [event for batch in batches for event in batch] == list(events)
    return [len(batch) for batch in batches]


def test_events_of_strangers_share_a_batch_up_to_its_limit() -> None:
    events = [signed_up(str(number), f"d{number}", f"ip{number}") for number in range(5)]
    assert sizes(*events) == [5]
    assert sizes(*events, limit=2) == [2, 2, 1]
    assert sizes(*events, limit=1) == [1] * 5


def test_a_customer_has_one_event_in_a_batch_but_for_declarations() -> None:
    assert sizes(signed_up("a"), declared("a"), signed_up("b"), ordered("a")) == [3, 1]


def test_customers_on_one_device_or_address_or_with_one_reference_are_apart() -> None:
    assert sizes(signed_up("a", "d1"), signed_up("b", "d1")) == [1, 1]
    assert sizes(signed_up("a", ip="1"), signed_up("b", ip="1")) == [1, 1]
    assert sizes(ordered("a", payment="p"), ordered("b", payment="p")) == [1, 1]
    assert sizes(ordered("a", shipping="p"), ordered("b", shipping="p")) == [1, 1]


def test_a_device_is_not_taken_for_an_address_of_the_same_name() -> None:
    assert sizes(signed_up("a", device="1"), signed_up("b", ip="1")) == [2]


def test_whoever_was_on_the_device_before_is_apart_from_who_comes_to_it() -> None:
    # b's sign-up is told to a, whose order, without any device, has to know of it.
    assert sizes(signed_up("a", "d1"), signed_up("c"), signed_up("b", "d1"), ordered("a")) == [
        2,
        1,
        1,
    ]


def test_nothing_gives_no_batch() -> None:
    assert sizes() == []
