"""Risk alerts after workers were killed at random moments while customers became risky.

What must be alerted follows from the published versions of the portraits alone: each rise of the
level and each end, but for rises held back by the cool-down, which come when it ends.
"""

import asyncio
import json
import random
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from stream.demo.simulation import Simulation
from stream.settings import Settings
from stream.topics import RISK_ALERTS
from tests.support import traffic
from tests.support.alerted import check_alerts
from tests.support.events import event
from tests.support.kills import shop_of, sign_ins, with_kills, written
from tests.support.moved import Versions, versions_of
from tests.support.services import Backend
from tests.support.topics import read_all

EVENTS, CUSTOMERS = 5000, 120
#: Of each kind of suspicious conduct there are so many.
EACH = 30
DAY, MINUTE, SECOND = timedelta(days=1), timedelta(minutes=1), timedelta(seconds=1)
COOL_DOWN = timedelta(days=10)
#: Days after which the last finding, of 30 days, has ended, and so has the memory of its level.
LONG = 50

#: 60 points are elevated, 90 are high.
WEIGHTS = """
cool_down_hours: 240
reasons:
  fast_first_order: {at_most: {60: 90}}
  failed_sign_ins: {at_least: {4: 60, 7: 90}}
  accounts_on_device: {at_least: {3: 60, 5: 90}}
"""


def flash(customer: str, at: datetime) -> list[Any]:
    """Signs up and orders within seconds; one in three wants to be forgotten the day after."""
    order = {"order_id": f"o-{customer}", "total": "60.00", "currency": "USD"}
    forgotten = hash_of(customer) % 3 == 0
    return [
        made("signed_up", at, customer),
        made("order_completed", at + 20 * SECOND, customer, **order),
        *([made("erasure_requested", at + DAY, customer)] if forgotten else []),
    ]


def guessed(customer: str, at: datetime) -> list[Any]:
    """Signs in and fails, eight times within minutes."""
    return [made("sign_in_failed", at + number * MINUTE, customer) for number in range(8)]


def farmed(name: str, at: datetime) -> list[Any]:
    """Six accounts of one device, of which the first is suspicious by the others alone."""
    context = {"device_id": f"phone of {name}"}
    return [
        made("signed_up", at + number * MINUTE, f"{name}-{number}", context=context)
        for number in range(6)
    ]


def hash_of(text: str) -> int:
    return sum(text.encode())


def made(kind: str, at: datetime, customer: str, **fields: Any) -> Any:
    return event(kind, at.isoformat(), customer_id=customer, **fields)


def history(file: Path, seed: int) -> Path:
    """A simulated shop to which suspicious customers come all the time."""
    moments = random.Random(seed)
    lines: list[Any] = list(Simulation(11, CUSTOMERS).last(EVENTS, traffic.END))
    for number in range(EACH):
        for conduct in (flash, guessed, farmed):
            at = traffic.END - moments.uniform(2, 30) * DAY
            lines += conduct(f"{conduct.__name__}-{number}", at)
    lines.sort(key=occurred_at)
    return written(file, [*lines, *sign_ins("last", traffic.END)])


def aftermath(directory: Path) -> list[Path]:
    """What comes when nobody is killed any more; each file is worked on before the next comes.

    Some are attacked on the first day, which is over on the eighth, and once more on the ninth:
    that is alerted on the eleventh, when the first alert has cooled down.
    """

    def attacks(days: float) -> list[Any]:
        at = traffic.END + days * DAY
        return [each for number in range(EACH) for each in guessed(f"again-{number}", at)]

    def everybody(days: float) -> list[Any]:
        return sign_ins("later", traffic.END + days * DAY)

    stages = (attacks(1), everybody(9), attacks(9.1), everybody(12), everybody(LONG))
    return [
        written(directory / f"later-{number}.jsonl", lines) for number, lines in enumerate(stages)
    ]


def occurred_at(line: Any) -> datetime:
    at = line["occurred_at"] if isinstance(line, dict) else line.occurred_at
    return datetime.fromisoformat(at) if isinstance(at, str) else at


@pytest.fixture(scope="module")
def survived(backend: Backend, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    directory = tmp_path_factory.mktemp(f"alerts-{backend.name}")
    weights = directory / "risk.yaml"
    weights.write_text(WEIGHTS)
    shop = shop_of(backend, directory, risk=weights)
    file = history(directory / "events.jsonl", seed=5)
    asyncio.run(with_kills(shop, directory, file, aftermath(directory), seed=5))
    return shop


async def alerts_of(settings: Settings) -> list[Any]:
    """All alerts, those of a customer in the order of their topic."""
    return [json.loads(record.value) for record in await read_all(settings, RISK_ALERTS)]


async def test_after_kills_every_rise_has_one_alert_and_none_is_repeated(survived: Settings):
    alerts, versions = await alerts_of(survived), await versions_of(survived)
    assert check_alerts(versions, alerts, COOL_DOWN) == len(alerts)
    found = Counter((alert["kind"], alert["level"], alert["cause"]) for alert in alerts)
    assert found["raised", "high", "event"] > 2 * EACH
    assert found["raised", "elevated", "event"] > EACH / 2
    assert found["raised", "high", "time"] == EACH, "held back until the cool-down ended"
    assert found["closed", "low", "time"] > 2 * EACH


async def test_after_kills_customers_of_whom_others_tell_are_alerted(survived: Settings):
    alerts = await alerts_of(survived)
    first = {f"farmed-{number}-0" for number in range(EACH)}
    raised = {alert["customer_id"] for alert in alerts if alert["kind"] == "raised"}
    # Not all: what is known of others when an event comes depends on whose events came before.
    assert len(first & raised) > EACH / 3


async def test_with_time_every_risk_falls_and_every_alert_is_closed(survived: Settings):
    alerts, versions = await alerts_of(survived), await versions_of(survived)
    assert risky(versions) == []
    open_ids: set[str] = set()
    for alert in alerts:
        open_ids.discard(alert["closes"])
        if alert["kind"] == "raised":
            open_ids.add(alert["id"])
    assert open_ids == set()


def risky(versions: Versions) -> list[str]:
    """Customers whose newest version is not of low risk."""
    newest = {key: documents[max(documents)] for key, documents in versions.items()}
    return [
        key for key, document in newest.items() if document and document["risk"]["level"] != "low"
    ]
