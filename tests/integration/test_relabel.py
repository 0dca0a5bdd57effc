"""A changed rule file is applied to all stored portraits by workers that go on working."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from stream.settings import Settings
from stream.tables.redis import RedisTable
from stream.topics import ensure_topics
from tests.support import traffic
from tests.support.events import TOPIC_OF, Wire, event, to_ms, to_text
from tests.support.moved import check_moves, settled, versions_of
from tests.support.tables import documents
from tests.support.topics import Raw, send, wait_until_all_is_committed
from tests.support.workers import exit_code_of, in_background, wait_until

CUSTOMERS = 1200
#: Portraits a second: a renewal takes more than two seconds, in the middle of which there is time.
RATE = 600.0
START_MS = to_ms("2025-01-20T12:00:00Z")
LIVE_EVENTS, LIVE_A_SECOND = 1200, 250

VIEWS = "field: activity.counts.product_viewed"


def rules(name: str, at_least: int) -> str:
    """A label, and a segment by it, for whoever viewed so many products."""
    return f"""
labels:
  - name: {name}
    when: {{{VIEWS}, at_least: {at_least}}}
segments:
  - {{name: many, when: {{label: {name}}}}}
  - {{name: few, when: {{not: {{label: {name}}}}}}}
"""


MISTAKE = rules("looker", 2).replace("product_viewed", "product_veiwed")


def view(at: str, customer_id: str) -> Wire:
    return event("product_viewed", at, customer_id=customer_id, product={"product_id": "p1"})


def history() -> list[Wire]:
    """One to four views of each customer."""
    return [
        view(to_text(START_MS + number), f"c{number % CUSTOMERS}")
        for number in range(4 * CUSTOMERS)
        if number // CUSTOMERS <= number % 4
    ]


def live() -> list[Wire]:
    """Later views of every third of the customers, and sign-ins of new ones."""
    made = []
    for number in range(LIVE_EVENTS):
        at = to_text(START_MS + 3_600_000 + number)
        known = view(at, f"c{number * 3 % CUSTOMERS}")
        fresh = event("signed_in", at, customer_id=f"new{number}")
        made.append(known if number % 5 else fresh)
    return made


def wrong(shop: Settings, name: str, at_least: int) -> list[str]:
    """Customers whose stored portrait is not as the rules of that name would have it."""
    found = []
    for key, (_, document) in documents(shop).items():
        portrait = json.loads(document)
        has_it = portrait["activity"]["counts"].get("product_viewed", 0) >= at_least
        expected = ([name], ["many"]) if has_it else ([], ["few"])
        if (portrait["labels"], portrait["segments"]) != expected:
            found.append(key)
    return found


def raw(wire: Wire) -> Raw:
    key = f"main/{wire['customer_id']}".encode()
    return Raw(TOPIC_OF[wire["type"]], None, key, traffic.encoded(wire))


async def stale(shop: Settings) -> int:
    """Customers that are marked and not described anew yet."""
    table = RedisTable.connect(shop.redis, shop.namespace)
    try:
        return sum([await table.count_due(p, 2**53, "stale") for p in range(shop.partitions)])
    finally:
        await table.close()


def put(file: Path, text: str) -> None:
    """Replace a file in one step."""
    beside = file.with_suffix(".new")
    beside.write_text(text)
    beside.replace(file)


def relabelled(shop: Settings, name: str, at_least: int) -> None:
    wait_until(lambda: not wrong(shop, name, at_least), f"every portrait is by {name}", 30.0)


@pytest.fixture
async def shop(settings: Callable[..., Settings], tmp_path: Path) -> Settings:
    """A shop with a history that no worker has read yet."""
    file = tmp_path / "labels.yaml"
    put(file, rules("viewer", 2))
    made: Settings = settings(clock="event", labels=file, renewal_rate=RATE, session_timeout_s=1.0)
    await ensure_topics(made)
    await send(made, map(raw, history()))
    return made


async def test_rules_that_changed_while_no_worker_ran_are_applied_by_the_next(shop, start_worker):
    first = start_worker(shop).ready()
    await wait_until_all_is_committed(shop)
    before = documents(shop)
    assert len(before) == CUSTOMERS
    assert wrong(shop, "viewer", 2) == []
    first.kill()
    put(shop.labels, rules("looker", 3))
    start_worker(replace(shop, renewal_rate=100_000.0)).ready()
    relabelled(shop, "looker", 3)
    await settled(shop)
    published = await check_moves(shop)
    admin = [move for _, move in published if move["cause"] == "admin"]
    assert {(move["segment"], move["move"]) for move in admin} == {
        ("many", "left"),
        ("few", "entered"),
    }
    after = await versions_of(shop)
    for key, (version, document) in before.items():
        new = [each["cause"] for number, each in after[key].items() if number > version]
        views = json.loads(document)["activity"]["counts"]["product_viewed"]
        assert new == (["admin"] if views >= 2 else []), key  # once, and only where it changed


async def test_a_running_worker_takes_changed_rules_and_the_next_one_completes_its_renewal(
    shop, start_worker, tmp_path: Path
):
    worker = start_worker(shop).ready()
    await wait_until_all_is_committed(shop)

    put(shop.labels, MISTAKE)
    wait_until(lambda: worker.metric("portrait_standards_refused") == 1, "the file is refused")
    assert f"{shop.labels}, line 4: " in worker.log
    assert "product_viewed" in worker.log
    assert wrong(shop, "viewer", 2) == []

    renewed, applied = worker.metric("portrait_renewed_total"), worker.outcomes("applied")
    events = traffic.written(tmp_path / "live.jsonl", live())
    rate = str(LIVE_A_SECOND)
    replay = in_background(shop, tmp_path / "live.log", "replay", str(events), "--rate", rate)
    put(shop.labels, rules("fan", 4))
    wait_until(
        lambda: worker.metric("portrait_renewed_total") > renewed + CUSTOMERS / 4,
        "some portraits are described anew",
    )
    assert worker.metric("portrait_standards_refused") == 0
    assert worker.outcomes("applied") > applied, "live events are coming in"
    worker.kill()
    left = await stale(shop)
    assert 0 < left < len(documents(shop))
    heir = start_worker(replace(shop, renewal_rate=100_000.0)).ready()
    assert exit_code_of(replay) == 0, replay.tail()
    await settled(shop)
    assert wrong(shop, "fan", 4) == []
    assert heir.metric("portrait_renewed_total") == left  # it went on, not from the start
    causes = {(m["segment"], m["move"], m["cause"]) for _, m in await check_moves(shop)}
    assert {("many", "left", "admin"), ("few", "entered", "admin")} <= causes
    assert {("many", "entered", "event"), ("few", "left", "event")} <= causes
