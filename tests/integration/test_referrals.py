"""A referral that buys shows in the portrait of who invited, through the internal topic."""

import json

from tests.support import traffic
from tests.support.events import TOPIC_OF, Wire, event, ordered
from tests.support.topics import Raw, send, wait_until_all_is_committed
from tests.support.workers import successful, wait_until

#: The one who invites and the ones who come live on partitions of their own, as keys do.
PARTITIONS = {"old": 0, "new-1": 1, "new-2": 2}


def raw(wire: Wire, customer: str) -> Raw:
    value = traffic.encoded({**wire, "customer_id": customer})
    return Raw(TOPIC_OF[wire["type"]], PARTITIONS[customer], f"main/{customer}".encode(), value)


async def test_what_invited_customers_spend_is_credited_once_through_a_killed_worker(
    settings, start_worker
):
    shop = settings()
    successful(shop, "topics")
    first = start_worker(shop).ready()
    await send(
        shop,
        [
            raw(event("signed_in", "2025-01-01T10:00:00Z"), "old"),
            raw(ordered("2025-01-03T10:00:00Z", "30.00"), "new-1"),
            *(
                raw(event("invite_accepted", "2025-01-02T10:00:00Z", invited_by="old"), customer)
                for customer in ("new-1", "new-2")
            ),
        ],
    )
    await wait_until_all_is_committed(shop)
    first.kill()
    second = start_worker(shop).ready()
    await send(shop, [raw(ordered("2025-01-04T10:00:00Z", "12.50"), "new-2")])

    def social() -> dict:
        return json.loads(successful(shop, "show", "old", "--json"))["social"]

    wait_until(lambda: social()["customers_brought"] == 2, "both orders are credited")
    await wait_until_all_is_committed(shop)
    found = social()
    assert (found["invites_accepted"], found["brought_amount"]) == (2, "42.50")
    assert second.stop() == 0
