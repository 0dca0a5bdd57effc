"""The simulated shop right now: an endless stream of visits, many at a time."""

from collections import Counter, deque
from datetime import datetime
from itertools import accumulate
from random import Random

import msgspec

from stream.demo.homes import RHYTHMS
from stream.demo.simulation import Simulation
from stream.demo.visitors import Visitor
from stream.events import Event

#: Visits under way at any time.
_VISITS = 60
#: Chance that attackers come instead of a visitor, if the shop is attacked at all: at 200 events a
#: second a raid every twenty seconds or so.
_RAIDS = 0.002
#: A customer's live visits are numbered from here on, clear of those of any history.
_FIRST_NUMBER = 1_000_000_000
#: So many customers are thought of for a visit before one may come at an unusual hour.
_TRIES = 20
_LIKELIEST_HOUR = max(weight for rhythm in RHYTHMS.values() for weight in rhythm)


class LiveShop:
    """Makes one event after the other for the times that it is given."""

    def __init__(self, simulation: Simulation, seed: int) -> None:
        self._simulation = simulation
        self._rng = Random(f"live/{seed}")
        self._activity = list(accumulate(visitor.activity for visitor in simulation.visitors))
        self._visits: list[deque[Event]] = []
        self._numbers: Counter[int] = Counter()

    def event(self, at: datetime) -> Event:
        """The next event, which happens at `at`."""
        if len(self._visits) < _VISITS:
            self._visits.append(self._new_visit(at))
        index = int(len(self._visits) * self._rng.random())
        visit = self._visits[index]
        event = visit.popleft()
        if not visit:
            # Order means nothing here, so the last one fills the gap.
            self._visits[index] = self._visits[-1]
            self._visits.pop()
        return msgspec.structs.replace(event, occurred_at=at.astimezone(event.occurred_at.tzinfo))

    def _new_visit(self, at: datetime) -> deque[Event]:
        begins_ms = int(at.timestamp() * 1000)
        if self._simulation.is_attacked and self._rng.random() < _RAIDS:
            return deque(event for _, event in self._simulation.raid(begins_ms))
        visitor = self._who(at)
        number = _FIRST_NUMBER + self._numbers[visitor.index]
        self._numbers[visitor.index] += 1
        # Nothing is left after now, so nothing follows later.
        visit = self._simulation.visit(visitor, number, begins_ms, joining=False, left_s=0)
        return deque(event for _, event in visit)

    def _who(self, at: datetime) -> Visitor:
        """Somebody who is likely to be awake: the more so, the more it is their time of day."""
        for _ in range(_TRIES):
            [visitor] = self._rng.choices(self._simulation.visitors, cum_weights=self._activity)
            minute = at.hour * 60 + at.minute + visitor.home.january_offset_min
            likelihood = RHYTHMS[visitor.rhythm][minute // 60 % 24]
            if self._rng.random() * _LIKELIEST_HOUR < likelihood:
                break
        return visitor
