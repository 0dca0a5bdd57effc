"""How well risk finds the attackers of the simulated shop, and how seldom it accuses the honest."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import groupby
from math import inf
from statistics import median

import msgspec
from msgspec import Struct

from stream.alerts import RiskAlert
from stream.demo.attackers.raid import ATTACK_ID, ATTACKS
from stream.demo.simulation import Simulation
from stream.errors import Fatal
from stream.evaluate.pipeline import Tables, Worker
from stream.events import Event
from stream.measures.standards import Standards
from stream.risk.weights import LEVELS, Level
from stream.topics import RISK_ALERTS
from stream.windows import to_ms

#: The history ends with this day, whenever it is evaluated: the same seed has the same figures.
_END = datetime(2026, 6, 30, tzinfo=UTC)
#: Topics whose events ask nothing of other customers.
_ASK_NOTHING = frozenset({"clicks", "carts", "customers"})
#: Reasons that are named, the commonest.
_REASONS = 5

_alert = msgspec.json.Decoder(RiskAlert).decode


class Found(Struct, frozen=True):
    """Of one kind of attack: its customers, and those for whom an alert was ever raised.

    For stuffing and takeover these are the victims, else the accounts that the attackers made. The
    medians are seconds from the customer's first bad event to the first alert at that level or
    above, of those for whom there was one; None where there was none.
    """

    attack: str
    customers: int
    high: int
    high_share: float
    elevated: int
    median_s_to_high: float | None
    median_s_to_elevated: float | None


class Accused(Struct, frozen=True):
    """Of the honest customers, victims up to their first bad event: those for whom an alert was
    ever raised, at that level or above, and how many of these had which reasons at the first one,
    the commonest first.
    """

    customers: int
    high: int
    high_share: float
    elevated: int
    elevated_share: float
    reasons_high: dict[str, int]
    reasons_elevated: dict[str, int]


class Crawlers(Struct, frozen=True):
    """The shop's bots, who attack nobody and are no honest customers, and those with an alert."""

    customers: int
    high: int


class Figures(Struct, frozen=True):
    """All of a simulated shop; ``absent`` customers did nothing while it was looked at."""

    seed: int
    customers: int
    events: int
    attacks: tuple[Found, ...]
    honest: Accused
    crawlers: Crawlers
    absent: int


class _Raised(Struct, frozen=True):
    """That an alert was raised for a customer: when, to which level, and why."""

    at_ms: int
    level: Level
    reasons: tuple[str, ...]


#: customer -> alerts as they were raised
_Alerts = Mapping[str, Sequence[_Raised]]


async def evaluate(seed: int, customers: int, tables: Tables, standards: Standards) -> Figures:
    """Let a shop with attackers be simulated, and its events through the pipeline in order of time.

    Raises :class:`Fatal` where the shop is too small to be attacked.
    """
    simulation = Simulation(seed, customers, standards.currency, attackers=True)
    if not simulation.attacks:
        raise Fatal(f"a shop of {customers} customers is not attacked: take some hundreds")
    history = list(simulation.history(_END))
    alerts = await _alerted(history, tables, standards)
    began: dict[str, int] = {}
    for event in history:
        if event.event_id.startswith(ATTACK_ID):
            began.setdefault(event.customer_id, to_ms(event.occurred_at))
    by_attack = defaultdict(list)
    for who, attack in simulation.attacks.items():
        by_attack[attack].append(who)
    seen = {event.customer_id for event in history}
    shoppers = {visitor.customer_id for visitor in simulation.visitors}
    crawlers = seen - shoppers - simulation.attacks.keys()
    return Figures(
        seed=seed,
        customers=customers,
        events=len(history),
        attacks=tuple(_found(attack, by_attack[attack], began, alerts) for attack in ATTACKS),
        honest=_accused(shoppers & seen, began, alerts),
        crawlers=Crawlers(
            len(crawlers), sum(_first(alerts, who, "high") is not None for who in crawlers)
        ),
        absent=customers - len(seen | simulation.attacks.keys()),
    )


async def _alerted(history: Iterable[Event], tables: Tables, standards: Standards) -> _Alerts:
    """The raised alerts of everybody, as they are published."""
    worker = Worker(tables, standards)
    alerts: defaultdict[str, list[_Raised]] = defaultdict(list)
    for batch in _batches(history):
        async for step in worker.steps(batch):
            for message in step.published:
                if message.topic == RISK_ALERTS and message.value:
                    alert = _alert(message.value)
                    if alert.kind == "raised":
                        alerts[alert.customer_id].append(_raised(alert))
    return alerts


def _raised(alert: RiskAlert) -> _Raised:
    at_ms = to_ms(datetime.fromisoformat(alert.at))
    return _Raised(at_ms, alert.level, tuple(reason.code for reason in alert.reasons))


def _first(
    alerts: _Alerts, who: str, level: Level, since_ms: float = -inf, until_ms: float = inf
) -> _Raised | None:
    """A customer's first alert at a level or above in ``[since_ms, until_ms)``."""
    ranks = LEVELS[LEVELS.index(level) :]
    return next(
        (
            each
            for each in alerts.get(who, ())
            if each.level in ranks and since_ms <= each.at_ms < until_ms
        ),
        None,
    )


def _batches(history: Iterable[Event]) -> Iterator[Sequence[Event]]:
    """Clicks in a row together, as a worker that is a little behind reads them; what others are
    asked about is read one by one, so that alerts come when they come.
    """
    for topic, found in groupby(history, key=lambda event: event.topic):
        if topic in _ASK_NOTHING:
            yield list(found)
        else:
            yield from ([event] for event in found)


def _found(
    attack: str, customers: Sequence[str], began: Mapping[str, int], alerts: _Alerts
) -> Found:
    def seconds(level: Level) -> list[float]:
        """From the first bad event on; an alert of before is no answer to the attack."""
        firsts = ((who, _first(alerts, who, level, since_ms=began[who])) for who in customers)
        return [(first.at_ms - began[who]) / 1000 for who, first in firsts if first is not None]

    to_high, to_elevated = seconds("high"), seconds("elevated")
    return Found(
        attack=attack,
        customers=len(customers),
        high=len(to_high),
        high_share=_share(len(to_high), len(customers)),
        elevated=len(to_elevated),
        median_s_to_high=median(to_high) if to_high else None,
        median_s_to_elevated=median(to_elevated) if to_elevated else None,
    )


def _accused(honest: Collection[str], began: Mapping[str, int], alerts: _Alerts) -> Accused:
    def firsts(level: Level) -> list[_Raised]:
        found = (_first(alerts, who, level, until_ms=began.get(who, inf)) for who in honest)
        return [first for first in found if first is not None]

    high, elevated = firsts("high"), firsts("elevated")
    return Accused(
        customers=len(honest),
        high=len(high),
        high_share=_share(len(high), len(honest)),
        elevated=len(elevated),
        elevated_share=_share(len(elevated), len(honest)),
        reasons_high=_commonest(high),
        reasons_elevated=_commonest(elevated),
    )


def _commonest(alerts: Iterable[_Raised]) -> dict[str, int]:
    counts = Counter(reason for alert in alerts for reason in alert.reasons)
    ranked = sorted(counts.items(), key=lambda each: (-each[1], each[0]))
    return dict(ranked[:_REASONS])


def _share(part: int, whole: int) -> float:
    return round(part / whole, 4) if whole else 0.0
