"""``fold``: one event into one customer's state."""

from collections.abc import Callable
from enum import Enum

from stream.events import AccountLinked, CustomerIdentified, ErasureRequested, ReferralChanged
from stream.profile import (
    activity,
    devices,
    journey,
    marketing,
    origin,
    preference,
    seen,
    service,
    sessions,
    social,
    spending,
    traits,
)
from stream.profile.occurrence import Occurrence
from stream.profile.state import State
from stream.risk import evidence

#: An erasure must not be missed; what others' events mean is idempotent, its id is of another.
_NEVER_RESENT = (ErasureRequested, ReferralChanged, AccountLinked)


class Folded(Enum):
    """What became of a record."""

    APPLIED = "applied"
    #: A record at or below the mark of its source: delivered again.
    REPLAYED = "replayed"
    #: An event id that was counted before: sent again by its producer.
    DUPLICATE = "duplicate"
    #: The customer was erased; nothing is kept of the event.
    ERASED = "erased"


def fold_record(state: State, source: str, offset: int, occurrence: Occurrence) -> Folded:
    """Fold the record at ``offset`` of ``source`` (``topic:partition``), once and only once.

    Mutates ``state``. Records of one source must come in the order of their offsets.
    """
    if offset <= state.marks.get(source, -1):
        return Folded.REPLAYED
    state.marks[source] = offset
    if state.erased:
        return Folded.ERASED
    resent = seen.remembers(state.seen, occurrence.id_hash, state.newest_ms)
    if resent and not isinstance(occurrence.event, _NEVER_RESENT):
        return Folded.DUPLICATE
    fold(state, occurrence)
    return Folded.APPLIED


def fold(state: State, occurrence: Occurrence) -> None:
    """Add one event to the state, whatever its record was. Mutates ``state``."""
    if state.erased:
        return
    event, at_ms = occurrence.event, occurrence.at_ms
    if isinstance(event, ErasureRequested):
        _erase(state)
        return
    if isinstance(event, ReferralChanged):
        social.credit(state.social, occurrence)  # no act of this customer: it moves no time
        return
    if isinstance(event, AccountLinked):
        evidence.told(state.risk, event, at_ms)  # nor is this
        return
    seen.remember(state.seen, occurrence.id_hash, at_ms)
    if state.first_ms is None or at_ms < state.first_ms:
        state.first_ms = at_ms
    if state.newest_ms is None or at_ms > state.newest_ms:
        state.newest_ms = at_ms
    code = activity.TYPE_CODES[type(event)]
    activity.add(state.hours, code, at_ms, occurrence.utc_offset_ms)
    sessions.add(state.sessions, occurrence)
    origin.add(state.origin, occurrence)
    evidence.add(state.risk, event, at_ms, occurrence.amount_minor, occurrence.facts)
    if event.context is not None:
        devices.see(state.devices, event.context, at_ms)
    add = _BY_TOPIC.get(event.topic)
    if add is not None:
        add(state, occurrence)


def _add_click(state: State, occurrence: Occurrence) -> None:
    preference.add(state.days, occurrence)
    journey.add(state.days, occurrence)
    social.add(state.social, occurrence)


def _add_cart(state: State, occurrence: Occurrence) -> None:
    preference.add(state.days, occurrence)


def _add_order(state: State, occurrence: Occurrence) -> None:
    preference.add(state.days, occurrence)
    journey.add(state.days, occurrence)
    marketing.add(state.marketing, occurrence)
    social.add(state.social, occurrence)
    spending.add(state.spending, occurrence)


def _add_engagement(state: State, occurrence: Occurrence) -> None:
    marketing.add(state.marketing, occurrence)
    social.add(state.social, occurrence)
    service.add(state.days, state.cases, occurrence)


def _declare(state: State, occurrence: Occurrence) -> None:
    if isinstance(occurrence.event, CustomerIdentified):
        traits.declare(state.traits, occurrence.at_ms, occurrence.event.traits)


#: What the events of a topic add beyond what all events do.
_BY_TOPIC: dict[str, Callable[[State, Occurrence], None]] = {
    "clicks": _add_click,
    "carts": _add_cart,
    "orders": _add_order,
    "customers": _declare,
    "engagements": _add_engagement,
}


def _erase(state: State) -> None:
    # Erasure is final, so that it does not matter which events arrive before and which after it.
    empty = State()
    for name in State.__struct_fields__:
        if name != "marks":
            setattr(state, name, getattr(empty, name))
    state.erased = True
