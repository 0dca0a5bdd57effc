"""Replay onto a broker: what arrives, what is acknowledged, and waiting for the workers.

The fixture ``kafka`` gives the bootstrap servers of a broker.
"""

import asyncio
import json
import time
import uuid
from collections import Counter
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from stream.backlog import Backlog, Stalled
from stream.errors import Transient
from stream.events import SignedIn
from stream.replay.publish import publish
from stream.replay.run import Plan, replay, wait_for_workers
from stream.replay.source import Meter, Skipped
from stream.replay.summary import Summary
from stream.settings import Settings
from stream.topics import ensure_topics

START = datetime(2026, 1, 1, tzinfo=UTC)
EVENTS = 300


class Quiet:
    """A watcher that remembers the last word about waiting."""

    def __init__(self) -> None:
        self.waited: tuple[int, int] | None = None

    def reading(self, what: str, meter: Meter) -> None:
        pass

    def advanced(self, events: int) -> None:
        pass

    def waiting(self, committed: int, total: int) -> None:
        self.waited = (committed, total)


@pytest.fixture
def settings(kafka: str) -> Settings:
    own = uuid.uuid4().hex[:8]
    return Settings(
        kafka=kafka, namespace=own, topic_prefix=f"{own}-", partitions=3, idempotence=False
    )


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "events.jsonl"
    lines = [
        {
            "type": "signed_in" if n % 3 else "product_viewed",
            "event_id": f"e{n}",
            "customer_id": f"c{n % 17}",
            "occurred_at": (START + timedelta(minutes=n)).isoformat(),
            "product": {"product_id": "p"},
        }
        for n in range(EVENTS)
    ]
    path.write_text("\n".join(map(json.dumps, lines)) + "\nnot an event\n")
    return path


def plan(file, **options) -> Plan:
    return Plan(file=str(file), format="native", **options)


async def records(settings: Settings, summary: Summary) -> list:
    """Everything in the partitions that the summary names, from their beginning."""
    consumer = AIOKafkaConsumer(bootstrap_servers=settings.kafka, auto_offset_reset="earliest")
    await consumer.start()
    try:
        consumer.assign([TopicPartition(*partition) for partition in summary.targets])
        found: list = []
        async with asyncio.timeout(30):
            while len(found) < summary.total_sent:
                for batch in (await consumer.getmany(timeout_ms=500)).values():
                    found.extend(batch)
        return found
    finally:
        await consumer.stop()


async def commit(settings: Settings, offsets: dict[tuple[str, int], int]) -> None:
    """Commit as a worker of the group would."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=settings.kafka, group_id=settings.group, enable_auto_commit=False
    )
    await consumer.start()
    try:
        consumer.assign([TopicPartition(*partition) for partition in offsets])
        await consumer.commit({TopicPartition(*p): offset for p, offset in offsets.items()})
    finally:
        await consumer.stop()


async def test_every_event_arrives_once_under_its_customers_key_in_order(settings, file):
    summary = await replay(settings, plan(file, store="berlin"), Quiet())
    assert summary.sent == {"clicks": 100, "logins": 200}
    assert summary.skipped == {"not_json": 1}
    assert summary.examples["not_json"][0].line == EVENTS + 1
    assert (summary.first, summary.last) == (START, START + timedelta(minutes=EVENTS - 1))
    found = await records(settings, summary)
    assert Counter(json.loads(r.value)["event_id"] for r in found) == Counter(
        f"e{n}" for n in range(EVENTS)
    )
    times: dict[tuple[str, bytes], list[str]] = {}
    for record in found:
        event = json.loads(record.value)
        assert record.key.decode() == f"berlin/{event['customer_id']}"
        times.setdefault((record.topic, record.key), []).append(event["occurred_at"])
    assert all(seen == sorted(seen) for seen in times.values())


async def test_the_summary_names_the_offsets_after_the_last_acknowledged_records(settings, file):
    await replay(settings, plan(file), Quiet())
    summary = await replay(settings, plan(file), Quiet())
    async with Backlog(settings) as backlog:
        assert await backlog.end_offsets(summary.targets) == summary.targets
        assert await backlog.lag() == 2 * EVENTS


async def test_shifted_events_end_at_the_moment_asked_for(settings, file):
    to = datetime(2026, 6, 1, 12, tzinfo=UTC)
    summary = await replay(settings, plan(file, shift_to=to), Quiet())
    assert (summary.first, summary.last) == (to - timedelta(minutes=EVENTS - 1), to)
    # The first of the two passes counts nothing.
    assert (summary.total_sent, summary.skipped) == (EVENTS, {"not_json": 1})


async def test_a_rate_holds_the_sending_back(settings, file):
    summary = await replay(settings, plan(file, rate=300.0), Quiet())
    assert summary.total_sent == EVENTS
    assert 0.8 < summary.seconds < 5


async def test_waiting_returns_once_exactly_this_replay_is_committed(settings, file):
    summary = await replay(settings, plan(file), Quiet())
    # What somebody sends afterwards is not waited for.
    later = [SignedIn(event_id="x", customer_id="c1", occurred_at=START)]
    await publish(settings, later, Summary(file="", format=""))
    watcher = Quiet()
    waiting = asyncio.create_task(wait_for_workers(settings, summary, 30.0, watcher))
    partitions = list(summary.targets.items())
    await commit(settings, dict(partitions[:1]))
    async with asyncio.timeout(20):
        while watcher.waited is None or watcher.waited[0] == watcher.waited[1]:
            assert not waiting.done()
            await asyncio.sleep(0.05)
        await commit(settings, dict(partitions[1:]))
        await waiting
    assert watcher.waited[0] == watcher.waited[1] > 0
    assert summary.waited_seconds is not None
    async with Backlog(settings) as backlog:
        assert await backlog.lag() == 1


async def test_waiting_without_a_worker_fails_and_says_so(settings, file):
    summary = await replay(settings, plan(file), Quiet())
    started = time.monotonic()
    with pytest.raises(Stalled, match=r"300 records .* is no worker running\?"):
        await wait_for_workers(settings, summary, 0.5, Quiet())
    assert time.monotonic() - started < 10


async def test_nothing_sent_is_nothing_to_wait_for(settings):
    await ensure_topics(settings)
    summary = Summary(file="", format="")
    await publish(settings, [Skipped(1, "malformed_row", "")], summary)
    await wait_for_workers(settings, summary, 0.5, Quiet())
    assert summary.skipped == {"malformed_row": 1}


async def test_a_broker_that_does_not_answer_is_a_transient_failure(file):
    nowhere = Settings(kafka="127.0.0.1:1", idempotence=False)
    with pytest.raises(Transient, match="did not answer"):
        await replay(nowhere, plan(file), Quiet())
    with pytest.raises(Transient, match="did not answer"):
        async with Backlog(nowhere):
            pass


async def test_the_backlog_takes_no_partition_from_the_workers(settings):
    await ensure_topics(settings)
    topic = settings.topic("clicks")
    worker = AIOKafkaConsumer(
        topic, bootstrap_servers=settings.kafka, group_id=settings.group, session_timeout_ms=6000
    )
    await worker.start()
    try:
        assert len(worker.assignment()) == settings.partitions
        async with Backlog(settings) as backlog:
            assert await backlog.lag() == 0
            # A member that joined would take its share within one heartbeat.
            generation = worker._coordinator.generation
            await worker.getmany(timeout_ms=3500)
            assert worker._coordinator.generation == generation
        assert len(worker.assignment()) == settings.partitions
    finally:
        await worker.stop()


def test_a_summary_can_be_written_as_json():
    summary = Summary(file="f", format="native", first=START, last=START)
    summary.acknowledge("clicks", 2, 7)
    summary.acknowledge("clicks", 2, 5)
    assert json.loads(msgspec.json.encode(summary))["offsets"] == {"clicks": {"2": 7}}
