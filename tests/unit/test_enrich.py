"""What is known of others goes with an event: asked once a batch, the same when delivered again."""

import random
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stream.batch import Processor
from stream.decode import place
from stream.draft import Sourced
from stream.enrich import Enricher
from stream.errors import Transient
from stream.events import Event, OrderCompleted, SignedIn, SignedUp, SignInFailed, customer_key
from stream.fields import Context
from stream.money import Rates
from stream.risk.evidence import Evidence, Facts
from stream.risk.records import Features
from stream.tables import codec
from stream.tables.facts import CountedSignIn
from stream.tables.memory_facts import MemoryFacts
from tests.support.fakes import (
    START,
    START_MS,
    Crash,
    FakeRecord,
    Faulty,
    Fuse,
    Turns,
    World,
    records,
    viewed,
)

SOURCE = "logins:0"


def signed_up(who: str, device: str = "d", *, minutes_ago: float = 60) -> Event:
    return SignedUp(
        event_id=f"{who} signs up", customer_id=who, context=Context(device_id=device),
        occurred_at=START - timedelta(minutes=minutes_ago),
    )  # fmt: skip


def signed_in(who: str, event_id: str, ip: str = "1.1.1.1", *, minutes_ago: float = 30) -> Event:
    return SignedIn(
        event_id=event_id, customer_id=who, context=Context(ip=ip),
        occurred_at=START - timedelta(minutes=minutes_ago),
    )  # fmt: skip


def failed(who: str, number: int, *, minutes_ago: float) -> Event:
    return SignInFailed(
        event_id=f"{who} fails {number}", customer_id=who,
        context=Context(device_id="d", ip="1.1.1.1"),
        occurred_at=START - timedelta(minutes=minutes_ago),
    )  # fmt: skip


def work_of(events: Sequence[Event], first_offset: int = 0) -> dict[str, list[Sourced]]:
    """What decoding makes of the records of events."""
    work: dict[str, list[Sourced]] = {}
    for offset, event in enumerate(events, first_offset):
        occurrence = place(event, now_ms=START_MS, rates=Rates("USD"))
        key = customer_key(event.store_id, event.customer_id)
        work.setdefault(key, []).append(Sourced(SOURCE, offset, occurrence))
    return work


async def enriched(enricher: Enricher, work: dict[str, list[Sourced]]) -> dict[int, Facts]:
    """The facts by offset; everything else must be as it was."""
    found = await enricher.enrich(work)
    assert list(found) == list(work)
    facts: dict[int, Facts] = {}
    for key, given_ in work.items():
        for before, after in zip(given_, found[key], strict=True):
            assert (before.source, before.offset) == (after.source, after.offset)
            assert before.occurrence.event is after.occurrence.event
            facts[after.offset] = after.occurrence.facts
    return facts


async def evidence(world: World, who: str) -> Evidence:
    (record,) = await world.table.load([f"main/{who}"])
    assert record is not None
    return codec.decode(record.state).risk


# --- what is asked --------------------------------------------------------------------------


async def test_a_batch_without_questions_asks_nothing_and_stays_as_it_is() -> None:
    fuse = Fuse()
    enricher = Enricher(Faulty(MemoryFacts(), fuse))
    work = work_of([viewed("a", "1"), viewed("b", "2")])
    assert await enricher.enrich(work) is work
    assert await enricher.enrich({}) == {}
    assert fuse.passed == []


async def test_a_batch_asks_once_and_counts_its_sign_ins_once() -> None:
    fuse = Fuse()
    enricher = Enricher(Faulty(MemoryFacts(), fuse))
    await enricher.enrich(work_of([signed_in(f"c{n}", f"{n}") for n in range(50)]))
    asked = [where for where in fuse.passed if where.startswith("before")]
    assert sorted(asked) == ["before ask", "before count_sign_ins"]


async def test_a_customer_knows_of_those_who_came_before_in_the_same_batch() -> None:
    # Customers take turns: grouped by customer, the first would know of nobody.
    events = [signed_up("b"), signed_up("a"), viewed("b", "1"), signed_up("c", "elsewhere")]
    found = await enriched(Enricher(MemoryFacts()), work_of(events))
    known = {offset: dict(facts.known).get("accounts_on_device") for offset, facts in found.items()}
    assert known == {0: None, 1: 2, 2: None, 3: None}
    assert {(told.key, told.code, told.value) for told in found[1].told} == {
        ("main/b", "accounts_on_device", 2)
    }
    assert found[2] == Facts()


async def test_orders_of_any_topic_ask_by_their_references() -> None:
    orders = [
        OrderCompleted(
            event_id=who, customer_id=who, occurred_at=START, order_id=who, total="1",
            currency="USD", payment_ref="card",
        )
        for who in "ab"
    ]  # fmt: skip
    found = await enriched(Enricher(MemoryFacts()), work_of(orders))
    assert dict(found[1].known) == {"accounts_on_payment": 2}
    assert found[1].sign_in is None


async def test_a_sign_in_brings_the_counts_of_those_before_it() -> None:
    enricher = Enricher(MemoryFacts())
    events = [signed_in("a", "1"), signed_up("x"), signed_in("b", "2", "2.2.2.2")]
    first = await enriched(enricher, work_of(events))
    later = await enriched(enricher, work_of([signed_in("a", "3")], first_offset=3))
    counts = [first[0].sign_in, first[2].sign_in, later[3].sign_in]
    assert [(each.sign_ins, each.customers, each.ip) for each in counts if each] == [
        (0, 0, 0),
        (1, 1, 0),
        (2, 2, 1),
    ]
    assert first[1].sign_in is None


async def test_a_sign_in_that_shows_nothing_is_counted() -> None:
    enricher = Enricher(MemoryFacts())
    plain = SignedIn(event_id="1", customer_id="a", occurred_at=START)
    found = await enriched(enricher, work_of([plain, plain]))
    assert found[1].sign_in is not None
    assert found[1].sign_in.sign_ins == 1


async def test_a_fact_table_that_does_not_answer_is_asked_again() -> None:
    world, fuse = World(), Fuse("before ask", Transient)
    worker = world.worker(fuse)
    batch = records([signed_up("a"), signed_up("b")])
    with pytest.raises(Transient):
        await worker.process("logins", 0, batch)
    assert world.published == []
    await worker.process("logins", 0, batch)
    assert "accounts_on_device" in (await evidence(world, "b")).known


# --- redelivery -----------------------------------------------------------------------------


def history(rng: random.Random) -> list[Event]:
    """Sign-ups and sign-ins of some customers who share devices and addresses."""
    events: list[Event] = [
        signed_up(f"c{n}", rng.choice("xy"), minutes_ago=100 - n) for n in range(6)
    ]
    for number in range(14):
        who, ip = f"c{rng.randrange(6)}", rng.choice(["1.1.1.1", "2.2.2.2"])
        events.append(signed_in(who, f"s{number}", ip, minutes_ago=50 - number))
    return events


async def judged(world: World) -> dict[str, Evidence]:
    """What is known of each customer."""
    return {f"c{n}": await evidence(world, f"c{n}") for n in range(6)}


async def counted(world: World) -> tuple[int, int]:
    """All sign-ins and their customers, as one of another partition finds them."""
    other = CountedSignIn(0, "main", "main/other", Features())
    (found,) = await world.facts.count_sign_ins("logins:9", [other])
    return found.sign_ins, found.customers


async def run(worker: Processor, batches: Sequence[Sequence[FakeRecord]]) -> int:
    """Process until done or dead; how many batches were acknowledged."""
    for done, batch in enumerate(batches):
        try:
            await worker.process("logins", 0, batch)
        except Crash:
            return done
    return len(batches)


def cut(rng: random.Random, whole: Sequence[FakeRecord]) -> list[Sequence[FakeRecord]]:
    """The records in batches of random sizes."""
    ends = sorted(rng.sample(range(1, len(whole)), 4))
    return [whole[start:end] for start, end in pairwise([0, *ends, len(whole)])]


@pytest.mark.parametrize("seed", range(3))
async def test_a_crash_at_any_point_changes_no_fact(seed: int) -> None:
    rng = random.Random(seed)
    events = history(rng)
    batches = cut(rng, records(events))
    undisturbed, fuse = World(), Fuse()
    assert await run(undisturbed.worker(fuse), batches) == len(batches)
    expected, total = await judged(undisturbed), await counted(undisturbed)
    assert total == (14, len({each.customer_id for each in events[6:]}))
    assert all(found.known for found in expected.values())
    assert "after ask" in fuse.passed
    for at in range(1, len(fuse.passed) + 1):
        world = World()
        done = await run(world.worker(Fuse(at)), batches)
        assert done < len(batches)
        resumed = rng.randint(0, done)  # not everything acknowledged was committed
        assert await run(world.worker(), batches[resumed:]) == len(batches) - resumed
        assert await judged(world) == expected, f"point {at}"
        assert await counted(world) == total, f"point {at}"


@given(seed=st.integers(0, 2**32), choices=st.data())
@settings(max_examples=40, deadline=None)
async def test_two_workers_with_the_same_records_count_each_sign_in_once(
    seed: int, choices: st.DataObject
) -> None:
    rng = random.Random(seed)
    events = history(rng)
    whole = records(events)
    world, turns = World(), Turns()

    async def work(name: str) -> None:
        await run(world.worker(turns.point(name)), cut(rng, whole))

    await turns.drive(
        {name: work(name) for name in "AB"}, lambda names: choices.draw(st.sampled_from(names))
    )
    assert await counted(world) == (14, len({each.customer_id for each in events[6:]}))


async def test_facts_that_were_noted_before_a_crash_are_known_as_they_were() -> None:
    world = World()
    first = records([signed_up("a", minutes_ago=50), signed_in("a", "1")])
    with pytest.raises(Crash):
        await world.worker(Fuse("before store")).process("logins", 0, first)
    # Somebody else meanwhile, on another partition: after this sign-up, but before this sign-in.
    others = [signed_up("b", minutes_ago=40), signed_in("b", "2")]
    await world.worker().process("logins", 1, records(others))
    await world.worker().process("logins", 0, first)
    assert "accounts_on_device" not in (await evidence(world, "a")).known
    assert "accounts_on_device" in (await evidence(world, "b")).known
    (sign_in,) = (await evidence(world, "a")).sign_ins
    assert sign_in.counts is not None
    assert sign_in.counts.sign_ins == 1  # as known now: not itself, but the one meanwhile


async def test_a_conflict_does_not_ask_again() -> None:
    world, passed = World(), Counter[str]()

    async def outrun(where: str) -> None:
        passed[where] += 1
        if where == "before store" and passed[where] == 1:
            rival = world.worker()
            await rival.process("logins", 1, records([signed_in("a", "rival")]))

    await world.worker(outrun).process("logins", 0, records([signed_up("a"), signed_in("a", "1")]))
    assert passed["before store"] == 2
    assert passed["before ask"] == passed["before count_sign_ins"] == 1
    assert world.documents("main/a")[-1]["activity"]["counts"] == {"signed_in": 2, "signed_up": 1}


async def test_accounts_whose_sign_in_fails_again_another_day_are_counted_again() -> None:
    enricher = Enricher(MemoryFacts())
    for run, minutes_ago in enumerate((2 * 24 * 60, 10)):
        events = [failed(f"c{n}", run, minutes_ago=minutes_ago) for n in range(6)]
        enriched = await enricher.enrich(work_of(events, 6 * run))
        known = dict(enriched["main/c5"][0].occurrence.facts.known)
        assert known["failed_accounts_on_device"] == known["failed_accounts_on_ip"] == 6
