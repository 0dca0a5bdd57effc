"""Everything kept of one customer."""

from msgspec import Struct, field

from stream.profile import activity, attributes, preference, seen, spending
from stream.profile.activity import HourTiles
from stream.profile.attributes import Traits
from stream.profile.preference import DayTiles
from stream.profile.seen import Marks, SeenIds
from stream.profile.spending import SpendingState


class State(Struct):
    """The aggregates of one customer. All integers, commutative and mergeable.

    ``marks`` and ``seen`` make each event count once; ``first_ms`` and ``newest_ms`` are the times
    of the oldest and newest event, None before the first. An ``erased`` customer keeps only marks.
    """

    marks: Marks = field(default_factory=dict)
    seen: SeenIds = field(default_factory=dict)
    first_ms: int | None = None
    newest_ms: int | None = None
    activity: HourTiles = field(default_factory=dict)
    preferences: DayTiles = field(default_factory=dict)
    spending: SpendingState = field(default_factory=SpendingState)
    traits: Traits = field(default_factory=dict)
    erased: bool = False


def prune(state: State) -> None:
    """Drop what can never be seen again; idempotent, and changes no portrait."""
    if state.newest_ms is None:
        return
    seen.prune_ids(state.seen, state.newest_ms)
    activity.prune(state.activity, state.newest_ms)
    preference.prune(state.preferences, state.newest_ms)
    spending.prune(state.spending, state.newest_ms)


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
        activity=activity.merge(a.activity, b.activity),
        preferences=preference.merge(a.preferences, b.preferences),
        spending=spending.merge(a.spending, b.spending),
        traits=attributes.merge(a.traits, b.traits),
    )
    prune(merged)
    return merged


def next_change(state: State, as_of_ms: int) -> int | None:
    """The next instant, ms, at which the portrait changes without an event; None for never."""
    times = (
        activity.next_change(state.activity, as_of_ms),
        preference.next_change(state.preferences, as_of_ms),
        attributes.next_change(state.traits, as_of_ms),
    )
    return min((ms for ms in times if ms is not None), default=None)
