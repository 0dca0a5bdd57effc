"""Everything kept of one customer."""

from collections.abc import Sequence

from msgspec import Struct, field

from stream.profile import (
    activity,
    attributes,
    consumption,
    days,
    devices,
    marketing,
    origin,
    risk,
    seen,
    service,
    sessions,
    social,
    spending,
    traits,
)
from stream.profile.activity import HourTiles
from stream.profile.days import DayTiles
from stream.profile.devices import Devices
from stream.profile.marketing import MarketingState
from stream.profile.origin import Origin
from stream.profile.seen import Marks, SeenIds
from stream.profile.service import Cases
from stream.profile.sessions import Sessions
from stream.profile.social import SocialState
from stream.profile.spending import SpendingState
from stream.profile.traits import Traits
from stream.risk import evidence, score
from stream.risk.evidence import Evidence
from stream.risk.findings import Finding


class State(Struct):
    """The aggregates of one customer. All integers, commutative and mergeable.

    ``marks`` and ``seen`` make each event count once; ``first_ms`` and ``newest_ms`` are the times
    of the oldest and newest event, None before the first. An ``erased`` customer keeps only marks.
    """

    marks: Marks = field(default_factory=dict)
    seen: SeenIds = field(default_factory=dict)
    first_ms: int | None = None
    newest_ms: int | None = None
    hours: HourTiles = field(default_factory=dict)
    days: DayTiles = field(default_factory=dict)
    sessions: Sessions = field(default_factory=list)
    spending: SpendingState = field(default_factory=SpendingState)
    marketing: MarketingState = field(default_factory=MarketingState)
    social: SocialState = field(default_factory=SocialState)
    cases: Cases = field(default_factory=dict)
    traits: Traits = field(default_factory=dict)
    devices: Devices = field(default_factory=dict)
    origin: Origin = field(default_factory=Origin)
    risk: Evidence = field(default_factory=Evidence)
    erased: bool = False

    @property
    def known_ms(self) -> int | None:
        """When the newest event was, or what another's event made known since; None before the
        first event of the customer.
        """
        if self.newest_ms is None:
            return None
        return max([self.newest_ms, *(found[-1].at_ms for found in self.risk.known.values())])

    def suspicions(self) -> list[Finding]:
        """What the state shows of a risk, whenever it was found."""
        return risk.findings(self.risk, self.origin, self.spending, self.hours, self.newest_ms)


def prune(state: State) -> None:
    """Drop what can never be seen again; idempotent, and changes no portrait."""
    if state.newest_ms is None:
        return
    seen.prune_ids(state.seen, state.newest_ms)
    activity.prune(state.hours, state.newest_ms)
    days.prune(state.days, state.newest_ms)
    sessions.prune(state.sessions, state.newest_ms)
    spending.prune(state.spending, state.newest_ms)
    service.prune(state.cases, state.newest_ms)
    evidence.prune(state.risk, state.newest_ms)


def merge(a: State, b: State) -> State:
    """The state of both histories, as if all their events had been folded in any order.

    Commutative and associative. An event that both hold counts twice: merge disjoint histories.
    """
    marks = seen.merge_marks(a.marks, b.marks)
    if a.erased or b.erased:
        return State(marks=marks, erased=True)
    merged = State(
        marks=marks,
        seen=seen.merge_ids(a.seen, b.seen),
        first_ms=min((ms for ms in (a.first_ms, b.first_ms) if ms is not None), default=None),
        newest_ms=max((ms for ms in (a.newest_ms, b.newest_ms) if ms is not None), default=None),
        hours=activity.merge(a.hours, b.hours),
        days=days.merge(a.days, b.days),
        sessions=sessions.merge(a.sessions, b.sessions),
        spending=spending.merge(a.spending, b.spending),
        marketing=marketing.merge(a.marketing, b.marketing),
        social=social.merge(a.social, b.social),
        cases=service.merge(a.cases, b.cases),
        traits=traits.merge(a.traits, b.traits),
        devices=devices.merge(a.devices, b.devices),
        origin=origin.merge(a.origin, b.origin),
        risk=evidence.merge(a.risk, b.risk),
    )
    prune(merged)
    return merged


def next_change(
    state: State, as_of_ms: int, suspicions: Sequence[Finding] | None = None
) -> int | None:
    """The next instant, ms, at which the portrait changes without an event; None for never.

    ``suspicions`` are the state's, if they are known already.
    """
    times = (
        activity.next_change(state.hours, as_of_ms),
        days.next_change(state.days, as_of_ms),
        consumption.next_change(state.spending, as_of_ms),
        attributes.next_change(state.traits, as_of_ms),
        score.next_change(state.suspicions() if suspicions is None else suspicions, as_of_ms),
    )
    return min((ms for ms in times if ms is not None), default=None)
