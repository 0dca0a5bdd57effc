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
import os
import statistics
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from msgspec.structs import replace
from prometheus_client.parser import text_string_to_metric_families

from stream.child import Child, free_ports
from stream.demo.simulation import Simulation
from stream.embedded import EmbeddedStack
from stream.events import INTERNAL_TOPICS
from stream.replay.publish import publish
from stream.replay.summary import Summary
from stream.settings import VARIABLES, Settings
from stream.topics import ensure_topics
from tests.support.apache_kafka import ApacheKafka
from tests.support.redis_server import RedisServer

KINDS = {"portrait": ("-m", "stream", "worker"), "stock": ("-m", "bench.stock")}
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
    counts = {"portrait": args.events, "stock": args.stock_events}
    rates: dict[str, list[float]] = {kind: [] for kind in KINDS}
    with BACKENDS[args.backend]() as settings:
        for number in range(args.rounds):
            for kind, command in KINDS.items():
                name = f"{kind}-{number}"
                mine = replace(settings, namespace=name, topic_prefix=f"{name}-")
                rate = _measure(mine, command, counts[kind])
                rates[kind].append(rate)
                print(f"round {number + 1}  {kind:<9} {rate:>9,.0f} events/s", flush=True)
    portrait, stock = (statistics.median(rates[kind]) for kind in KINDS)
    print(f"median   portrait  {portrait:>9,.0f} events/s   one worker, {args.events} events")
    print(f"median   stock     {stock:>9,.0f} events/s   one worker, {args.stock_events} events")
    print(f"ratio    {portrait / stock:.1f}")


@contextmanager
def _embedded() -> Iterator[Settings]:
    with EmbeddedStack(Settings()) as settings:
        yield settings


@contextmanager
def _production() -> Iterator[Settings]:
    with ApacheKafka() as kafka, RedisServer() as redis:
        yield Settings(kafka=kafka.address, redis=redis.url)


BACKENDS = {"embedded": _embedded, "production": _production}


def _measure(settings: Settings, command: tuple[str, ...], events: int) -> float:
    """Events a second between the first and the last look at which the count moved."""
    asyncio.run(_fill(settings, events))
    (port,) = free_ports(1)
    env = os.environ | _environment(replace(settings, web_port=port))
    with tempfile.TemporaryDirectory() as directory:
        log = Path(directory) / "worker.log"
        child = Child("worker", (sys.executable, *command), log=log, env=env)
        try:
            return _watch(child, port, events)
        finally:
            child.stop()


async def _fill(settings: Settings, events: int) -> None:
    await ensure_topics(settings)
    history = Simulation(SEED, CUSTOMERS).last(events, datetime.now(UTC))
    await publish(settings, history, Summary(file="-", format="native"))


def _watch(child: Child, port: int, events: int) -> float:
    give_up = time.monotonic() + _TIMEOUT_S
    first: tuple[float, float] | None = None
    while time.monotonic() < give_up:
        child.check()
        with suppress(OSError):
            applied, now = _applied(port), time.monotonic()
            if applied >= events and first is not None:
                return (applied - first[1]) / (now - first[0])
            if applied and first is None:
                first = now, applied
        time.sleep(_POLL_S)
    raise SystemExit(f"{events} events were not applied within {_TIMEOUT_S:g} s; {child.tail()}")


def _applied(port: int) -> float:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
        families = text_string_to_metric_families(answer.read().decode())
    return sum(
        sample.value
        for family in families
        for sample in family.samples
        if sample.name == "portrait_events_total"
        and sample.labels["outcome"] == "applied"
        and sample.labels["topic"] not in INTERNAL_TOPICS
    )


def _environment(settings: Settings) -> dict[str, str]:
    values = {name: getattr(settings, field) for name, (field, _) in VARIABLES.items()}
    return {
        name: str(value) for name, value in values.items() if value not in (None, "", False)
    } | {"PORTRAIT_IDEMPOTENCE": "auto"}


if __name__ == "__main__":
    main()
