"""The topics of the contract: their names, their settings, making and checking them."""

import asyncio

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, TopicAlreadyExistsError, for_code
from msgspec import Struct
from msgspec.structs import replace

from stream.errors import Fatal, Transient
from stream.events import TOPIC_EVENTS
from stream.settings import Settings

#: Topics that workers read, each with the event types of ``stream.events``.
INPUT_TOPICS: tuple[str, ...] = tuple(TOPIC_EVENTS)
#: What one customer's event means for another: written by the workers, read by them.
REFERRALS = "referrals"
#: What one customer's event makes known of others with the same device or reference.
LINKS = "links"
#: Changed portraits, keyed like the input; compacted, a tombstone erases.
PORTRAITS = "portraits"
#: Who entered and who left which segment, keyed like the input.
SEGMENT_MOVES = "segment-moves"
#: Risks that reached a level, or fell back from one, keyed like the input.
RISK_ALERTS = "risk-alerts"
#: Records that broke the contract, with their bytes and source position.
DEAD_LETTERS = "dead-letters"

#: topic -> broker settings beyond the defaults.
OUTPUT_TOPICS: dict[str, dict[str, str]] = {
    PORTRAITS: {"cleanup.policy": "compact"},
    SEGMENT_MOVES: {},
    RISK_ALERTS: {},
    DEAD_LETTERS: {},
}


_VISIBLE_TRIES = 50
_VISIBLE_WAIT_S = 0.1


class TopicState(Struct, frozen=True, kw_only=True):
    """What the broker says of one topic; ``partitions`` is 0 where it does not exist."""

    name: str
    partitions: int
    made: bool = False


async def ensure_topics(settings: Settings) -> list[TopicState]:
    """Create the topics that are missing and return the state of all.

    Raises :class:`Fatal` where input topics differ in their number of partitions (one worker
    could then not own a customer's records), :class:`Transient` where the broker does not answer.
    """
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.kafka)
    try:
        await admin.start()
        before = await _partitions(admin, settings)
        missing = [name for name, count in before.items() if not count]
        # A topic that joins others has as many partitions as they have.
        counts = {before[name] for name in INPUT_TOPICS} - {0}
        inputs = replace(settings, partitions=counts.pop()) if len(counts) == 1 else settings
        await _create(admin, inputs, [name for name in missing if name in INPUT_TOPICS])
        await _create(admin, settings, [name for name in missing if name not in INPUT_TOPICS])
        after = await _visible(admin, settings)
    except (KafkaError, OSError) as exc:
        raise Transient(f"Kafka at {settings.kafka} did not answer: {exc}") from exc
    finally:
        await admin.close()
    check_partitions({name: after[name] for name in INPUT_TOPICS})
    return [
        TopicState(name=settings.topic(name), partitions=count, made=name in missing)
        for name, count in after.items()
    ]


async def input_partitions(settings: Settings) -> int:
    """How many partitions each input topic has.

    Raises :class:`Fatal` where a topic of the contract is missing, or the counts differ.
    """
    counts = {state.name: state.partitions for state in await describe_topics(settings)}
    check_present(counts)
    inputs = {settings.topic(name): counts[settings.topic(name)] for name in INPUT_TOPICS}
    check_partitions(inputs)
    return next(iter(inputs.values()))


async def describe_topics(settings: Settings) -> list[TopicState]:
    """The state of every topic of the contract, creating none."""
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.kafka)
    try:
        await admin.start()
        found = await _partitions(admin, settings)
    except (KafkaError, OSError) as exc:
        raise Transient(f"Kafka at {settings.kafka} did not answer: {exc}") from exc
    finally:
        await admin.close()
    return [TopicState(name=settings.topic(n), partitions=count) for n, count in found.items()]


def check_present(partitions: dict[str, int]) -> None:
    """Refuse topics without a partition: they do not exist."""
    missing = [name for name, count in partitions.items() if not count]
    if missing:
        raise Fatal(f"missing topics: {', '.join(missing)}; run `portrait topics` to create them")


def check_partitions(partitions: dict[str, int]) -> None:
    """Refuse input topics that are missing or differ in their number of partitions."""
    check_present(partitions)
    if len(set(partitions.values())) > 1:
        counts = ", ".join(f"{name}={count}" for name, count in partitions.items())
        raise Fatal(
            f"input topics must have equal partition counts, found {counts}; "
            "make them equal with `kafka-topics --alter`"
        )


async def _visible(admin: AIOKafkaAdminClient, settings: Settings) -> dict[str, int]:
    """Partitions of the topics once all are there: brokers learn of new ones a little later."""
    for _ in range(_VISIBLE_TRIES):
        counts = await _partitions(admin, settings)
        if all(counts.values()):
            break
        await asyncio.sleep(_VISIBLE_WAIT_S)
    return counts


async def _partitions(admin: AIOKafkaAdminClient, settings: Settings) -> dict[str, int]:
    names = (*INPUT_TOPICS, *OUTPUT_TOPICS)
    # Asked by name, a broker with automatic creation would make what is missing.
    existing = set(await admin.list_topics())
    wanted = [name for name in map(settings.topic, names) if name in existing]
    found = await admin.describe_topics(wanted) if wanted else []
    counts = {str(topic["topic"]): len(topic["partitions"]) for topic in found}
    return {name: counts.get(settings.topic(name), 0) for name in names}


async def _create(admin: AIOKafkaAdminClient, settings: Settings, names: list[str]) -> None:
    if not names:
        return
    response = await admin.create_topics(
        [
            NewTopic(
                name=settings.topic(name),
                num_partitions=settings.partitions,
                replication_factor=settings.replication,
                topic_configs=OUTPUT_TOPICS.get(name, {}),
            )
            for name in names
        ]
    )
    for topic, code, *rest in response.topic_errors:
        # Another process may create them at the same moment; the result is the same.
        if code and for_code(code) is not TopicAlreadyExistsError:
            raise Fatal(f"cannot create topic {topic}: {for_code(code).__name__} {rest}")
