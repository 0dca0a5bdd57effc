"""What tables know of many customers at once, held against memory, Valkey, Redis and a cluster."""

import random
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

import pytest
from msgspec.structs import astuple

from stream.child import HOST, free_ports
from stream.errors import Transient
from stream.groups.contribution import member_name
from stream.risk.facts import Answer, Question
from stream.risk.records import Features, SignInCounts
from stream.tables import memory_facts, redis_facts
from stream.tables.facts import CountedSignIn, FactTable
from stream.tables.memory_facts import MemoryFacts
from stream.tables.redis_facts import RedisFacts
from stream.windows import DAY_MS, HOUR_MS
from tests.contract.conftest import REDISES, Place

NOW_MS = 1_740_830_400_000
SOURCE = "logins:0"
HOME = Features(ip=11, asn=12, country=13, user_agent=14, browser=15, os=16, kind=17)
AWAY = Features(ip=4_294_967_295, asn=12, country=99)

CALLS: dict[str, Callable[[FactTable], Awaitable[object]]] = {
    "ask": lambda table: ask(table, "a", 5),
    "count_sign_ins": lambda table: table.count_sign_ins(SOURCE, [sign_in(0, "a")]),
}


@pytest.fixture(params=["memory", *REDISES])
def new_facts(request: pytest.FixtureRequest) -> Callable[[], FactTable]:
    """Makes tables that share what they keep, as those of two workers do."""
    if request.param == "memory":
        memory = MemoryFacts()
        return lambda: memory
    url = request.getfixturevalue(REDISES[request.param]).url
    namespace = f"t{uuid.uuid4().hex[:12]}"
    return lambda: RedisFacts.connect(url, namespace)


@pytest.fixture
async def facts(new_facts: Callable[[], FactTable]) -> AsyncIterator[FactTable]:
    made = new_facts()
    yield made
    await made.close()


@pytest.fixture
async def others(new_facts: Callable[[], FactTable]) -> AsyncIterator[FactTable]:
    """The same facts as another worker sees them."""
    made = new_facts()
    yield made
    await made.close()


@pytest.fixture
async def in_redis(place: Place) -> AsyncIterator[RedisFacts]:
    made = RedisFacts.connect(place.url, place.namespace)
    yield made
    await made.close()


def question(
    member: str | None, at_ms: int, *windows: int, scope: str = "devices/1", tell: bool = True
) -> Question:
    return Question(scope, member, at_ms, windows or (DAY_MS,), tell)


async def ask(
    table: FactTable, member: str | None, at_ms: int, *windows: int, scope: str = "devices/1",
    store_id: str = "main", tell: bool = True,
) -> Answer:  # fmt: skip
    asked = question(member, at_ms, *windows, scope=scope, tell=tell)
    (answer,) = await table.ask([(store_id, asked)])
    return answer


def sign_in(
    offset: int, customer: str, features: Features = HOME, store_id: str = "main"
) -> CountedSignIn:
    return CountedSignIn(offset, store_id, f"{store_id}/{customer}", features)


# --- members of scopes ----------------------------------------------------------------------


async def test_who_asks_is_counted_and_alone_at_first(facts: FactTable) -> None:
    assert await facts.ask([]) == []
    assert await ask(facts, "a", NOW_MS) == Answer((1,), (), 1)


async def test_those_who_were_there_are_counted_and_named_newest_first(
    facts: FactTable, others: FactTable
) -> None:
    for number, member in enumerate(["b", "a", "c", "客"]):
        await ask(others, member, NOW_MS + number // 2)  # pairs of the same time
    assert await ask(facts, "z", NOW_MS + 9) == Answer((5,), ("客", "c", "b", "a"), 5)


async def test_a_member_is_counted_from_its_first_time_on(
    facts: FactTable, others: FactTable
) -> None:
    await ask(facts, "a", NOW_MS + 50)
    await ask(others, "a", NOW_MS + 10)  # it came late
    await ask(facts, "a", NOW_MS + 90)
    assert (await ask(facts, None, NOW_MS + 9)).counts == (0,)
    assert (await ask(facts, None, NOW_MS + 10)).counts == (1,)


async def test_windows_reach_from_after_their_beginning_to_the_instant(facts: FactTable) -> None:
    #        a    b    c        (-----] an hour; a lies at its open end, c after the question
    times = {"a": -HOUR_MS, "b": -HOUR_MS + 1, "now": 0, "c": 1}
    for member, ms in times.items():
        await ask(facts, member, NOW_MS + ms)
    answer = await ask(facts, None, NOW_MS, HOUR_MS, HOUR_MS + 1, DAY_MS)
    assert answer == Answer((2, 3, 3), ())
    told = await ask(facts, "z", NOW_MS, HOUR_MS, DAY_MS)
    # Named are those of the first window, on both sides.
    assert told == Answer((3, 4), ("c", "now", "b"), 4)


async def test_others_are_named_only_where_this_event_brought_the_member(
    facts: FactTable, others: FactTable
) -> None:
    await ask(facts, "b", NOW_MS - 5)
    brought = await ask(facts, "a", NOW_MS)
    assert brought.others == ("b",)
    assert await ask(others, "a", NOW_MS) == brought  # redelivered
    assert (await ask(facts, "a", NOW_MS + 1)).others == ()
    assert (await ask(facts, "a", NOW_MS)).others == ("b",)  # still
    assert (await ask(facts, "a", NOW_MS - 1)).others == ("b",)  # earlier than was known
    assert (await ask(facts, "a", NOW_MS)).others == ()


async def test_who_comes_earlier_but_is_read_later_names_those_who_came_later(
    facts: FactTable, others: FactTable
) -> None:
    assert await ask(others, "b", NOW_MS + 5) == Answer((1,), (), 1)
    assert await ask(facts, "a", NOW_MS) == Answer((1,), ("b",), 2)
    assert await ask(others, "b", NOW_MS + 5) == Answer((2,), ("a",), 2)  # redelivered


async def test_nobody_is_named_where_that_is_not_asked_for(facts: FactTable) -> None:
    await ask(facts, "b", NOW_MS - 5)
    assert await ask(facts, "a", NOW_MS, tell=False) == Answer((2,), ())
    assert await ask(facts, None, NOW_MS) == Answer((2,), ())


async def test_who_asks_without_a_name_is_not_added(facts: FactTable) -> None:
    await ask(facts, None, NOW_MS)
    assert (await ask(facts, None, NOW_MS)).counts == (0,)


async def test_at_most_twenty_others_are_named(facts: FactTable) -> None:
    for number in range(25):
        await ask(facts, f"m{number:02}", NOW_MS + number)
    answer = await ask(facts, "z", NOW_MS + 99)
    assert answer == Answer((26,), tuple(f"m{number:02}" for number in range(24, 4, -1)), 26)
    assert len((await ask(facts, "m24", NOW_MS + 24)).others) == 20  # itself left out


async def test_the_newest_thousand_members_are_kept_whatever_the_order(facts: FactTable) -> None:
    times = list(range(1_003))
    random.Random(1).shuffle(times)
    await facts.ask([("main", question(f"m{ms}", NOW_MS + ms)) for ms in times])
    counts = [(await ask(facts, None, NOW_MS + ms)).counts for ms in (2, 3, 1_002)]
    assert counts == [(0,), (1,), (1_000,)]
    assert await ask(facts, "m0", NOW_MS) == Answer((0,), ())  # too old to be taken in again
    assert (await ask(facts, None, NOW_MS + 2)).counts == (0,)


async def test_questions_are_answered_one_after_the_other(facts: FactTable) -> None:
    asked = [("main", question(f"m{number}", NOW_MS)) for number in range(150)]
    answers = await facts.ask(asked)
    assert [answer.counts for answer in answers] == [(number,) for number in range(1, 151)]
    again = await facts.ask(asked)
    assert [answer.counts for answer in again] == [(150,)] * 150


async def test_stores_and_scopes_are_kept_apart(facts: FactTable) -> None:
    places = [(store, scope) for store in ("main", "s2") for scope in ("x/1", "x/{1}", "x")]
    asked = [(store, question(f"{store} {scope}", NOW_MS, scope=scope)) for store, scope in places]
    assert await facts.ask(asked) == [Answer((1,), (), 1)] * len(places)


# --- sign-ins -------------------------------------------------------------------------------


async def test_the_first_sign_in_has_none_before_it(facts: FactTable) -> None:
    assert await facts.count_sign_ins(SOURCE, []) == []
    assert await facts.count_sign_ins(SOURCE, [sign_in(0, "a")]) == [SignInCounts(*[0] * 9)]


async def test_each_sign_in_is_answered_with_those_before_it(
    facts: FactTable, others: FactTable
) -> None:
    await facts.count_sign_ins(SOURCE, [sign_in(0, "a"), sign_in(3, "b", AWAY)])
    answers = await others.count_sign_ins(SOURCE, [sign_in(4, "a"), sign_in(5, "c")])
    assert answers == [
        SignInCounts(2, 2, ip=1, asn=2, country=1, user_agent=1, browser=1, os=1, kind=1),
        SignInCounts(3, 2, ip=2, asn=3, country=2, user_agent=2, browser=2, os=2, kind=2),
    ]


async def test_what_was_not_sent_is_counted_like_any_value(facts: FactTable) -> None:
    await facts.count_sign_ins(SOURCE, [sign_in(0, "a", AWAY), sign_in(1, "a", Features())])
    (answer,) = await facts.count_sign_ins(SOURCE, [sign_in(2, "a", Features())])
    assert answer == SignInCounts(2, 1, 1, 1, 1, 2, 2, 2, 2)


async def test_sign_ins_of_all_partitions_count_together(
    facts: FactTable, others: FactTable
) -> None:
    for partition in range(3):
        batch = [sign_in(7, f"c{partition}")]
        await facts.count_sign_ins(f"logins:{partition}", batch)
    (answer,) = await others.count_sign_ins("logins:1", [sign_in(8, "c1")])
    assert answer == SignInCounts(*[3] * 9)


async def test_stores_do_not_count_each_other_s(facts: FactTable) -> None:
    batch = [sign_in(0, "a"), sign_in(1, "a", store_id="s2"), sign_in(2, "b"), sign_in(3, "a")]
    answers = await facts.count_sign_ins(SOURCE, batch)
    assert [(each.sign_ins, each.customers) for each in answers] == [(0, 0), (0, 0), (1, 1), (2, 2)]


async def test_a_redelivered_sign_in_counts_once_and_not_itself(
    facts: FactTable, others: FactTable
) -> None:
    batch = [sign_in(offset, who) for offset, who in enumerate("abacb")]
    first = await facts.count_sign_ins(SOURCE, batch)
    assert await others.count_sign_ins(SOURCE, batch) == first
    # Cut elsewhere: with records that were not counted yet.
    again = await others.count_sign_ins(SOURCE, [*batch[3:], sign_in(5, "d"), sign_in(6, "a")])
    assert again[:2] == first[3:]
    assert [(each.sign_ins, each.customers) for each in again[2:]] == [(5, 3), (6, 4)]


async def test_sources_have_marks_of_their_own(facts: FactTable) -> None:
    await facts.count_sign_ins(SOURCE, [sign_in(100, "a")])
    (answer,) = await facts.count_sign_ins("renamed:0", [sign_in(3, "a")])
    assert (answer.sign_ins, answer.customers) == (1, 1)
    (answer,) = await facts.count_sign_ins("renamed:0", [sign_in(4, "b")])
    assert (answer.sign_ins, answer.customers) == (2, 1)


def counted_before(history: Sequence[CountedSignIn], sign_in: CountedSignIn) -> SignInCounts:
    """A plain count."""
    same_store = [each for each in history if each.store_id == sign_in.store_id]
    return SignInCounts(
        len(same_store),
        len({each.key for each in same_store}),
        *(
            sum(astuple(each.features)[place] == value for each in same_store)
            for place, value in enumerate(astuple(sign_in.features))
        ),
    )


@pytest.mark.parametrize("seed", range(3))
async def test_two_workers_that_repeat_themselves_count_as_one_that_does_not(
    seed: int, facts: FactTable, others: FactTable
) -> None:
    rng = random.Random(seed)
    history = [
        sign_in(
            offset,
            f"c{rng.randrange(9)}",
            Features(*(rng.randrange(3) for _ in range(7))),
            rng.choice(["main", "main", "s2"]),
        )
        for offset in range(120)
    ]
    counted = 0
    while counted < len(history):
        start, end = rng.randint(max(0, counted - 20), counted), counted + rng.randrange(1, 15)
        batch = history[start:end]
        answers = await rng.choice([facts, others]).count_sign_ins(SOURCE, batch)
        expected = [counted_before(history[: each.offset], each) for each in batch]
        assert answers == expected
        counted = max(counted, start + len(batch))


# --- in Redis -------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(3))
async def test_any_questions_of_two_workers_are_answered_as_by_memory(
    seed: int, in_redis: RedisFacts, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng, memory = random.Random(seed), MemoryFacts()
    for module in (memory_facts, redis_facts):  # so that they are met
        monkeypatch.setattr(module, "MEMBERS", 9)
        monkeypatch.setattr(module, "OTHERS", 4)
    other = RedisFacts.connect(place.url, place.namespace)
    for _ in range(12):
        asked = [
            (
                rng.choice(["main", "s2"]),
                question(
                    rng.choice([None, *"abcdefghijklmnop"]),
                    NOW_MS + rng.randrange(30),
                    rng.randrange(1, 20),
                    rng.randrange(1, 40),
                    scope=rng.choice("xyz"),
                    tell=rng.random() < 0.8,
                ),
            )
            for _ in range(rng.randrange(1, 90))
        ]
        assert await rng.choice([in_redis, other]).ask(asked) == await memory.ask(asked)
    await other.close()


async def test_each_call_takes_one_round_trip_and_none_without_questions(
    in_redis: RedisFacts, monkeypatch: pytest.MonkeyPatch
) -> None:
    for call in CALLS.values():  # the scripts are known from here on
        await call(in_redis)
    trips = 0
    pipeline = in_redis._client.pipeline

    def counted(**options: object) -> object:
        nonlocal trips
        trips += 1
        return pipeline(**options)

    monkeypatch.setattr(in_redis._client, "pipeline", counted)
    monkeypatch.setattr(in_redis._client, "execute_command", None)
    await in_redis.ask([])
    await in_redis.count_sign_ins(SOURCE, [])
    assert trips == 0
    await in_redis.ask([(f"s{n % 3}", question("a", NOW_MS, scope=f"{n}")) for n in range(300)])
    assert trips == 1
    batch = [sign_in(n, f"c{n}", store_id=f"s{n % 3}") for n in range(300)]
    await in_redis.count_sign_ins(SOURCE, batch)
    assert trips == 2


async def test_the_keys_are_named_as_documented(in_redis: RedisFacts, place: Place) -> None:
    await ask(in_redis, "main/a", NOW_MS, scope="accounts/ip/3f")
    scope = f"{place.namespace}:facts:main:accounts/ip/3f"
    assert await place.raw.zrange(scope, 0, -1, withscores=True) == [(b"main/a", NOW_MS)]
    await in_redis.count_sign_ins(SOURCE, [sign_in(6, "a"), sign_in(7, "a", AWAY)])
    tag = f"{{{place.namespace}:sign-ins:main}}"
    counts = await place.raw.hgetall(f"{tag}:counts")
    assert (counts[b"n"], counts[b"mark:logins:0"], counts[b"1:12"]) == (b"2", b"7", b"2")
    assert counts[b"0:4294967295"] == b"1"
    customers = await place.raw.hgetall(f"{tag}:customers")
    assert customers == {member_name("main/a").encode(): b"6"}


@pytest.mark.parametrize("longest", [1, 30, 180])
async def test_a_scope_expires_its_longest_window_and_20_days_after_the_last_was_added(
    in_redis: RedisFacts, place: Place, longest: int
) -> None:
    expiry_s = (longest + 20) * 86_400
    name = f"{place.namespace}:facts:main:devices/1"
    for member in ("a", "a", "b"):
        await ask(in_redis, member, NOW_MS, HOUR_MS, longest * DAY_MS)
        assert expiry_s - 60 < await place.raw.ttl(name) <= expiry_s
        await place.raw.expire(name, 1000)
    await ask(in_redis, None, NOW_MS)
    assert await place.raw.ttl(name) <= 1000


async def test_times_are_exact_to_the_millisecond(in_redis: RedisFacts) -> None:
    late_ms = 4_102_444_799_999  # the end of the year 2099
    await ask(in_redis, "a", late_ms)
    assert (await ask(in_redis, None, late_ms + 1, 1, 2)).counts == (0, 1)
    assert (await ask(in_redis, None, late_ms - 1)).counts == (0,)


async def test_namespaces_share_nothing(in_redis: RedisFacts, place: Place) -> None:
    for call in CALLS.values():
        await call(in_redis)
    longer = RedisFacts.connect(place.url, f"{place.namespace}2")
    assert (await ask(longer, None, 5)).counts == (0,)
    (answer,) = await longer.count_sign_ins("logins:1", [sign_in(9, "a")])
    assert answer.sign_ins == 0
    await longer.close()


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("scheme", ["redis", "redis+cluster"])
async def test_a_server_that_is_not_there_is_a_transient_failure(name: str, scheme: str) -> None:
    table = RedisFacts.connect(f"{scheme}://{HOST}:{free_ports(1)[0]}", "nowhere")
    with pytest.raises(Transient):
        await CALLS[name](table)
    await table.close()
