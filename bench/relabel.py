"""How long changed rules take to reach all of very many portraits, while live events go on.

    python -m bench.relabel --backend production --customers 200000 --rate 500

Workers begin with the shipped rules. Then their file loses a label and a segment, and another
segment takes in more. At the end every stored portrait is described anew from its state and must
have the very labels and segments of the new rules; and the moves that were published are held
against those that the rules ask for. ``--rate`` is PORTRAIT_RENEWAL_RATE.
"""

import argparse
import asyncio
import os
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import msgspec
import yaml
from msgspec.structs import replace

from bench.population import DUE, SEEDED_AT, Kind, fill, kinds
from bench.services import BACKENDS, Worker, running, wait_for_reference
from bench.traffic import CUSTOMERS, Traffic
from stream.files.labels import SHIPPED
from stream.measures.standards import Standards
from stream.moves import SegmentMove
from stream.profile.portrait import describe
from stream.query import View, described, read_document
from stream.settings import Settings
from stream.standards import kept_standards, load_standards
from stream.tables import codec
from stream.tables.redis import RedisTable
from stream.tables.table import ANY_MS
from stream.topics import SEGMENT_MOVES, ensure_topics
from stream.windows import to_ms

_DROPPED_LABEL, _DROPPED_SEGMENT, _WIDENED_SEGMENT = "app-user", "cart-recovery", "onboarding"
#: Seconds without progress after which it gives up.
_STANDSTILL_S = 120.0
_POLL_S = 1.0

#: Segment, ``entered`` or ``left`` -> how often.
Moves = Counter[tuple[str, str]]


class MovesSeen:
    """Moves of the stored customers, as they are published."""

    def __init__(self, topic: str) -> None:
        self._topic = topic
        self._decoder = msgspec.json.Decoder(SegmentMove)
        self.count: Moves = Counter()

    def see(self, record: Any) -> None:
        """Take note of a record that is no portrait of a live customer."""
        if record.topic == self._topic and record.key.startswith(DUE.encode()):
            move = self._decoder.decode(record.value)
            if move.cause == "admin":
                self.count[move.segment, move.move] += 1


def main() -> None:
    """Fill the table, change the rules, and print what came of it."""
    args = _options()
    shipped = SHIPPED.read_text("utf-8")
    with tempfile.TemporaryDirectory() as directory, BACKENDS[args.backend]() as services:
        rules = Path(directory, "labels.yaml")
        rules.write_text(shipped, "utf-8")
        settings = replace(services, clock="event", labels=rules, renewal_rate=args.rate)
        standards = load_standards(settings)
        among = kinds(standards)
        asyncio.run(ensure_topics(settings))
        print(f"storing {args.customers:,} customers", flush=True)
        asyncio.run(fill(settings, standards, args.customers, settings.partitions, among))
        with running(settings, args.workers) as workers:
            for worker in workers:
                worker.wait_until_ready()
            print("waiting for the reference to be taken of them", flush=True)
            wait_for_reference(workers, args.customers)
            asyncio.run(_measure(settings, workers, among, args))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--backend", choices=list(BACKENDS), default="production")
    parser.add_argument("--customers", type=int, default=200_000)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument(
        "--rate", type=float, default=Settings().renewal_rate, help="portraits a second, a worker"
    )
    parser.add_argument("--live-rate", type=float, default=200.0, help="live events a second")
    parser.add_argument("--calm-seconds", type=float, default=40.0)
    return parser.parse_args()


async def _measure(
    settings: Settings, workers: Sequence[Worker], among: Sequence[Kind], args: argparse.Namespace
) -> None:
    table = RedisTable.connect(settings.redis, settings.namespace)
    seen = MovesSeen(settings.topic(SEGMENT_MOVES))
    traffic = Traffic(settings, args.live_rate, settings.partitions, seen.see, (SEGMENT_MOVES,))
    async with traffic:
        await asyncio.sleep(CUSTOMERS / args.live_rate)
        calm_s = time.monotonic()
        await asyncio.sleep(args.calm_seconds)
        changed_s = time.monotonic()
        _change(settings.labels)
        await _wait_until_renewed(table, settings.partitions, workers, args.customers)
        done_s = time.monotonic()
        await traffic.finish()
    took_s = done_s - changed_s
    print(
        f"{args.customers:,} portraits described anew within {took_s:.1f} s of the change, "
        f"{args.customers / took_s:,.0f} portraits/s"
    )
    traffic.report(("calm", calm_s, changed_s), ("renewal", changed_s, done_s))
    standards = await kept_standards(settings, table)
    _compare(seen.count, _expected(among, args.customers, standards))
    print(await _verdict(table, standards), flush=True)
    await table.close()


def _change(file: Path | None) -> None:
    if file is None:
        raise SystemExit("there is no file to change")
    rules = yaml.safe_load(file.read_text("utf-8"))
    rules["labels"] = [rule for rule in rules["labels"] if rule["name"] != _DROPPED_LABEL]
    rules["segments"] = [rule for rule in rules["segments"] if rule["name"] != _DROPPED_SEGMENT]
    for rule in rules["segments"]:
        if rule["name"] == _WIDENED_SEGMENT:
            rule["when"] = {"any": [rule["when"], {"label": "active"}]}
    written = file.with_suffix(".new")
    written.write_text(yaml.safe_dump(rules, allow_unicode=True), "utf-8")
    os.replace(written, file)


async def _wait_until_renewed(
    table: RedisTable, partitions: int, workers: Sequence[Worker], customers: int
) -> None:
    before, moved_s = -1, time.monotonic()
    while True:
        for worker in workers:
            worker.child.check()
        stale = [await table.count_due(p, ANY_MS, "stale") for p in range(partitions)]
        if not any(stale):  # none is left, or none is marked yet
            totals = [asyncio.to_thread(each.total, "portrait_renewed_total") for each in workers]
            if sum(await asyncio.gather(*totals)) >= customers:
                return
        if sum(stale) != before:
            before, moved_s = sum(stale), time.monotonic()
        if time.monotonic() > moved_s + _STANDSTILL_S:
            raise SystemExit(f"{before} portraits stayed stale for {_STANDSTILL_S:g} s")
        await asyncio.sleep(_POLL_S)


def _expected(among: Sequence[Kind], customers: int, standards: Standards) -> Moves:
    """What the customers' segments become by the new rules, against what was stored of them."""
    at_ms = to_ms(SEEDED_AT)
    moves: Moves = Counter()
    for kind, count in Counter(islice(cycle(range(len(among))), customers)).items():
        before = among[kind].change.segments
        state = codec.decode(among[kind].state)
        after = describe("main", "kind", state, at_ms, standards=standards, version=2).segments
        moves.update({(name, "left"): count for name in before if name not in after})
        moves.update({(name, "entered"): count for name in after if name not in before})
    return moves


def _compare(seen: Moves, expected: Moves) -> None:
    for segment, move in sorted(seen | expected):
        counted, asked = seen[segment, move], expected[segment, move]
        verdict = "as the rules ask" if counted == asked else f"WRONG: the rules ask for {asked:,}"
        print(f"{segment:<16} {move:<7} {counted:>9,}   {verdict}")


async def _verdict(table: RedisTable, standards: Standards) -> str:
    """Whether every stored portrait has the labels and segments that its state gives it now."""
    right = wrong = 0
    async for key, record in table.scan():
        if record.document is None:
            continue
        stored = read_document(record.document)
        as_of_ms = to_ms(datetime.fromisoformat(stored.as_of))
        asked = described(key, record, View(as_of_ms, standards))
        if (stored.labels, stored.segments) == (asked.labels, asked.segments):
            right += 1
        else:
            wrong += 1
    if wrong:
        return f"WRONG: {wrong:,} of {right + wrong:,} portraits have other labels or segments"
    return f"all {right:,} portraits have the labels and segments of the new rules"


if __name__ == "__main__":
    main()
