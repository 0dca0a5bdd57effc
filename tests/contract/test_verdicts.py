"""Verdicts in each kind of Redis."""

from collections.abc import AsyncIterator

import pytest
from msgspec import Raw

from stream.tables.verdicts import Verdict, Verdicts
from tests.contract.conftest import Place


@pytest.fixture
async def verdicts(place: Place) -> AsyncIterator[Verdicts]:
    opened = Verdicts.connect(place.url, place.namespace)
    yield opened
    await opened.close()


def said(finding: str, at: str = "2026-01-02T00:00:00.000Z", note: str | None = None) -> Verdict:
    return Verdict(alert=Raw(b'{"id":"1","x":"\xc3\xb1"}'), verdict=finding, at=at, note=note)  # type: ignore[arg-type]


async def test_a_verdict_is_kept_with_its_alert(verdicts: Verdicts) -> None:
    assert (await verdicts.of("1"), await verdicts.all()) == (None, {})
    await verdicts.keep("1", said("fraud", note="顾"))
    found = await verdicts.of("1")
    assert found is not None
    assert (found.verdict, found.note, found.at) == ("fraud", "顾", "2026-01-02T00:00:00.000Z")
    assert bytes(found.alert) == b'{"id":"1","x":"\xc3\xb1"}'


async def test_the_last_verdict_stands(verdicts: Verdicts) -> None:
    await verdicts.keep("1", said("fraud", note="at first"))
    await verdicts.keep("1", said("legitimate"))
    kept = await verdicts.all()
    assert [(v.verdict, v.note) for v in kept.values()] == [("legitimate", None)]


async def test_verdicts_are_listed_in_the_order_they_were_said(verdicts: Verdicts) -> None:
    for number in (3, 1, 2):
        await verdicts.keep(f"a{9 - number}", said("fraud", f"2026-01-0{number}T00:00:00.000Z"))
    assert list(await verdicts.all()) == ["a8", "a7", "a6"]


async def test_verdicts_lie_where_it_is_documented(verdicts: Verdicts, place: Place) -> None:
    await verdicts.keep("1", said("fraud"))
    assert await place.raw.hkeys(f"{place.namespace}:verdicts") == [b"1"]
