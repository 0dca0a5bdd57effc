"""Which alerts count for which customer, and when they came."""

import asyncio
from datetime import UTC, datetime

import pytest

from stream.alerts import RiskAlert
from stream.errors import Fatal
from stream.evaluate import attackers
from stream.evaluate.attackers import evaluate
from stream.evaluate.pipeline import in_memory
from stream.events import Event, ProductViewed, SignedIn
from stream.fields import Product
from stream.risk.score import Reason
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


def raised(*alerts: RiskAlert) -> dict[str, list[attackers._Raised]]:
    return {"ada": [attackers._raised(each) for each in alerts]}


def test_an_alert_at_high_is_the_first_one_at_elevated_too() -> None:
    alerts = raised(alert("high", 5, "new_device"), alert("elevated", 9, "emulator"))
    high, elevated = (attackers._first(alerts, "ada", level) for level in ("high", "elevated"))
    assert high == elevated == attackers._Raised(ms(5), "high", ("new_device",))
    assert attackers._first(alerts, "bob", "elevated") is None


def test_time_is_from_the_first_bad_event_and_an_alert_before_it_is_no_find() -> None:
    began = {"ada": ms(3), "bob": ms(3)}
    both = ["ada", "bob"]
    found = attackers._found("brushing", both, began, raised(alert("elevated", 5)))
    assert (found.customers, found.high, found.elevated) == (2, 0, 1)
    assert (found.median_s_to_high, found.median_s_to_elevated) == (None, 120.0)
    early = attackers._found("brushing", both, began, raised(alert("high", 1)))
    assert (early.high, early.high_share, early.median_s_to_high) == (0, 0.0, None)
    again = raised(alert("elevated", 1), alert("high", 4))
    found = attackers._found("brushing", both, began, again)
    assert (found.high, found.elevated, found.median_s_to_elevated) == (1, 1, 60.0)


def test_honest_customers_are_accused_for_reasons() -> None:
    alerts = raised(alert("high", 5, "emulator"))
    accused = attackers._accused(["ada", "bob", "cho", "dan"], {}, alerts)
    assert (accused.customers, accused.high, accused.high_share) == (4, 1, 0.25)
    assert accused.reasons_high == accused.reasons_elevated == {"emulator": 1}


def test_a_victim_is_accused_by_what_came_before_the_attack() -> None:
    alerts = raised(alert("elevated", 1, "new_device"), alert("high", 5, "emulator"))
    accused = attackers._accused(["ada", "bob"], {"ada": ms(3)}, alerts)
    assert (accused.high, accused.elevated) == (0, 1)
    assert accused.reasons_elevated == {"new_device": 1}


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
