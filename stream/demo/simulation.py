"""The history of the simulated shop: pure, and the same for the same seed.

Time is an argument. A history is planned on a fixed scale that ends at 0 and then moved, by whole
days, to the midnight (UTC) before `end`. Whole days keep everybody's local hours; and since the
plan does not know `end`, the same seed gives the same customers, events and order on any day.
"""

import heapq
from bisect import bisect
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import count
from math import ceil
from random import Random

import msgspec

from stream.demo.attackers.cast import accounts_of_attackers, next_raid, raids
from stream.demo.attackers.purchases import Market
from stream.demo.attackers.raid import Attack
from stream.demo.bots import Crawler, bot_count
from stream.demo.catalogue import Catalogue
from stream.demo.sessions import DAY_S, LONGEST_VISIT_S, Script, compose
from stream.demo.shop import Timed, play
from stream.demo.visit import Visit
from stream.demo.visitors import Visitor, make_visitor
from stream.events import Event

#: Long enough that some of it has left the rolling 30 days.
HISTORY_DAYS = 35.0

#: Visits a day of the average customer at pace 1, and crawls a day of a bot.
_VISITS_A_DAY, _CRAWLS_A_DAY = 0.25, 1.0
#: A bot does not come more often than that, however busy the shop.
_SHORTEST_CRAWL_INTERVAL_S = 900
#: Events of the average visit; only a first guess, the plan counts exactly.
_EVENTS_A_VISIT = 8.0
#: How much more than asked for is planned at first, and again where it was not enough.
_MARGIN = 1.15


class Planned(msgspec.Struct, frozen=True, order=True, gc=False):
    """A visit to come: what is needed to play it, and how many events it makes.

    Ordered by time, then by actor and number, so that equal times have one order too.
    """

    begins_s: int  # on the scale that ends at 0, so never positive
    # index of the visitor; of a bot ~index, which is negative; raids come after the visitors
    actor: int
    number: int  # of the actor's visits
    size: int
    joining: bool = False


class Simulation:
    """A shop with its customers; `customers` counts the bots among them.

    With `attackers` it is attacked as well, if it is not too small. `customers` then counts the
    accounts that they make, too.
    """

    def __init__(
        self, seed: int, customers: int, currency: str = "USD", *, attackers: bool = False
    ) -> None:
        self._seed = seed
        self._currency = currency
        self._rng, self._way = Random(), Random()
        self._catalogue = Catalogue(seed)
        bots = bot_count(customers)
        self._bots = [Crawler(seed, index, self._catalogue) for index in range(bots)]
        honest = customers - bots - (accounts_of_attackers(customers) if attackers else 0)
        self.visitors = [make_visitor(seed, n, self._catalogue) for n in range(honest)]
        self._market = Market(self._catalogue, currency)
        self._raids = raids(seed, customers, self.visitors, self._market) if attackers else []
        #: Raids after those of the history.
        self._later = 0

    @property
    def is_attacked(self) -> bool:
        """Whether anybody attacks it."""
        return bool(self._raids)

    @property
    def attacks(self) -> dict[str, Attack]:
        """What each customer takes part in who is no honest one, or is a victim of."""
        return {who: raid.attack for raid in self._raids for who in raid.customers}

    def history(self, end: datetime, days: float = HISTORY_DAYS) -> Iterator[Event]:
        """All events of the days before `end`, in order of time."""
        return self._perform(self._plan(days, pace=1.0), end)

    def last(self, events: int, end: datetime, days: float = HISTORY_DAYS) -> Iterator[Event]:
        """Exactly `events` events of the days before `end`, up to the end, in order of time.

        The more there have to be, the more often the customers come.
        """
        at_pace_1 = days * _VISITS_A_DAY * _EVENTS_A_VISIT * len(self.visitors)
        pace = _MARGIN * events / at_pace_1
        plan = self._plan(days, pace)
        while sum(visit.size for visit in plan) < events:
            pace *= _MARGIN
            plan = self._plan(days, pace)
        first, left_out = _cut(plan, events)
        return self._perform(plan[first:], end, left_out)

    def visit(
        self, visitor: Visitor, number: int, begins_ms: int, *, joining: bool, left_s: float
    ) -> list[Timed]:
        """The events of one visit; see :func:`stream.demo.sessions.compose`."""
        script = self._script(visitor, number, joining=joining, left_s=left_s)
        self._way.seed(f"way/{self._seed}/{visitor.index}/{number}")
        visit = Visit(
            self._rng,
            self._way,
            visitor,
            self._catalogue,
            number=number,
            currency=self._currency,
            joining=joining,
            left_s=left_s,
        )
        return play(visit, script, begins_ms)

    def raid(self, begins_ms: int) -> list[Timed]:
        """The events of one raid more, on a shop that is attacked; its accounts are new ones."""
        self._later += 1
        raid = next_raid(self._seed, self._later - 1, self.visitors, self._market)
        self._raids.append(raid)
        return raid.play(begins_ms)

    def _perform(
        self, plan: Sequence[Planned], end: datetime, left_out: int = 0
    ) -> Iterator[Event]:
        """The events of the planned visits, merged; the first visit's first `left_out` are not.

        Only visits under way and events that follow later are in memory, not the history.
        """
        midnight = end.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        end_ms = int(midnight.timestamp()) * 1000
        order = count()
        waiting: list[tuple[int, int, Event]] = []
        for planned in plan:
            begins_ms = end_ms + planned.begins_s * 1000
            while waiting and waiting[0][0] < begins_ms:
                yield heapq.heappop(waiting)[2]
            for at_ms, event in self._events(planned, begins_ms)[left_out:]:
                heapq.heappush(waiting, (at_ms, next(order), event))
            left_out = 0
        while waiting:
            yield heapq.heappop(waiting)[2]

    def _events(self, planned: Planned, begins_ms: int) -> list[Timed]:
        if planned.actor < 0:
            return self._bots[~planned.actor].crawl(planned.number, begins_ms)
        if planned.actor >= len(self.visitors):
            return self._raids[planned.actor - len(self.visitors)].play(begins_ms)
        return self.visit(
            self.visitors[planned.actor],
            planned.number,
            begins_ms,
            joining=planned.joining,
            left_s=-planned.begins_s,
        )

    def _plan(self, days: float, pace: float) -> list[Planned]:
        window_s = int(days * DAY_S)
        plan: list[Planned] = []
        for index, bot in enumerate(self._bots):
            plan += _crawls(index, bot.phase, window_s, pace)
        for visitor in self.visitors:
            plan += self._visits(visitor, window_s, pace)
        for index, raid in enumerate(self._raids, len(self.visitors)):
            if raid.begins_s >= -window_s:
                plan.append(Planned(raid.begins_s, index, 0, raid.size))
        plan.sort()
        return plan

    def _visits(self, visitor: Visitor, window_s: int, pace: float) -> Iterator[Planned]:
        begins = _beginnings(Random(f"plan/{self._seed}/{visitor.index}"), visitor, window_s, pace)
        joining = visitor.joins_at is not None
        joined_s = -window_s * (1 - (visitor.joins_at or 0.0))
        trip = visitor.circumstances.trip
        number = 0
        for begins_s in begins:
            if joining and begins_s < joined_s:
                continue
            if trip is not None and trip.is_under_way(begins_s):
                continue
            script = self._script(visitor, number, joining=joining, left_s=-begins_s)
            yield Planned(begins_s, visitor.index, number, script.size, joining)
            number += 1
            joining = False

    def _script(self, visitor: Visitor, number: int, *, joining: bool, left_s: float) -> Script:
        # A visit's dice depend on nothing but who and which: planning and playing throw the same.
        self._rng.seed(f"visit/{self._seed}/{visitor.index}/{number}")
        return compose(self._rng, visitor, number=number, joining=joining, left_s=left_s)


def simulate(
    seed: int, customers: int, end: datetime, days: float = HISTORY_DAYS
) -> Iterator[Event]:
    """All events of a simulated shop in the days before `end`, in order of time."""
    return Simulation(seed, customers).history(end, days)


def _crawls(index: int, phase: float, window_s: int, pace: float) -> Iterator[Planned]:
    interval_s = max(_SHORTEST_CRAWL_INTERVAL_S, int(DAY_S / (_CRAWLS_A_DAY * pace)))
    first_s = int(phase * interval_s) - window_s
    for number, begins_s in enumerate(range(first_s, -LONGEST_VISIT_S, interval_s)):
        yield Planned(begins_s, ~index, number, Crawler.size)


def _beginnings(rng: Random, visitor: Visitor, window_s: int, pace: float) -> list[int]:
    """When the visitor comes, in order: every day by chance, at the hours of the rhythm."""
    expected = visitor.activity * pace * _VISITS_A_DAY
    begins: list[int] = []
    for day in range(-ceil(window_s / DAY_S), 0):
        for _ in range(int(expected + rng.random())):
            hour = bisect(visitor.hours, rng.random() * visitor.hours[-1])
            local_s = int((hour + rng.random()) * 3600)
            begins_s = day * DAY_S + local_s - visitor.home.january_offset_min * 60
            # East of Greenwich the first local day begins before the window, west of it the last
            # one ends after it: take the same hour of the next or previous day.
            if begins_s < -window_s:
                begins_s += DAY_S
            elif begins_s >= -LONGEST_VISIT_S:
                begins_s -= DAY_S
            if -window_s <= begins_s < -LONGEST_VISIT_S:
                begins.append(begins_s)
    return sorted(begins)


def _cut(plan: Sequence[Planned], events: int) -> tuple[int, int]:
    """Index of the first visit to keep for the last `events` events, and how many are too many."""
    kept = 0
    for index in range(len(plan) - 1, -1, -1):
        kept += plan[index].size
        if kept >= events:
            return index, kept - events
    raise ValueError(f"the plan has {kept} events, fewer than {events}")
