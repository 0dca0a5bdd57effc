"""What an invited customer comes to reaches the one who invited: once, whatever happens between."""

import random
from collections import deque
from datetime import timedelta
from itertools import permutations
from typing import Any

import msgspec
import pytest

from stream.batch import Processor
from stream.clock import EventClock
from stream.events import Event, InviteAccepted, ReferralChanged, customer_key
from stream.publish import Message
from stream.topics import REFERRALS
from stream.windows import HOUR_MS
from tests.support.fakes import (
    START,
    START_MS,
    Crash,
    FakeRecord,
    Fuse,
    World,
    erasure,
    ordered,
    records,
    signed_in,
)


def accepted(customer_id: str, inviter: str | None, *, hours_ago: float = 2.0) -> Event:
    return InviteAccepted(
        event_id=f"{customer_id} accepts {inviter} {hours_ago}",
        customer_id=customer_id,
        occurred_at=START - timedelta(hours=hours_ago),
        invited_by=inviter,
    )


def told(world: World) -> list[ReferralChanged]:
    """What was sent to those who invited, in order."""
    return [
        msgspec.json.decode(message.value or b"", type=ReferralChanged)
        for message in world.published
        if message.topic == REFERRALS
    ]


def as_records(messages: list[Message]) -> list[FakeRecord]:
    return [FakeRecord(n, message.key, message.value) for n, message in enumerate(messages)]


async def deliver(world: World, worker: Processor) -> None:
    """Hand what was told to the one concerned, as the internal topic does."""
    sent = [message for message in world.published if message.topic == REFERRALS]
    await worker.process(REFERRALS, 0, as_records(sent))


async def social(world: World, customer_id: str) -> dict[str, Any]:
    document = (await world.portraits())[f"main/{customer_id}"]
    assert document is not None
    found: dict[str, Any] = msgspec.json.decode(document)["social"]
    return found


async def test_orders_of_a_customer_nobody_invited_tell_nothing() -> None:
    world = World()
    worker = world.worker()
    await worker.process("orders", 0, records([ordered("a", "1", "10.00")]))
    await worker.process("engagements", 0, records([accepted("a", None), accepted("b", "b")]))
    assert told(world) == []


async def test_an_invited_customers_totals_are_told_to_who_invited() -> None:
    world = World()
    worker = world.worker()
    await worker.process("engagements", 0, records([accepted("new", "old")]))
    await worker.process("orders", 0, records([ordered("new", "1", "10.00")]))
    await worker.process("orders", 0, records([ordered("new", "2", "2.50")], 1))
    assert [(each.customer_id, each.orders, each.amount) for each in told(world)] == [
        ("old", 0, "0.00"),
        ("old", 1, "10.00"),
        ("old", 2, "12.50"),
    ]
    keys = {message.key for message in world.published if message.topic == REFERRALS}
    assert keys == {customer_key("main", "old").encode()}


async def test_the_portrait_of_who_invited_shows_what_they_brought() -> None:
    world = World()
    worker = world.worker()
    await worker.process("logins", 0, records([signed_in("old", "0")]))
    # The order comes before the invitation that explains it: other topic, other speed.
    await worker.process("orders", 0, records([ordered("new", "1", "10.00")]))
    await worker.process("engagements", 0, records([accepted("new", "old")]))
    await deliver(world, worker)
    found = await social(world, "old")
    assert (found["invites_accepted"], found["customers_brought"]) == (1, 1)
    assert found["brought_amount"] == "10.00"
    assert world.documents("main/old")[-1]["changed"] == ["social"]
    assert world.documents("main/old")[-1]["activity"]["counts"] == {"signed_in": 1}
    assert (await social(world, "new"))["came_by_invitation"]


async def test_only_the_first_invitation_brings_a_customer() -> None:
    world = World()
    worker = world.worker()
    await worker.process("logins", 0, records([signed_in("first", "1"), signed_in("later", "2")]))
    invitations = [accepted("new", "later", hours_ago=2), accepted("new", "first", hours_ago=3)]
    for offset, invitation in enumerate(invitations):
        await worker.process("engagements", 0, records([invitation], offset))
    await deliver(world, worker)
    assert (await social(world, "first"))["invites_accepted"] == 1
    assert (await social(world, "later"))["invites_accepted"] == 0


async def test_a_customer_known_by_a_referral_only_has_no_portrait_yet() -> None:
    world = World()
    worker = world.worker()
    await worker.process("engagements", 0, records([accepted("new", "unseen")]))
    await deliver(world, worker)
    assert "main/unseen" not in world.changes()
    await worker.process("logins", 0, records([signed_in("unseen", "1")]))
    assert world.versions("main/unseen") == [1]
    assert world.documents("main/unseen")[0]["social"]["invites_accepted"] == 1


async def test_an_erased_customer_is_told_of_and_tells_nothing_more() -> None:
    world = World()
    worker = world.worker()
    await worker.process("engagements", 0, records([accepted("new", "old")]))
    await worker.process("customers", 0, records([erasure("new"), erasure("old", "and me")]))
    before = len(told(world))
    await worker.process("orders", 0, records([ordered("new", "1", "10.00")]))
    assert len(told(world)) == before
    await deliver(world, worker)
    assert world.documents("main/old") == [None]


def history() -> dict[str, list[FakeRecord]]:
    """Three customers invited by two, in the topics that their events go to."""
    customers = ("n1", "n2", "n3")
    return {
        "logins": records([signed_in("a", "l1"), signed_in("b", "l2")]),
        "engagements": records(
            [
                accepted("n1", "a"),
                accepted("n2", "b", hours_ago=1),
                accepted("n2", "a", hours_ago=3),
                accepted("n3", "b"),
            ]
        ),
        "orders": records(
            [ordered(who, f"o{n}-{who}", f"{n}.25") for n in (1, 2, 3) for who in customers]
        ),
    }


async def run_to_the_end(world: World, rng: random.Random, fuses: list[Fuse]) -> None:
    """Process everything, in random batches, by a worker that dies at every fuse and starts anew.

    What is told is read back as its topic would deliver it, all of it from the last commit on.
    """
    source = history()
    committed = dict.fromkeys([*source, REFERRALS], 0)
    waiting = deque(fuses)
    worker = world.worker(waiting.popleft() if waiting else Fuse())
    while True:
        sent = [message for message in world.published if message.topic == REFERRALS]
        source[REFERRALS] = as_records(sent)
        left = [topic for topic, all_ in source.items() if committed[topic] < len(all_)]
        if not left:
            return
        topic = rng.choice(left)
        start = committed[topic]
        batch = source[topic][start : start + rng.randrange(1, 5)]
        try:
            await worker.process(topic, 0, batch)
        except Crash:
            worker = world.worker(waiting.popleft() if waiting else Fuse())
            continue
        if rng.random() < 0.7:  # else nothing was committed, and it is delivered again
            committed[topic] = start + len(batch)


@pytest.mark.parametrize("seed", range(25))
async def test_crashes_and_any_order_lead_to_the_same_totals(seed: int) -> None:
    rng = random.Random(seed)
    world = World()
    await run_to_the_end(world, rng, [Fuse(rng.randint(5, 60)) for _ in range(6)])
    a, b = await social(world, "a"), await social(world, "b")
    assert (a["invites_accepted"], a["customers_brought"], a["brought_amount"]) == (2, 2, "13.50")
    assert (b["invites_accepted"], b["customers_brought"], b["brought_amount"]) == (1, 1, "6.75")
    await world.check_changes()


@pytest.mark.parametrize("order", list(permutations(range(3))))
async def test_whose_invitation_was_first_does_not_depend_on_the_order_of_arrival(
    order: tuple[int, ...],
) -> None:
    world = World()
    worker = world.worker()
    await worker.process("logins", 0, records([signed_in("a", "1"), signed_in("b", "2")]))
    sent = [
        accepted("new", "b", hours_ago=20),
        accepted("new", "a", hours_ago=22),
        accepted("new", "b", hours_ago=23),
    ]
    for offset, number in enumerate(order):
        await worker.process("engagements", 0, records([sent[number]], offset))
    await worker.process("orders", 0, records([ordered("new", "o", "10.00")]))
    await deliver(world, worker)
    found = {who: (await social(world, who))["brought_amount"] for who in "ab"}
    assert found == {"a": "0.00", "b": "10.00"}


async def test_a_referral_moves_no_clock() -> None:
    world = World()
    worker = world.worker(clock=EventClock())
    await worker.process("logins", 0, records([signed_in("old", "1", hours_ago=900)]))
    await worker.process("orders", 1, records([ordered("new", "o", "10.00", hours_ago=1)]))
    await worker.process("engagements", 1, records([accepted("new", "old")]))
    await deliver(world, worker)
    assert await world.table.watermark(0) == START_MS - 900 * HOUR_MS
    assert world.documents("main/old")[-1]["activity"]["counts"] == {"signed_in": 1}
