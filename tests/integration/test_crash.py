"""Workers that are killed, stopped or asked to end in the middle of their work.

Whatever happens to them, what is exported in the end equals, byte for byte apart from the
version and the risk, what a single undisturbed worker made of the same file. The risk knows of
other customers what was known when an event was read, which depends on which partition goes first.
"""

import asyncio
import re
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from msgspec import Struct
from redis import Redis

from stream.backlog import Backlog
from stream.child import free_ports
from stream.settings import Settings
from tests.support import traffic
from tests.support.services import Backend
from tests.support.tables import documents
from tests.support.topics import (
    committed,
    end_offsets,
    published_versions,
    wait_until_all_is_committed,
)
from tests.support.workers import (
    TIMEOUT_S,
    Worker,
    exit_code_of,
    in_background,
    portrait,
    successful,
    wait_until,
)

EVENTS, CUSTOMERS, PARTITIONS = 5000, 120, 4

#: Small batches, so that there is a middle; few hot states, so that records are read as well.
CHANGES = {
    "clock": "event",
    "partitions": PARTITIONS,
    "batch_records": 50,
    "cache_customers": 10,
    "session_timeout_s": 2.0,
}


class Undisturbed(Struct):
    """A file of events, and what a single worker made of it."""

    file: Path
    lines: list[bytes]


@pytest.fixture(scope="session")
def undisturbed(backend: Backend, tmp_path_factory: pytest.TempPathFactory) -> Undisturbed:
    directory = tmp_path_factory.mktemp(f"undisturbed-{backend.name}")
    file = traffic.simulated(directory / "events.jsonl", EVENTS, CUSTOMERS)
    settings = Settings(
        kafka=backend.kafka,
        redis=backend.redis,
        idempotence=backend.idempotence,
        namespace=f"undisturbed-{backend.name}",
        topic_prefix=f"undisturbed-{backend.name}-",
        web_port=free_ports(1)[0],
        **CHANGES,
    )
    successful(settings, "topics")
    with Worker(settings, directory / "worker.log") as worker:
        worker.ready()
        successful(settings, "replay", str(file), "--wait")
        assert worker.stop() == 0
    lines = export(settings)
    assert len(lines) > CUSTOMERS * 0.9
    return Undisturbed(file, lines)


@pytest.fixture
def shop(settings: Callable[..., Settings]) -> Settings:
    """Settings as those of the undisturbed run, with topics of their own."""
    made = settings(**CHANGES)
    successful(made, "topics")
    return made


def slowly(undisturbed: Undisturbed) -> tuple[str, ...]:
    """A replay that takes about three seconds."""
    return ("replay", str(undisturbed.file), "--rate", "1600")


def export(settings: Settings) -> list[bytes]:
    """The lines of an export, without the versions and the risks."""
    # By a reference that does not depend on when a worker last took one.
    text = successful(settings, "export", "--as-of", traffic.AS_OF, "--reference", "builtin-1")
    apart = re.compile(rb'"version":\d+,|"risk":\{.*?\},(?="labels")')
    lines = [apart.sub(b"", line) for line in text.encode().splitlines()]
    assert lines
    assert b'"version"' not in lines[0]
    assert b'"risk"' not in lines[0]
    return lines


async def check_versions(settings: Settings, *, in_order: bool) -> None:
    """Every customer's versions are there from 1 to the stored one, first seen in that order."""
    table = documents(settings)
    published = await published_versions(settings)
    assert published.keys() == table.keys()
    for key, versions in published.items():
        latest, document = table[key]
        first_seen = list(dict.fromkeys(versions))
        assert sorted(first_seen) == list(range(1, latest + 1)), key
        if in_order:
            assert first_seen == sorted(first_seen), key
        assert msgspec.json.decode(document)["version"] == latest, key


async def share_all_partitions(*workers: Worker) -> None:
    everything = list(range(PARTITIONS))
    wait_until(
        lambda: (
            all(worker.partitions() for worker in workers)
            and sorted(number for worker in workers for number in worker.partitions()) == everything
        ),
        "the workers share all partitions",
    )


async def test_a_killed_workers_share_is_taken_over_without_loss_or_double(
    shop, undisturbed, start_worker, tmp_path
):
    victim, survivor = start_worker(shop), start_worker(shop)
    await share_all_partitions(victim, survivor)
    replay = in_background(shop, tmp_path / "replay.log", *slowly(undisturbed), "--wait")
    wait_until(lambda: victim.outcomes("applied") > 200, "the victim has applied some")
    victim.kill()
    assert replay.exit_code is None
    assert exit_code_of(replay) == 0, replay.tail()
    assert survivor.partitions() == list(range(PARTITIONS))
    assert 0 < survivor.outcomes("applied") < EVENTS
    assert export(shop) == undisturbed.lines
    await check_versions(shop, in_order=True)


async def test_a_zombie_that_wakes_after_its_session_overwrites_nothing(
    shop, undisturbed, start_worker
):
    zombie, survivor = start_worker(shop), start_worker(shop)
    await share_all_partitions(zombie, survivor)
    with Redis.from_url(shop.redis) as redis:
        successful(shop, "replay", str(undisturbed.file))
        wait_until(lambda: zombie.outcomes("applied") > 100, "the zombie has applied some")
        # Redis holds its answers back for a moment: the zombie waits for one when it is stopped.
        redis.client_pause(1000, all=True)
        share = zombie.partitions()
        zombie.pause()
    ends, done = await end_offsets(shop), await committed(shop)
    assert sum(ends[p] - done[p] for p in ends if p[1] in share) > 500, "the zombie had work left"
    wait_until(
        lambda: survivor.partitions() == list(range(PARTITIONS)), "the survivor has everything"
    )
    await wait_until_all_is_committed(shop)
    assert export(shop) == undisturbed.lines
    zombie.resume()
    # What it was about meets newer records, which win; then it is a member of the group again.
    await share_all_partitions(zombie, survivor)
    assert export(shop) == undisturbed.lines
    assert (zombie.stop(), survivor.stop()) == (0, 0)
    assert export(shop) == undisturbed.lines
    await check_versions(shop, in_order=False)


async def test_a_worker_after_a_kill_resumes_from_the_last_commit(
    shop, undisturbed, start_worker, tmp_path
):
    first = start_worker(shop).ready()
    replay = in_background(shop, tmp_path / "replay.log", *slowly(undisturbed))
    targets = dict.fromkeys(await committed(shop), 1)
    async with Backlog(shop) as backlog, asyncio.timeout(TIMEOUT_S):
        while not any((await backlog.committed(targets)).values()):
            pass
    first.kill()
    assert exit_code_of(replay) == 0, replay.tail()
    done = sum((await committed(shop)).values())
    assert 0 < done < EVENTS
    second = start_worker(shop).ready()
    await wait_until_all_is_committed(shop)
    replayed = second.outcomes("replayed")
    records = sum((await end_offsets(shop)).values())  # with what customers mean to one another
    assert second.outcomes("applied") + replayed == records - done
    assert second.stop() == 0
    assert export(shop) == undisturbed.lines
    await check_versions(shop, in_order=True)


async def test_a_worker_after_a_graceful_stop_does_nothing_again(
    shop, undisturbed, start_worker, tmp_path
):
    first = start_worker(shop).ready()
    # Sent slowly, so that however fast the worker is, it is stopped in the middle.
    replay = in_background(shop, tmp_path / "replay.log", *slowly(undisturbed))
    wait_until(lambda: first.outcomes("applied") > 500, "some is applied")
    assert first.stop() == 0, first.log
    assert exit_code_of(replay) == 0, replay.tail()
    done = sum((await committed(shop)).values())
    assert 500 < done < EVENTS
    second = start_worker(shop).ready()
    await wait_until_all_is_committed(shop)
    records = sum((await end_offsets(shop)).values())
    assert second.outcomes("applied") == records - done
    assert second.outcomes("replayed") == 0
    assert second.metric("portrait_republished_total") == 0
    assert portrait(shop, "doctor").returncode == 0
    assert export(shop) == undisturbed.lines
    await check_versions(shop, in_order=True)
