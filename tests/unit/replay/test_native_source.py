"""Native: JSON lines of the contract."""

import json

from tests.support.replaying import events_of, read_text, skipped_of

EVENT = {
    "type": "signed_in",
    "event_id": "e1",
    "customer_id": "c1",
    "occurred_at": "2026-01-02T03:04:05+05:30",
}


def line(**changes: object) -> str:
    return json.dumps(EVENT | changes) + "\n"


def test_events_pass_as_they_are_with_their_own_offset_and_in_the_order_of_the_file():
    earlier = line(event_id="e2", occurred_at="2025-01-01T00:00:00Z", store_id="berlin")
    first, second = events_of(read_text("native", line() + "\n" + earlier))
    assert first.occurred_at.isoformat() == "2026-01-02T03:04:05+05:30"
    assert (second.event_id, second.store_id) == ("e2", "berlin")


def test_each_line_that_breaks_the_contract_is_told_by_line_and_reason():
    without_customer = {k: v for k, v in EVENT.items() if k != "customer_id"}
    found = read_text(
        "native",
        "not json\n"
        + line(type="teleported")
        + json.dumps(without_customer)
        + "\n"
        + line(occurred_at="2026-01-02T03:04:05")
        + line(customer_id=7)
        + line(event_id="")
        + line(event_id="good"),
    )
    assert [event.event_id for event in events_of(found)] == ["good"]
    assert skipped_of(found) == [
        (1, "not_json"),
        (2, "unknown_type"),
        (3, "missing_field"),
        (4, "bad_timestamp"),
        (5, "wrong_type"),
        (6, "invalid_value"),
    ]
