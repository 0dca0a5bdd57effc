"""Workers that are killed at random moments while events come in."""

import random
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from stream.settings import Settings
from tests.support.events import event
from tests.support.moved import settled
from tests.support.services import Backend
from tests.support.workers import Worker, exit_code_of, in_background, successful, wait_until

#: So many are tried while events come in, on a slow machine perhaps not all.
KILLS, AT_LEAST = 6, 2
EVENTS_A_SECOND = 450
#: Customers, enough that some are of every partition.
A_GROUP = 24


def shop_of(backend: Backend, directory: Path, **more: Any) -> Settings:
    """Settings of a shop of its own, with small batches and little held in memory; its topics."""
    shop = Settings(
        kafka=backend.kafka,
        redis=backend.redis,
        idempotence=backend.idempotence,
        namespace=directory.name,
        topic_prefix=f"{directory.name}-",
        clock="event",
        partitions=4,
        batch_records=50,
        cache_customers=10,
        sweep_s=0.1,
        session_timeout_s=1.0,
        **more,
    )
    successful(shop, "topics")
    return shop


def sign_ins(name: str, at: datetime) -> list[Any]:
    """Of customers with that name and a number, in every partition."""
    return [
        event("signed_in", at.isoformat(), customer_id=f"{name}-{number}")
        for number in range(A_GROUP)
    ]


def written(file: Path, lines: list[Any]) -> Path:
    """A file of these events, one a line."""
    file.write_bytes(b"\n".join(map(msgspec.json.encode, lines)) + b"\n")
    return file


def applied(worker: Worker) -> int:
    """How many records it has applied; 0 while it does not answer."""
    try:
        return worker.outcomes("applied")
    except OSError:
        return 0


async def with_kills(
    shop: Settings, directory: Path, file: Path, later: Sequence[Path], seed: int
) -> None:
    """Run two workers while the events of a file come in, and kill one after the other.

    Then the files of `later` come in undisturbed, each when all that went before is published.
    """
    moments = random.Random(seed)
    with ExitStack() as running:

        def start(number: int) -> Worker:
            return running.enter_context(Worker(shop, directory / f"worker-{number}.log"))

        workers = [start(0), start(1)]
        rate = str(EVENTS_A_SECOND)
        replay = in_background(shop, directory / "replay.log", "replay", str(file), "--rate", rate)
        for number in range(KILLS):
            victim, enough = workers[number % 2], moments.randrange(1, 150)
            wait_until(
                lambda victim=victim, enough=enough: (
                    applied(victim) >= enough or replay.exit_code is not None
                ),
                f"victim {number} has applied {enough} records",
            )
            if replay.exit_code is not None:
                assert number >= AT_LEAST, f"only {number} workers were killed"
                break
            victim.kill()
            workers[number % 2] = start(2 + number)
        assert exit_code_of(replay) == 0, replay.tail()
        await settled(shop)
        for each in later:
            successful(shop, "replay", str(each))
            await settled(shop)
