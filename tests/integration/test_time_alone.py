"""What depends on time changes with no event of the customer: each change once, and at its time."""

import json
from typing import Any

import msgspec

from stream.profile.portrait import Portrait, difference
from stream.profile.state import State, next_change
from tests.support import traffic
from tests.support.events import (
    TOPIC_OF,
    Wire,
    event,
    folded,
    ordered,
    portrait,
    to_ms,
    to_text,
    viewed,
)
from tests.support.strategies import DAY_MS
from tests.support.topics import Raw, read_all, send, wait_until_all_is_committed
from tests.support.workers import Worker, successful, wait_until

PARTITION = 1
IDLE = "idle"
ITEM = {"product_id": "mug", "category": "home/mugs", "brand": "Acme", "price": "80.00"}
DAYS = ("2024-12-28", "2025-01-11", "2025-01-21")
HISTORY = [
    *(viewed(f"{day}T09:40:00Z", **ITEM) for day in DAYS),
    *(ordered(f"{day}T10:00:00Z", "80.00", ITEM, coupon="TEN") for day in DAYS),
    event("support_contacted", "2025-01-22T10:00:00Z", complaint=True),
]
#: Days after the newest order at which the clock is looked at: around every edge of the story.
LOOKS = (2, 11, 12, 13, 20, 29, 30, 31, 33, 60, 120, 200, 346, 350, 377, 400)
LAST_ORDER_MS = to_ms("2025-01-21T10:00:00Z")


def raw(wire: Wire, customer: str) -> Raw:
    value = traffic.encoded({**wire, "customer_id": customer})
    return Raw(TOPIC_OF[wire["type"]], PARTITION, f"main/{customer}".encode(), value)


def expected_documents(state: State, looks_ms: list[int]) -> list[Portrait]:
    """What must be published of the idle customer when the clock shows these times."""
    assert state.newest_ms is not None
    known = portrait(state, state.newest_ms + 1)
    documents, due = [known], next_change(state, state.newest_ms + 1)
    for now_ms in looks_ms:
        if due is None or due > now_ms:
            continue
        due = next_change(state, now_ms)
        described = portrait(state, now_ms)
        if difference(known, described) is not None:
            documents.append(described)
            known = described
    return documents


async def published(settings) -> list[dict[str, Any]]:
    records = await read_all(settings, "portraits")
    documents = [json.loads(record.value) for record in records]
    return [document for document in documents if document["customer_id"] == IDLE]


def sections(document: Any) -> dict[str, Any]:
    """All that says something of the customer, without what is of the publication."""
    beside = ("customer_id", "version", "as_of", "changed", "cause")
    found = {name: value for name, value in document.items() if name not in beside}
    found["activity"] = {k: v for k, v in found["activity"].items() if k != "window"}
    return found


def transitions(documents: list[dict[str, Any]], section: str, *path: str) -> list[Any]:
    """The values that a field took, one after the other."""
    values: list[Any] = []
    for document in documents:
        value = document[section]
        for name in path:
            value = None if value is None else value[name]
        if not values or values[-1] != value:
            values.append(value)
    return values


async def test_overdue_rfm_tier_and_inclinations_change_with_time_alone_each_once(
    settings, start_worker, tmp_path
):
    no_labels = tmp_path / "labels.yaml"
    no_labels.write_text("labels: []")  # what is expected is described without any
    shop = settings(clock="event", sweep_s=0.1, labels=no_labels)
    successful(shop, "topics")
    worker: Worker = start_worker(shop).ready()
    await send(shop, [raw(wire, IDLE) for wire in HISTORY])
    await wait_until_all_is_committed(shop)
    state = folded(HISTORY)
    looks_ms = [LAST_ORDER_MS + days * DAY_MS + 1 for days in LOOKS]
    expected = expected_documents(state, looks_ms)
    after_events = len(await published(shop)) - 1
    for number, now_ms in enumerate(looks_ms):
        tick = viewed(to_text(now_ms - 1))
        await send(shop, [raw(tick, "clock")])
        due = len(expected_documents(state, looks_ms[: number + 1])) - 1
        wait_until(  # before the clock moves on: what is due then is another document
            lambda due=due: worker.metric("portrait_changes_total", cause="time") >= due,
            f"what is due {LOOKS[number]} days after the order is published",
        )
    assert worker.stop() == 0
    documents = (await published(shop))[after_events:]
    assert [document["cause"] for document in documents[1:]] == ["time"] * (len(expected) - 1)
    assert [document["version"] for document in documents] == list(
        range(after_events + 1, after_events + 1 + len(expected))
    )
    as_json = [json.loads(msgspec.json.encode(each)) for each in expected]
    assert [sections(found) for found in documents] == [sections(each) for each in as_json]
    assert transitions(documents, "spending", "repurchase", "overdue") == [False, True]
    assert transitions(documents, "spending", "tier") == ["silver", "bronze", None]
    scores = transitions(documents, "spending", "rfm", "r")
    assert scores == sorted(scores, reverse=True)
    assert scores[0] - scores[-1] >= 3
    assert transitions(documents, "service", "open_complaints") == [1, 0]
    names = [[each["name"] for each in d["disposition"]["inclinations"]] for d in documents]
    assert {"impulsive", "loyal", "price-driven"} <= set(names[0])
    assert names[-1] == []
