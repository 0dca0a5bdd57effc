"""Group sums that were kept batch by batch are those of a scan of the newest documents."""

import asyncio
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from stream.groups.portrait import describe
from stream.groups.sums import Group
from stream.profile.portrait import SECTIONS, to_change
from tests.support.events import Wire, event, folded, identified, ordered, portrait, to_ms, viewed
from tests.support.oracle.groups import expected
from tests.support.oracle.values import differences
from tests.support.published import GroupWorld, PublishedRecord, scanned

AS_OF_MS = to_ms("2026-06-30T12:00:00Z")
CUSTOMERS = ("a", "b", "c", "d", "e")
SEGMENTS = ("win-back", "loyal")

_days = st.sampled_from(["2026-04-02", "2026-06-03", "2026-06-20", "2026-06-29"])
_times = st.builds(
    "{}T{:02}:30:00{}".format, _days, st.integers(0, 23), st.sampled_from(["Z", "+08:00"])
)
_events: st.SearchStrategy[Wire] = st.one_of(
    st.builds(
        lambda at, category, brand, price, gender: viewed(
            at, category=category, brand=brand, price=price, gender=gender
        ),
        _times,
        st.sampled_from(["home/mugs", "书/小说"]),
        st.sampled_from(["Acme", "Öko", "other"]),
        st.sampled_from(["0.50", "1.00", "4.99", "5.00", "120.00"]),
        st.sampled_from(["female", "male", "unisex"]),
    ),
    st.builds(ordered, _times, st.sampled_from(["0.00", "12.35", "7.01", "480.00"])),
    st.builds(
        lambda at, amount: event("order_refunded", at, order_id="o1", total=amount, currency="USD"),
        _times,
        st.sampled_from(["1.00", "99.99"]),
    ),
    st.builds(
        lambda at, gender, year, country: identified(
            at, gender=gender, birth_year=year, country=country
        ),
        _times,
        st.sampled_from(["female", "other"]),
        st.sampled_from([1950, 1990, 2015]),
        st.sampled_from(["DE", "中国"]),
    ),
    st.builds(
        lambda at, channel: event("signed_in", at, context={"channel": channel}),
        _times,
        st.sampled_from(["email", "search", "other"]),
    ),
)


@st.composite
def documents(draw: st.DrawFn, customer_id: str) -> dict[str, Any]:
    """A published portrait, still without its version."""
    state = folded(draw(st.lists(_events, min_size=1, max_size=5)))
    described = msgspec.structs.replace(
        portrait(state, AS_OF_MS),
        store_id="main" if customer_id < "e" else "other",
        customer_id=customer_id,
        labels=tuple(draw(st.lists(st.sampled_from(["new", "vip"]), unique=True))),
        segments=tuple(draw(st.lists(st.sampled_from(SEGMENTS), unique=True))),
    )
    found: dict[str, Any] = msgspec.to_builtins(to_change(described, SECTIONS, "event"))
    return found


@st.composite
def logs(draw: st.DrawFn) -> list[PublishedRecord]:
    """Versions of some customers, one of the records before now and then again; with holes."""
    versions = dict.fromkeys(CUSTOMERS, 0)
    log: list[PublishedRecord] = []
    offset = 0
    for _ in range(draw(st.integers(1, 12))):
        offset += draw(st.sampled_from([1, 1, 3]))
        if log and draw(st.integers(0, 4)) == 0:
            log.append(msgspec.structs.replace(draw(st.sampled_from(log)), offset=offset))
            continue
        customer_id = draw(st.sampled_from(CUSTOMERS))
        versions[customer_id] += 1
        version = versions[customer_id]
        document = draw(documents(customer_id)) | {"version": version}
        value = None if draw(st.integers(0, 9)) == 0 else msgspec.json.encode(document)
        key = f"{document['store_id']}/{customer_id}".encode()
        log.append(PublishedRecord(offset, key, value, (("version", b"%d" % version),)))
    return log


@st.composite
def deliveries(draw: st.DrawFn, log: list[PublishedRecord]) -> list[tuple[bool, int, int]]:
    """Batches as ranges of the log, each after some that came before once more, to the end.

    First comes whether another worker has taken over.
    """
    batches: list[tuple[bool, int, int]] = []
    reached = 0
    while reached < len(log):
        first = reached - draw(st.integers(0, min(reached, 4)))
        end = draw(st.integers(first + 1, len(log)))
        batches.append((draw(st.booleans()), first, end))
        reached = max(reached, end)
    return batches


async def kept(log: list[PublishedRecord], batches: list[tuple[bool, int, int]]) -> GroupWorld:
    world = GroupWorld(log)
    processor = world.processor()
    for taken_over, first, end in batches:
        if taken_over:
            processor = world.processor()
        await processor.process(0, log[first:end])
    return world


@given(st.data(), logs())
def test_kept_sums_are_those_of_a_scan(data: st.DataObject, log: list[PublishedRecord]) -> None:
    async def check() -> None:
        world = await kept(log, data.draw(deliveries(log)))
        assert await world.kept() == scanned(log)
        assert await world.table.mark(0) == log[-1].offset

    asyncio.run(check())


@given(st.data(), logs())
def test_group_portrait_is_that_of_all_its_portraits(
    data: st.DataObject, log: list[PublishedRecord]
) -> None:
    newest: dict[bytes | None, tuple[int, bytes | None]] = {}
    for record in log:
        version = int(record.headers[0][1])
        newest[record.key] = max(newest.get(record.key, (0, None)), (version, record.value),
                                 key=lambda each: each[0])  # fmt: skip
    portraits = [msgspec.json.decode(value) for _, value in newest.values() if value is not None]

    async def check() -> None:
        world = await kept(log, data.draw(deliveries(log)))
        groups: list[Group] = [("main", ""), ("other", ""), *(("main", s) for s in SEGMENTS)]
        for group in groups:
            document = describe(group, await world.table.sums(group), "USD")
            wanted = expected(portraits, group[0], group[1] or None)
            found = msgspec.json.decode(msgspec.json.encode(document))
            assert not list(differences(found, wanted))

    asyncio.run(check())
