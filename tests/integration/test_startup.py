"""What a worker refuses to start on: one line that says what to do, and exit code 1."""

import time
from collections.abc import Callable

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from stream.child import HOST, free_ports
from stream.settings import Settings
from stream.topics import INPUT_TOPICS, describe_topics
from tests.support import traffic
from tests.support.workers import portrait, successful

_SECONDS = 20.0


def check_refusal(settings: Settings, *words: str, changes: dict[str, str] | None = None) -> None:
    """The worker ends by itself with one line that has these words."""
    began = time.monotonic()
    done = portrait(settings, "worker", changes=changes, timeout_s=_SECONDS + 10)
    assert done.returncode == 1, done.stderr
    [line] = done.stderr.splitlines()
    assert line.startswith("portrait: ")
    for word in words:
        assert word in line
    assert done.stdout == ""
    assert time.monotonic() - began < _SECONDS


def test_topics_that_are_missing_are_refused(settings: Callable[..., Settings]):
    check_refusal(settings(), "missing topics", "clicks", "portrait topics")


async def test_uneven_partition_counts_are_refused(settings: Callable[..., Settings]):
    shop = settings(partitions=2)
    admin = AIOKafkaAdminClient(bootstrap_servers=shop.kafka)
    await admin.start()
    try:
        await admin.create_topics(
            [NewTopic(shop.topic("orders"), 3, 1), NewTopic(shop.topic("carts"), 2, 1)]
        )
    finally:
        await admin.close()
    made = portrait(shop, "topics")
    assert made.returncode == 1
    check_refusal(shop, "equal partition counts", "orders=3", "kafka-topics --alter")


async def test_topics_that_are_missing_get_the_partitions_of_those_there(
    settings: Callable[..., Settings],
):
    shop = settings(partitions=2)
    admin = AIOKafkaAdminClient(bootstrap_servers=shop.kafka)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(shop.topic("orders"), 3, 1)])
    finally:
        await admin.close()
    successful(shop, "topics")
    counts = {topic.name: topic.partitions for topic in await describe_topics(shop)}
    assert {counts[shop.topic(name)] for name in INPUT_TOPICS} == {3}
    assert counts[shop.topic("portraits")] == 2


async def test_portraits_of_another_currency_or_of_topics_since_made_anew_are_refused(
    settings: Callable[..., Settings], start_worker, tmp_path
):
    shop = settings()
    file = traffic.written(tmp_path / "events.jsonl", traffic.regular(60, 5))
    successful(shop, "topics")
    worker = start_worker(shop).ready()
    successful(shop, "replay", str(file), "--wait")
    assert worker.stop() == 0
    check_refusal(settings(currency="EUR"), "are kept in USD", "PORTRAIT_CURRENCY=USD")
    await make_anew(shop, [shop.topic(name) for name in INPUT_TOPICS])
    check_refusal(shop, "deleted and made anew", "PORTRAIT_TOPIC_PREFIX", "PORTRAIT_NAMESPACE")
    # As the message says: the same portraits from other topics, or others from the same topics.
    other = settings(topic_prefix=f"{shop.topic_prefix}new-")
    successful(other, "topics")
    assert start_worker(other).ready().stop() == 0


async def make_anew(settings: Settings, names: list[str]) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.kafka)
    await admin.start()
    try:
        await admin.delete_topics(names)
        deadline = time.monotonic() + _SECONDS
        while set(names) & set(await admin.list_topics()):
            assert time.monotonic() < deadline, "the topics are still there"
    finally:
        await admin.close()
    successful(settings, "topics")
    assert {state.partitions for state in await describe_topics(settings)} == {settings.partitions}


def test_a_redis_that_does_not_answer_is_refused(settings: Callable[..., Settings]):
    [port] = free_ports(1)
    successful(settings(), "topics")
    check_refusal(settings(redis=f"redis://{HOST}:{port}/0"), "Redis", str(port))


def test_a_kafka_that_does_not_answer_is_refused(settings: Callable[..., Settings]):
    [port] = free_ports(1)
    check_refusal(settings(kafka=f"{HOST}:{port}"), f"Kafka at {HOST}:{port} did not answer")


@pytest.mark.parametrize(
    ("variable", "text", "words"),
    [
        ("PORTRAIT_CLOCK", "sideways", "expected wall or event"),
        ("PORTRAIT_KAFKA", "localhost", "expected host:port"),
        ("PORTRAIT_REDIS", "localhost:6379", "expected redis://"),
        ("PORTRAIT_RATES", "/no/such/file", "there is no such file"),
        ("PORTRAIT_BATCH_RECORDS", "0", "expected 1 to"),
    ],
)
def test_settings_that_are_wrong_are_refused(variable: str, text: str, words: str):
    check_refusal(Settings(), variable, repr(text), words, changes={variable: text})
