"""How well risk finds the attackers of the simulated shop, and how seldom it accuses the honest."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import groupby
from statistics import median

import msgspec
from msgspec import Struct

from stream.alerts import RiskAlert
from stream.demo.attackers.raid import ATTACK_ID, ATTACKS
from stream.demo.simulation import Simulation
from stream.errors import Fatal
from stream.evaluate.pipeline import Step, Tables, Worker
from stream.events import AccountLinked, Event
from stream.measures.standards import Standards
from stream.risk.weights import LEVELS
from stream.topics import LINKS, RISK_ALERTS
from stream.windows import to_ms

#: The history ends with this day, whenever it is evaluated: the same seed has the same figures.
_END = datetime(2026, 6, 30, tzinfo=UTC)
#: Topics whose events ask nothing of other customers.
_ASK_NOTHING = frozenset({"clicks", "carts", "customers"})
#: Reasons that are named, the commonest.
_REASONS = 5

_alert = msgspec.json.Decoder(RiskAlert).decode
_link = msgspec.json.Decoder(AccountLinked).decode


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
    """Of the honest customers: those for whom an alert was ever raised, at that level or above, and
    how many of these had which reasons at the first one, the commonest first.
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


class _First(Struct, frozen=True):
    """A customer's first alert at a level or above: when it was published, and its reasons."""

    at_ms: int
    reasons: tuple[str, ...]


#: customer -> level -> first alert
_Firsts = defaultdict[str, dict[str, _First]]


async def evaluate(seed: int, customers: int, tables: Tables, standards: Standards) -> Figures:
    """Let a shop with attackers be simulated, and its events through the pipeline in order of time.

    Raises :class:`Fatal` where the shop is too small to be attacked.
    """
    simulation = Simulation(seed, customers, standards.currency, attackers=True)
    if not simulation.attacks:
        raise Fatal(f"a shop of {customers} customers is not attacked: take some hundreds")
    history = list(simulation.history(_END))
    firsts = await _alerted(history, tables, standards)
    began: dict[str, int] = {}
    for event in history:
        if event.event_id.startswith(ATTACK_ID):
            began.setdefault(event.customer_id, to_ms(event.occurred_at))
    by_attack = defaultdict(list)
    for who, attack in simulation.attacks.items():
        by_attack[attack].append(who)
    seen = {event.customer_id for event in history}
    honest = {visitor.customer_id for visitor in simulation.visitors} - simulation.attacks.keys()
    crawlers = seen - honest - simulation.attacks.keys()
    return Figures(
        seed=seed,
        customers=customers,
        events=len(history),
        attacks=tuple(_found(attack, by_attack[attack], began, firsts) for attack in ATTACKS),
        honest=_accused(honest & seen, firsts),
        crawlers=Crawlers(len(crawlers), sum("high" in firsts[who] for who in crawlers)),
        absent=customers - len(seen | simulation.attacks.keys()),
    )


async def _alerted(history: Iterable[Event], tables: Tables, standards: Standards) -> _Firsts:
    """The first alerts of everybody, as they are published."""
    worker = Worker(tables, standards)
    firsts: _Firsts = defaultdict(dict)
    for batch in _batches(history):
        async for step in worker.steps(batch):
            for message in step.published:
                if message.topic == RISK_ALERTS and message.value:
                    _note(firsts, _alert(message.value), step)
    return firsts


def _batches(history: Iterable[Event]) -> Iterator[Sequence[Event]]:
    """Clicks in a row together, as a worker that is a little behind reads them; what others are
    asked about is read one by one, so that alerts come when they come.
    """
    for topic, found in groupby(history, key=lambda event: event.topic):
        if topic in _ASK_NOTHING:
            yield list(found)
        else:
            yield from ([event] for event in found)


def _note(firsts: _Firsts, alert: RiskAlert, step: Step) -> None:
    if alert.kind != "raised":
        return
    at_ms = to_ms(datetime.fromisoformat(alert.at))
    if step.topic == LINKS:
        # Judged as of the customer's own newest event, but known when the other's event came.
        told = (_link(value) for _, value in step.sent if value)
        times = (to_ms(each.occurred_at) for each in told if each.customer_id == alert.customer_id)
        at_ms = max([at_ms, *times])
    first = _First(at_ms, tuple(reason.code for reason in alert.reasons))
    for level in LEVELS[1 : LEVELS.index(alert.level) + 1]:
        firsts[alert.customer_id].setdefault(level, first)


def _found(
    attack: str, customers: Sequence[str], began: Mapping[str, int], firsts: _Firsts
) -> Found:
    def seconds(level: str) -> list[float]:
        """From the first bad event on; an alert of before is no answer to the attack."""
        return [
            (firsts[who][level].at_ms - began[who]) / 1000
            for who in customers
            if level in firsts[who] and firsts[who][level].at_ms >= began[who]
        ]

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


def _accused(honest: Iterable[str], firsts: _Firsts) -> Accused:
    everybody = list(honest)
    high = [firsts[who]["high"] for who in everybody if "high" in firsts[who]]
    elevated = [firsts[who]["elevated"] for who in everybody if "elevated" in firsts[who]]
    return Accused(
        customers=len(everybody),
        high=len(high),
        high_share=_share(len(high), len(everybody)),
        elevated=len(elevated),
        elevated_share=_share(len(elevated), len(everybody)),
        reasons_high=_commonest(high),
        reasons_elevated=_commonest(elevated),
    )


def _commonest(alerts: Iterable[_First]) -> dict[str, int]:
    counts = Counter(reason for alert in alerts for reason in alert.reasons)
    ranked = sorted(counts.items(), key=lambda each: (-each[1], each[0]))
    return dict(ranked[:_REASONS])


def _share(part: int, whole: int) -> float:
    return round(part / whole, 4) if whole else 0.0
