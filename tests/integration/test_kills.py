"""Segments and groups after workers were killed at random moments, again and again.

What must hold needs no undisturbed run to compare with: moves are the differences between versions,
group figures the sum of all stored portraits.
"""

import asyncio
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from stream.demo.simulation import Simulation
from stream.settings import Settings
from tests.support import traffic
from tests.support.events import event
from tests.support.kills import shop_of, sign_ins, with_kills, written
from tests.support.moved import check_moves, kept_sums, scanned_sums, versions_of
from tests.support.services import Backend
from tests.support.workers import successful

EVENTS, CUSTOMERS = 3600, 120
#: After every so many events a customer wants to be forgotten.
ERASED_EVERY = 300
DAY = timedelta(days=1)

#: Some depend on events, some on time; many are entered and left within the simulated weeks.
RULES = """
labels:
  - {name: here, when: {field: last_seen, within_days: 0.25}}
segments:
  - {name: here-now, when: {label: here}}
  - {name: gone-today, when: {all: [{not: {label: here}}, {field: last_seen, within_days: 1}]}}
  - {name: lookers, when: {field: activity.counts.product_viewed, at_least: 15}}
  - {name: buyers, when: {field: spending.orders_30d, at_least: 1}}
  - {name: newcomers, when: {field: first_seen, within_days: 2.5}}
"""


def history(file: Path) -> Path:
    """A simulated shop in which some customers are erased while others go on.

    At its end come customers whom nothing but time moves any more.
    """
    lines: list[Any] = []
    for number, made in enumerate(Simulation(11, CUSTOMERS).last(EVENTS, traffic.END), 1):
        lines.append(made)
        if number % ERASED_EVERY == 0:
            at = made.occurred_at.isoformat()
            lines.append(event("erasure_requested", at, customer_id=made.customer_id))
    return written(file, [*lines, *sign_ins("last", traffic.END)])


async def survive(shop: Settings, directory: Path, seed: int) -> None:
    """Kill workers while events come in, then let some days pass."""
    file = history(directory / "events.jsonl")
    later = written(directory / "later.jsonl", sign_ins("later", traffic.END + 3 * DAY))
    await with_kills(shop, directory, file, [later], seed)


@pytest.fixture(scope="module")
def survived(backend: Backend, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    directory = tmp_path_factory.mktemp(f"kills-{backend.name}")
    rules = directory / "labels.yaml"
    rules.write_text(RULES)
    shop = shop_of(backend, directory, labels=rules)
    asyncio.run(survive(shop, directory, seed=4))
    return shop


async def test_after_kills_no_segment_move_is_lost_and_none_is_repeated(survived: Settings):
    published = await check_moves(survived)
    seen = {(move["segment"], move["move"], move["cause"]) for _, move in published}
    assert {("here-now", "left", "time"), ("newcomers", "left", "time")} <= seen
    assert {("lookers", "entered", "event"), ("buyers", "entered", "event")} <= seen


async def test_after_kills_an_erased_customer_has_left_every_segment(survived: Settings):
    versions = await versions_of(survived)
    erased = {key for key, documents in versions.items() if documents[len(documents)] is None}
    assert len(erased) > 5
    balance = dict.fromkeys(erased, 0)
    for record, move in await check_moves(survived):
        if (key := record.key.decode()) in balance:
            balance[key] += 1 if move["move"] == "entered" else -1
    assert set(balance.values()) == {0}


async def test_after_kills_the_figures_of_all_groups_equal_a_full_scan(survived: Settings):
    kept = await kept_sums(survived)
    assert {("main", ""), ("main", "lookers"), ("main", "buyers")} <= kept.keys()
    assert kept == await scanned_sums(survived)


def test_after_kills_the_portrait_of_a_group_is_that_of_a_full_scan(survived: Settings):
    def printed(*arguments: str) -> Any:
        return json.loads(successful(survived, "group", "--json", *arguments))

    kept = printed("buyers")
    assert kept == printed("buyers", "--scan")
    assert kept["customers"] == kept["buyers"] > 0
