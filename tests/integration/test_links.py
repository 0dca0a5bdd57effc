"""Accounts that come to share a device show it in each other's portraits, on real services."""

import json

from tests.support import traffic
from tests.support.events import TOPIC_OF, Wire, event
from tests.support.topics import Raw, send, wait_until_all_is_committed
from tests.support.workers import successful, wait_until

#: Their customers live on partitions of their own, as keys do.
PARTITIONS = {"first": 0, "second": 1, "third": 2}


def raw(wire: Wire, customer: str) -> Raw:
    value = traffic.encoded({**wire, "customer_id": customer})
    return Raw(TOPIC_OF[wire["type"]], PARTITIONS[customer], f"main/{customer}".encode(), value)


def signed_up(customer: str, at: str) -> Raw:
    return raw(event("signed_up", at, context={"device_id": "shared"}), customer)


async def test_who_shares_a_device_is_known_to_all_who_do_through_a_killed_worker(
    settings, start_worker
):
    shop = settings(clock="event")  # the events lie in the past, and so does the risk
    successful(shop, "topics")
    first = start_worker(shop).ready()
    await send(shop, [signed_up("first", "2025-01-01T10:00:00Z")])
    await wait_until_all_is_committed(shop)
    first.kill()
    second = start_worker(shop).ready()
    for customer, at in (("second", "2025-01-01T11:00:00Z"), ("third", "2025-01-01T12:00:00Z")):
        await send(shop, [signed_up(customer, at)])
        await wait_until_all_is_committed(shop)

    def accounts(customer: str) -> str:
        reasons = json.loads(successful(shop, "show", customer, "--json"))["risk"]["reasons"]
        found = {reason["code"]: reason["detail"] for reason in reasons}
        return found.get("accounts_on_device", "")

    for customer in PARTITIONS:
        wait_until(lambda who=customer: "3 accounts" in accounts(who), f"{customer} knows of three")
    assert second.stop() == 0
