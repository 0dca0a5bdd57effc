"""Which alerts count for which customer, and when they came."""

import asyncio
from datetime import UTC, datetime

import msgspec
import pytest

from stream.alerts import RiskAlert
from stream.errors import Fatal
from stream.evaluate import attackers
from stream.evaluate.attackers import evaluate
from stream.evaluate.pipeline import Step, in_memory
from stream.events import AccountLinked, Event, ProductViewed, SignedIn
from stream.fields import Product
from stream.risk.score import Reason
from stream.topics import LINKS
from tests.support.standards import STANDARDS


def at(minute: int) -> datetime:
    return datetime(2026, 6, 1, 12, minute, tzinfo=UTC)


def ms(minute: int) -> int:
    return int(at(minute).timestamp()) * 1000


def alert(level: str, minute: int, *codes: str, kind: str = "raised") -> RiskAlert:
    reasons = tuple(
        Reason(code=code, part="account", points=9, detail="", at="", until="", events=())
        for code in codes
    )
    return RiskAlert(
        id="0" * 16,
        kind=kind,  # type: ignore[arg-type]
        store_id="main",
        customer_id="ada",
        version=2,
        at=at(minute).isoformat(),
        cause="event",
        level=level,  # type: ignore[arg-type]
        previous_level="low",
        score=70,
        reasons=reasons,
        events=(),
        closes=None,
    )


def noted(*alerts: RiskAlert, step: Step = Step("orders", [], [])) -> attackers._Firsts:  # noqa: B008
    firsts = attackers._Firsts(dict)
    for each in alerts:
        attackers._note(firsts, each, step)
    return firsts


def test_an_alert_at_high_is_the_first_one_at_elevated_too() -> None:
    firsts = noted(alert("high", 5, "new_device"), alert("elevated", 9, "emulator"))
    assert firsts["ada"]["high"].at_ms == firsts["ada"]["elevated"].at_ms == ms(5)
    assert firsts["ada"]["elevated"].reasons == ("new_device",)


def test_a_close_is_no_alert() -> None:
    assert not noted(alert("low", 5, kind="closed"))


def test_what_another_customer_brought_is_dated_by_that_ones_event() -> None:
    link = AccountLinked(
        event_id="l",
        customer_id="ada",
        occurred_at=at(30),
        code="accounts_on_device",
        value=9,
        cause="e",
    )
    step = Step(LINKS, [(b"main/ada", msgspec.json.encode(link))], [])
    assert noted(alert("high", 5), step=step)["ada"]["high"].at_ms == ms(30)


def test_time_is_from_the_first_bad_event_and_an_alert_before_it_is_no_find() -> None:
    began = {"ada": ms(3), "bob": ms(3)}
    found = attackers._found("brushing", ["ada", "bob"], began, noted(alert("elevated", 5)))
    assert (found.customers, found.high, found.elevated) == (2, 0, 1)
    assert (found.median_s_to_high, found.median_s_to_elevated) == (None, 120.0)
    early = attackers._found("brushing", ["ada", "bob"], began, noted(alert("high", 1)))
    assert (early.high, early.high_share, early.median_s_to_high) == (0, 0.0, None)


def test_honest_customers_are_accused_for_reasons() -> None:
    accused = attackers._accused(["ada", "bob", "cho", "dan"], noted(alert("high", 5, "emulator")))
    assert (accused.customers, accused.high, accused.high_share) == (4, 1, 0.25)
    assert accused.reasons_high == accused.reasons_elevated == {"emulator": 1}


def test_clicks_in_a_row_are_one_batch_and_sign_ins_are_not() -> None:
    def event(kind: type[Event], n: int) -> Event:
        fields = {"product": Product(product_id="p")} if kind is ProductViewed else {}
        return kind(event_id=f"{n}", customer_id="ada", occurred_at=at(n), **fields)

    kinds = (ProductViewed, ProductViewed, SignedIn, SignedIn, ProductViewed)
    batches = list(attackers._batches(event(kind, n) for n, kind in enumerate(kinds)))
    assert [[event.event_id for event in batch] for batch in batches] == [
        ["0", "1"],
        ["2"],
        ["3"],
        ["4"],
    ]


def test_a_shop_that_is_too_small_is_not_attacked() -> None:
    with pytest.raises(Fatal, match="50 customers is not attacked"):
        asyncio.run(evaluate(1, 50, in_memory(), STANDARDS))
