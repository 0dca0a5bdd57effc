"""Throughput of one worker on the demo's mix, against a stock Faust agent, in one run.

    python -m bench.throughput --backend production --events 40000 --stock-events 4000 --rounds 3

Each round publishes the same simulated events to fresh topics, then starts a worker that finds
them all there, and counts what its /metrics says it applied from the first to the last. The two
kinds of worker take turns, so that a machine that slows down slows both.

``--backend embedded`` is Tansu and Valkey, ``production`` Apache Kafka and redis-server (needs a
JDK >= 17, Maven and redis-server). The embedded broker answers a lone publish only after 25 to 40
ms, which hits the stock agent hardest: the ratio to quote is that of ``production``.
"""

import argparse
import asyncio
import statistics
import time
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime

from msgspec import Struct
from msgspec.structs import replace

from bench.services import BACKENDS, WORKER, Worker, running
from stream.demo.simulation import Simulation
from stream.events import INTERNAL_TOPICS
from stream.replay.publish import publish
from stream.replay.summary import Summary
from stream.settings import Settings
from stream.topics import ensure_topics

CUSTOMERS = 500
SEED = 7
_POLL_S = 0.05
_TIMEOUT_S = 300.0


def main() -> None:
    """Measure and print one line a round, then the medians and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--backend", choices=list(BACKENDS), default="embedded")
    parser.add_argument("--events", type=int, default=40_000, help="for `portrait worker`")
    parser.add_argument("--stock-events", type=int, default=4_000, help="for the stock agent")
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    with BACKENDS[args.backend]() as settings:
        contenders = {
            "portrait": Contender(settings, args.events),
            "stock": Contender(settings, args.stock_events, ("-m", "bench.stock")),
        }
        medians = take_turns(contenders, args.rounds)
    print(f"ratio    {medians['portrait'] / medians['stock']:.1f}")


class Contender(Struct, frozen=True):
    """A kind of worker, its settings, and how many events it gets a round."""

    settings: Settings
    events: int
    command: tuple[str, ...] = WORKER


def take_turns(contenders: Mapping[str, Contender], rounds: int) -> dict[str, float]:
    """The median throughput of each by name, events/s; prints one line a round and the medians."""
    rates: dict[str, list[float]] = {name: [] for name in contenders}
    for number in range(rounds):
        for name, contender in contenders.items():
            rate = _measure(contender, f"{name}-{number}")
            rates[name].append(rate)
            print(f"round {number + 1}  {name:<9} {rate:>9,.0f} events/s", flush=True)
    medians = {name: statistics.median(found) for name, found in rates.items()}
    for name, median in medians.items():
        events = contenders[name].events
        print(f"median   {name:<9} {median:>9,.0f} events/s   one worker, {events} events")
    return medians


def _measure(contender: Contender, name: str) -> float:
    """Events a second between the first and the last look at which the count moved."""
    settings = replace(contender.settings, namespace=name, topic_prefix=f"{name}-")
    asyncio.run(_fill(settings, contender.events))
    with running(settings, command=contender.command) as (worker,):
        return _watch(worker, contender.events)


async def _fill(settings: Settings, events: int) -> None:
    await ensure_topics(settings)
    history = Simulation(SEED, CUSTOMERS).last(events, datetime.now(UTC))
    await publish(settings, history, Summary(file="-", format="native"))


def _watch(worker: Worker, events: int) -> float:
    give_up = time.monotonic() + _TIMEOUT_S
    first: tuple[float, float] | None = None
    while time.monotonic() < give_up:
        worker.child.check()
        with suppress(OSError):
            applied, now = _applied(worker), time.monotonic()
            if applied >= events and first is not None:
                return (applied - first[1]) / (now - first[0])
            if applied and first is None:
                first = now, applied
        time.sleep(_POLL_S)
    tail = worker.child.tail()
    raise SystemExit(f"{events} events were not applied within {_TIMEOUT_S:g} s; {tail}")


def _applied(worker: Worker) -> float:
    return sum(
        sample.value
        for sample in worker.samples()
        if sample.name == "portrait_events_total"
        and sample.labels["outcome"] == "applied"
        and sample.labels["topic"] not in INTERNAL_TOPICS
    )


if __name__ == "__main__":
    main()
