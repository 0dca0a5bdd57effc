"""What a worker does when a record is damaged, or Redis or Kafka go away for a while."""

import os
import signal
import uuid
from collections.abc import Callable, Iterator

import pytest
from msgspec.structs import replace
from redis import Redis

from stream.child import free_ports
from stream.settings import Settings
from tests.support import traffic
from tests.support.apache_kafka import ApacheKafka
from tests.support.events import event
from tests.support.redis_server import RedisServer
from tests.support.services import running
from tests.support.topics import (
    Raw,
    committed,
    published_versions,
    send,
    wait_until_all_is_committed,
)
from tests.support.workers import (
    exit_code_of,
    exported,
    in_background,
    successful,
    wait_until,
)

EVENTS, CUSTOMERS = 3000, 40


@pytest.fixture
def own_redis() -> Iterator[RedisServer]:
    """A Redis that a test may stop and restart."""
    yield from running(RedisServer(), RedisServer.available())


@pytest.fixture
def production(apache_kafka: ApacheKafka, own_redis: RedisServer) -> Settings:
    own = f"t{uuid.uuid4().hex[:12]}"
    return Settings(
        kafka=apache_kafka.address,
        redis=own_redis.url,
        namespace=own,
        topic_prefix=f"{own}-",
        clock="event",
        partitions=3,
        session_timeout_s=3.0,
        batch_records=50,
        web_port=free_ports(1)[0],
    )


def sign_in(customer: str, minute: int, partition: int = 0) -> Raw:
    wire = event("signed_in", f"2025-05-31T12:{minute:02}:00Z", customer_id=customer)
    key = f"main/{customer}".encode()
    return Raw("logins", partition, key, traffic.encoded(wire))


async def test_a_damaged_record_stops_the_worker_and_nothing_of_its_batch_is_acknowledged(
    settings: Callable[..., Settings], start_worker
):
    # One hot state a partition: the record of "a" is read again after "b" was worked on.
    shop = settings(clock="event", cache_customers=1, session_timeout_s=2.0)
    successful(shop, "topics")
    await send(shop, [sign_in("a", 1), sign_in("b", 2)])
    worker = start_worker(shop).ready()
    await wait_until_all_is_committed(shop)
    good = await committed(shop)
    record = f"{shop.namespace}:portrait:main:a"
    with Redis.from_url(shop.redis) as redis:
        state = redis.hget(record, "s")
        redis.hset(record, "s", state[:-3])
        await send(shop, [sign_in("b", 3), sign_in("a", 4), sign_in("b", 5)])
        assert exit_code_of(worker.child) == 1
        assert "a stored state is damaged" in worker.log
        assert await committed(shop) == good
        # A worker that is started on it anew stops as well.
        redis.hset(record, "s", bytes([99]) + state[1:])
        second = start_worker(shop)
        assert exit_code_of(second.child) == 1
        assert "upgrade all workers" in second.log
        assert await committed(shop) == good
        redis.hset(record, "s", state)
    start_worker(shop).ready()
    await wait_until_all_is_committed(shop)
    assert traffic.counted(exported(shop, traffic.AS_OF)) == {
        "a": {"signed_in": 2},
        "b": {"signed_in": 3},
    }
    # The batch was published once as a whole, when it could be.
    assert await published_versions(shop) == {"main/a": [1, 2], "main/b": [1, 2]}


def check_counted_once(settings: Settings, events: list) -> None:
    assert traffic.counted(exported(settings, traffic.AS_OF)) == traffic.counts(events)


async def test_a_worker_goes_on_where_it_was_when_redis_comes_back(
    production, own_redis, start_worker, tmp_path
):
    events = traffic.regular(EVENTS, CUSTOMERS)
    file = traffic.written(tmp_path / "events.jsonl", events)
    successful(production, "topics")
    worker = start_worker(production).ready()
    replay = in_background(
        production, tmp_path / "replay.log", "replay", str(file), "--rate", "1500", "--wait"
    )
    wait_until(lambda: worker.outcomes("applied") > 300, "some is applied")
    # Its file is not synchronised first: what Redis had answered for must be in it all the same.
    os.kill(own_redis.pid, signal.SIGKILL)
    wait_until(lambda: worker.metric("portrait_retries_total") >= 2, "the worker tries again")
    assert worker.outcomes("applied") < EVENTS
    own_redis.restart()
    assert exit_code_of(replay) == 0, replay.tail()
    check_counted_once(production, events)
    assert worker.stop() == 0


async def test_a_worker_goes_on_where_it_was_when_kafka_comes_back(
    production, apache_kafka, start_worker, tmp_path
):
    events = traffic.regular(EVENTS // 2, CUSTOMERS)
    file = traffic.written(tmp_path / "events.jsonl", events)
    slow = replace(production, batch_records=5)
    successful(slow, "topics")
    successful(slow, "replay", str(file))
    worker = start_worker(slow).ready()
    wait_until(lambda: worker.outcomes("applied") > 100, "some is applied")
    apache_kafka.restart()
    assert worker.outcomes("applied") < len(events)
    await wait_until_all_is_committed(slow)
    check_counted_once(slow, events)
    for key, versions in (await published_versions(slow)).items():
        assert list(dict.fromkeys(versions)) == list(range(1, max(versions) + 1)), key
    assert worker.stop() == 0
