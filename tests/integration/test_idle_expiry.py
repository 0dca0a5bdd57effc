"""Labels, tiers and segments change at their instant with no event of the customer, each once.

The clock is that of the events: one later event on each partition, of somebody else, moves it.
"""

import json
import time
from pathlib import Path
from typing import Any

from aiokafka import ConsumerRecord

from stream.feed import partition_of
from stream.topics import PORTRAITS, ensure_topics
from tests.support import traffic
from tests.support.events import TOPIC_OF, Wire, event, ordered, to_ms, to_text, viewed
from tests.support.moved import check_moves, settled
from tests.support.topics import Raw, read_all, send
from tests.support.workers import wait_until

PARTITIONS = 3
START = "2025-01-20T12:00:00Z"
#: Seconds from the event that moves the clock to the published move.
SECONDS = 10.0

RULES = """
labels:
  - {name: cooling, when: {field: spending.recency_days, at_least: 7}}
segments:
  - {name: lookers, when: {field: activity.counts.product_viewed, at_least: 1}}
  - {name: cooling-off, when: {label: cooling}}
  - {name: fresh, when: {field: last_seen, within_days: 2.5}}
  - {name: ranked, when: {field: spending.tier, known: true}}
  - {name: buyers, when: {field: spending.orders_30d, at_least: 1}}
"""

#: What each idle customer did before the start.
HISTORY = {
    "year": ordered("2024-01-20T10:00:00Z", "80.00"),
    "hour": viewed("2024-12-22T10:20:00Z"),
    "month": ordered("2025-01-05T10:15:00Z", "80.00"),
    "day": ordered("2025-01-15T09:30:00Z", "80.00"),
    "rule": event("signed_in", "2025-01-20T08:00:00Z"),
}

#: When, of whom, and which move is due; an hour and a month leave their windows as a whole.
DUE = [
    ("2025-01-21T11:00:00.000Z", "hour", "lookers", "left"),  # the hour from 10:00, and 30 days
    ("2025-01-22T09:30:00.000Z", "day", "cooling-off", "entered"),  # to the millisecond
    ("2025-01-22T20:00:00.000Z", "rule", "fresh", "left"),  # two and a half days
    ("2025-01-31T00:00:00.000Z", "year", "ranked", "left"),  # January 2024, and 365 days
    ("2025-02-04T11:00:00.000Z", "month", "buyers", "left"),  # the hour of the order, and 30 days
]


def customer(kind: str, partition: int) -> str:
    """A customer whose records belong on a partition."""
    names = (f"{kind}-{number}" for number in range(1000))
    return next(n for n in names if partition_of(f"main/{n}".encode(), PARTITIONS) == partition)


def raw(wire: Wire, kind: str, partition: int) -> Raw:
    name = customer(kind, partition)
    value = traffic.encoded({**wire, "customer_id": name})
    return Raw(TOPIC_OF[wire["type"]], partition, f"main/{name}".encode(), value)


def ticks(now_ms: int) -> list[Raw]:
    """One event on each partition, after which its clock shows that time."""
    at = to_text(now_ms - 1)
    return [raw(event("signed_in", at), "clock", number) for number in range(PARTITIONS)]


def by_time(published: list[tuple[ConsumerRecord, Any]]) -> list[tuple[str, str, str, str]]:
    """The moves for which time was the cause."""
    moves = [move for _, move in published if move["cause"] == "time" and move["at"] > START]
    return [(move["at"], move["customer_id"], move["segment"], move["move"]) for move in moves]


async def newest(settings: Any, name: str) -> Any:
    documents = [json.loads(record.value) for record in await read_all(settings, PORTRAITS)]
    return [document for document in documents if document["customer_id"] == name][-1]


async def test_every_kind_of_instant_moves_idle_customers_once_within_seconds(
    settings, start_worker, tmp_path: Path
):
    rules = tmp_path / "labels.yaml"
    rules.write_text(RULES)
    shop = settings(clock="event", sweep_s=0.05, partitions=PARTITIONS, labels=rules)
    await ensure_topics(shop)
    worker = start_worker(shop).ready()
    past = [raw(wire, kind, p) for kind, wire in HISTORY.items() for p in range(PARTITIONS)]
    await send(shop, [*past, *ticks(to_ms(START))])
    await settled(shop)
    year = customer("year", 0)
    assert (await newest(shop, year))["spending"]["tier"] == "bronze"
    before = len(await check_moves(shop))
    moved_at: dict[str, float] = {}
    for number, (instant, *_) in enumerate(DUE, 1):
        applied = worker.outcomes("applied") + PARTITIONS
        await send(shop, ticks(to_ms(instant) - 1))
        wait_until(
            lambda applied=applied: worker.outcomes("applied") >= applied,
            f"it is a millisecond before {instant}",
        )
        moved_at[instant] = time.time() * 1000
        await send(shop, ticks(to_ms(instant)))
        expected = before + number * PARTITIONS
        wait_until(
            lambda expected=expected: worker.metric("portrait_segment_moves_total") >= expected,
            f"what is due at {instant} is published",
            SECONDS,
        )
    await settled(shop)
    published = await check_moves(shop)
    due = [
        (at, customer(kind, number), segment, move)
        for at, kind, segment, move in DUE
        for number in range(PARTITIONS)
    ]
    assert sorted(by_time(published)) == sorted(due)
    for record, move in published:
        if move["cause"] == "time" and move["at"] > START:
            assert record.timestamp - moved_at[move["at"]] < SECONDS * 1000
    lost_rank, cooled = await newest(shop, year), await newest(shop, customer("day", 1))
    assert lost_rank["spending"]["tier"] is None
    assert cooled["labels"] == ["cooling"]
    assert {lost_rank["cause"], cooled["cause"]} == {"time"}
    assert worker.stop() == 0
