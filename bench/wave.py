"""Latency of live changes while very many customers are due at one midnight, against before.

    python -m bench.wave --backend production --customers 100000 --workers 1

Workers run by the events' clock on a table with so many customers that change at midnight. Live
events of others flow all the time; after a calm phase one event on every partition moves the clock
past midnight. The target: each is published once, and the 99th percentile of the live changes rises
by less than 20 %. 100,000 take one worker a thousand seconds at the shipped rate.
"""

import argparse
import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from typing import Any

from msgspec.structs import replace

from bench.population import DUE, MIDNIGHT, fill, kinds
from bench.services import BACKENDS, Worker, running, wait_for_reference
from bench.traffic import CUSTOMERS, Traffic
from stream.settings import Settings
from stream.standards import load_standards
from stream.topics import ensure_topics

_TIMEOUT_S = 1500.0
#: Seconds after the last due customer was published, in which none may come again.
_AFTER_S = 10.0


class Wave:
    """The due customers as they are published: key and version."""

    def __init__(self, customers: int) -> None:
        self.customers = customers
        self.published: Counter[tuple[bytes, bytes]] = Counter()
        self.last_s = 0.0

    def see(self, record: Any) -> None:
        """Take note of a published portrait that is not of a live customer."""
        if record.key.startswith(DUE.encode()):
            self.published[record.key, dict(record.headers)["version"]] += 1
            self.last_s = time.monotonic()

    @property
    def done(self) -> bool:
        """Whether every due customer was published."""
        return len(self.published) >= self.customers

    def verdict(self) -> str:
        """Whether each was published exactly once, as the version after the one that was stored."""
        once = sum(count == 1 and version == b"2" for (_, version), count in self.published.items())
        if once == self.customers == self.published.total():
            return f"each of {once:,} exactly once"
        return f"WRONG: {once:,} of {self.customers:,} once, {self.published.total():,} messages"


def main() -> None:
    """Fill the table, run the wave, and print what came of it."""
    args = _options()
    with BACKENDS[args.backend]() as services:
        settings = replace(services, clock="event")
        standards = load_standards(settings)
        asyncio.run(ensure_topics(settings))
        print(f"storing {args.customers:,} customers", flush=True)
        asyncio.run(
            fill(settings, standards, args.customers, settings.partitions, kinds(standards))
        )
        with running(settings, args.workers) as workers:
            for worker in workers:
                worker.wait_until_ready()
            print("waiting for the reference to be taken of them", flush=True)
            wait_for_reference(workers, args.customers)
            asyncio.run(_measure(settings, workers, args))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--backend", choices=list(BACKENDS), default="production")
    parser.add_argument("--customers", type=int, default=100_000, help="due at midnight")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--rate", type=float, default=200.0, help="live events a second")
    parser.add_argument("--calm-seconds", type=float, default=40.0)
    return parser.parse_args()


async def _measure(settings: Settings, workers: Sequence[Worker], args: argparse.Namespace) -> None:
    wave = Wave(args.customers)
    async with Traffic(settings, args.rate, settings.partitions, wave.see) as traffic:
        # Every live customer comes once before it counts: a first event is another matter.
        await asyncio.sleep(CUSTOMERS / args.rate)
        calm_s = time.monotonic()
        await asyncio.sleep(args.calm_seconds)
        midnight_s = time.monotonic()
        await traffic.move_clock(MIDNIGHT)
        while not wave.done:
            traffic.check()
            for worker in workers:
                worker.child.check()
            if time.monotonic() - midnight_s > _TIMEOUT_S:
                break
            await asyncio.sleep(0.1)
        await asyncio.sleep(_AFTER_S)
        await traffic.finish()
    _report(wave, traffic, calm_s, midnight_s)


def _report(wave: Wave, traffic: Traffic, calm_s: float, midnight_s: float) -> None:
    took_s = wave.last_s - midnight_s
    print(
        f"{wave.customers:,} customers due, the last published after {took_s:.1f} s, "
        f"{wave.published.total() / took_s:,.0f} customers/s; {wave.verdict()}"
    )
    traffic.report(("calm", calm_s, midnight_s), ("wave", midnight_s, wave.last_s))


if __name__ == "__main__":
    main()
