"""Bad records end in `dead-letters`; redelivered and resent ones change nothing."""

from pathlib import Path

import pytest

from stream.contract.examples import Example, invalid_examples
from stream.errors import Reason
from stream.events import INTERNAL_TOPICS
from tests.support import traffic
from tests.support.events import event
from tests.support.tables import documents
from tests.support.topics import (
    Raw,
    committed,
    dead_letters,
    end_offsets,
    published_versions,
    rewind,
    send,
    wait_until_all_is_committed,
)
from tests.support.workers import exported, successful

EXAMPLES = Path(__file__).resolve().parents[2] / "schemas" / "examples"
PARTITIONS = 3

# A good event of each topic.
_GOOD = {
    "clicks": ("product_viewed", {"product": {"product_id": "p1"}}),
    "carts": ("product_added", {"product": {"product_id": "p1"}}),
    "orders": ("order_completed", {"order_id": "o", "total": "1.00", "currency": "USD"}),
    "logins": ("signed_in", {}),
    "customers": ("customer_identified", {"traits": {}}),
    "engagements": ("promotion_clicked", {"promotion_id": "spring"}),
    "referrals": (
        "referral_changed",
        {
            "invitee": "new",
            "invited_at": "2025-01-01T00:00:00Z",
            "orders": 1,
            "amount": "1.00",
            "currency": "USD",
        },
    ),
    "links": ("account_linked", {"code": "accounts_on_device", "value": 2, "cause": "other"}),
}


def good(topic: str, partition: int, number: int) -> tuple[str, Raw]:
    """A record of a customer of that partition, and its event's type."""
    kind, fields = _GOOD[topic]
    customer = f"good-{partition}"
    at = f"2025-05-31T{number // 60:02}:{number % 60:02}:00Z"
    wire = event(kind, at, customer_id=customer, **fields)
    return kind, Raw(topic, partition, f"main/{customer}".encode(), traffic.encoded(wire))


async def test_every_bad_record_ends_as_a_dead_letter_and_the_good_ones_around_it_count(
    settings, start_worker
):
    shop = settings(clock="event", partitions=PARTITIONS)
    successful(shop, "topics")
    bad = invalid_examples(EXAMPLES)
    assert {example.reason for example in bad} == set(Reason) - {Reason.UNDELIVERABLE}
    records: list[Raw] = []
    examples: dict[int, Example] = {}
    expected: dict[str, dict[str, int]] = {}
    for number, example in enumerate(bad):
        partition = number % PARTITIONS
        for turn in range(2):
            kind, record = good(example.topic, partition, 2 * number + turn)
            counts = expected.setdefault(f"good-{partition}", {})
            if example.topic not in INTERNAL_TOPICS:  # no act of the customer
                counts[kind] = counts.get(kind, 0) + 1
            records.append(record)
            if turn == 0:
                examples[len(records)] = example
                records.append(Raw(example.topic, partition, example.key, example.value))
    worker = start_worker(shop).ready()
    sent = await send(shop, records)
    await wait_until_all_is_committed(shop)
    stood = {(at.topic, at.partition, at.offset): examples.get(n) for n, at in enumerate(sent)}
    found = await dead_letters(shop)
    assert len(found) == len(bad)
    seen = set()
    for record, headers in found:
        source = (
            shop.topic(headers["topic"]),
            int(headers["partition"]),
            int(headers["offset"]),
        )
        example = stood[source]
        assert example is not None, source
        assert (record.key, record.value) == (example.key, example.value), example.name
        assert headers["reason"] == example.reason, example.name
        assert headers["detail"]
        seen.add(source)
    assert len(seen) == len(bad)
    assert traffic.counted(exported(shop, traffic.AS_OF)) == expected
    for reason in Reason:
        expected_count = sum(example.reason == reason for example in bad)
        counted = worker.metric("portrait_dead_letters_total", reason=reason.value)
        assert counted == expected_count, reason
    assert worker.stop() == 0


@pytest.fixture
def events():
    # Within what is remembered of each customer's event ids: 24 hours, 256 events.
    return traffic.regular(600, 15)


async def test_redelivered_records_change_nothing(settings, start_worker, tmp_path, events):
    shop = settings(clock="event")
    file = traffic.written(tmp_path / "events.jsonl", events)
    successful(shop, "topics")
    first = start_worker(shop).ready()
    successful(shop, "replay", str(file), "--wait")
    assert first.stop() == 0
    before = documents(shop)
    assert traffic.counted(exported(shop, traffic.AS_OF)) == traffic.counts(events)
    ends = await committed(shop)
    assert sum(ends.values()) == len(events)
    await rewind(shop, dict.fromkeys(ends, 0))
    second = start_worker(shop).ready()
    await wait_until_all_is_committed(shop)
    assert second.outcomes("replayed") == len(events)
    assert second.outcomes("applied") == 0
    assert documents(shop) == before
    # What is published again is the latest version, never one that was not there before.
    for key, versions in (await published_versions(shop)).items():
        assert list(dict.fromkeys(versions)) == list(range(1, max(versions) + 1)), key


async def test_resent_events_change_nothing(settings, start_worker, tmp_path, events):
    shop = settings(clock="event")
    file = traffic.written(tmp_path / "events.jsonl", events)
    successful(shop, "topics")
    worker = start_worker(shop).ready()
    successful(shop, "replay", str(file), "--wait")
    before = documents(shop)
    published = await published_versions(shop)
    assert traffic.counted(exported(shop, traffic.AS_OF)) == traffic.counts(events)
    successful(shop, "replay", str(file), "--wait")
    assert sum((await end_offsets(shop)).values()) == 2 * len(events)
    assert worker.outcomes("applied") == worker.outcomes("duplicate") == len(events)
    assert documents(shop) == before
    assert await published_versions(shop) == published
