"""Pins: by which standards the customers of a partition are described, and who may say so."""

import pytest

from stream.described import Described
from stream.tables.memory import MemoryTable


@pytest.fixture
def table() -> MemoryTable:
    return MemoryTable()


@pytest.fixture
def one(table: MemoryTable) -> Described:
    return Described(table, "one")


@pytest.fixture
def two(table: MemoryTable) -> Described:
    return Described(table, "two")


async def test_nothing_is_known_of_a_partition_at_first(one: Described) -> None:
    assert not await one.is_by(0, "1")


async def test_what_begins_empty_is_described_by_any_version(one: Described) -> None:
    await one.begin(0, "1")
    assert await one.is_by(0, "1")
    assert not await one.is_by(0, "2")
    assert not await one.is_by(1, "1")


async def test_who_describes_by_the_pinned_version_leaves_the_pin(one: Described) -> None:
    await one.begin(0, "1")
    await one.claim(0, "1")
    assert await one.is_by(0, "1")


@pytest.mark.parametrize("version", ["2", None])
async def test_a_claim_holds_for_no_version_until_it_is_finished(
    one: Described, version: str | None
) -> None:
    await one.begin(0, "1")
    await one.claim(0, version)
    assert [await one.is_by(0, each) for each in ("1", "2")] == [False, False]
    assert await one.finish(0, "2")
    assert [await one.is_by(0, each) for each in ("1", "2")] == [False, True]


async def test_a_claim_without_a_version_gives_way_to_no_pin(one: Described) -> None:
    await one.begin(0, "1")
    await one.claim(0)
    assert not await one.is_by(0, "1")


async def test_who_lost_the_claim_cannot_finish(one: Described, two: Described) -> None:
    await one.claim(0, "2")
    await two.claim(0, "1")
    assert not await one.finish(0, "2")
    assert not await one.is_by(0, "2")
    assert await two.finish(0, "1")
    assert await one.is_by(0, "1")


async def test_a_claim_by_the_same_version_takes_another_workers_claim_as_well(
    one: Described, two: Described
) -> None:
    await one.claim(0, "2")
    await two.claim(0, "2")
    assert not await one.finish(0, "2")
    assert not await two.is_by(0, "2")


async def test_what_was_never_claimed_cannot_be_finished(one: Described) -> None:
    assert not await one.finish(0, "1")
    await one.begin(0, "1")
    assert not await one.finish(0, "2")
    assert await one.is_by(0, "1")


async def test_claims_of_partitions_are_apart(one: Described, two: Described) -> None:
    await one.claim(0, "2")
    await two.claim(1, "1")
    assert await one.finish(0, "2")
    assert not await one.finish(1, "2")
