"""Counters fall when time passes, without any event of the customer."""

import json

from tests.support import traffic
from tests.support.events import event
from tests.support.topics import Raw, read_all, send, wait_until_all_is_committed
from tests.support.workers import successful, wait_until

PARTITION = 1


def view(customer: str, at: str) -> Raw:
    wire = event("product_viewed", at, customer_id=customer, product={"product_id": "p1"})
    return Raw("clicks", PARTITION, f"main/{customer}".encode(), traffic.encoded(wire))


async def changes(settings) -> dict[str, list[tuple[int, str, dict]]]:
    """Customer -> version, cause and counts of everything that was published of it."""
    found: dict[str, list[tuple[int, str, dict]]] = {}
    for record in await read_all(settings, "portraits"):
        change = json.loads(record.value)
        counts = change["activity"]["counts"]
        entry = (change["version"], change["cause"], counts)
        found.setdefault(change["customer_id"], []).append(entry)
    return found


async def test_an_idle_customers_counters_fall_and_are_published_exactly_once(
    settings, start_worker, tmp_path
):
    no_labels = tmp_path / "labels.yaml"
    no_labels.write_text("labels: []")  # they would change at other instants
    shop = settings(clock="event", sweep_s=0.2, labels=no_labels)
    successful(shop, "topics")
    worker = start_worker(shop).ready()
    await send(
        shop,
        [
            view("idle", "2025-01-01T10:00:00Z"),
            view("fence-1", "2025-01-02T10:00:00Z"),
            view("fence-2", "2025-01-03T10:00:00Z"),
        ],
    )
    await wait_until_all_is_committed(shop)
    assert worker.metric("portrait_changes_total", cause="time") == 0
    # 31 days after the idle customer's event, but not yet after the others'.
    await send(shop, [view("busy", "2025-02-01T10:30:00Z")])
    wait_until(
        lambda: worker.metric("portrait_changes_total", cause="time") == 1, "the sweeper found it"
    )
    once = [(1, "event", {"product_viewed": 1}), (2, "time", {})]
    assert (await changes(shop))["idle"] == once
    # When the next one's time has come, the sweeper has been there again.
    await send(shop, [view("busy", "2025-02-02T10:30:00Z")])
    wait_until(
        lambda: worker.metric("portrait_changes_total", cause="time") == 2, "the next one fell"
    )
    assert worker.stop() == 0
    restarted = start_worker(shop).ready()
    await send(shop, [view("busy", "2025-02-03T10:30:00Z")])
    wait_until(
        lambda: restarted.metric("portrait_changes_total", cause="time") == 1, "the last one fell"
    )
    assert await changes(shop) == {
        "idle": once,
        "fence-1": once,
        "fence-2": once,
        "busy": [(n, "event", {"product_viewed": n}) for n in (1, 2, 3)],
    }
