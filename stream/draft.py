"""One customer, one batch: from the stored record and the new events to the next record.

No I/O happens here. The result is a draft: it counts once the table has taken it.
"""

from collections import Counter
from collections.abc import Sequence

import msgspec
from msgspec import Struct

from stream import alerts, metrics
from stream.alerts import Alerts, AlertState, alert_message, alerts_between
from stream.hot import Entry
from stream.link import links
from stream.measures.standards import Standards
from stream.moves import Moves, move_message, moves_between, pack, unpack
from stream.profile.encounters import Encounter, appearances, encounters
from stream.profile.fold import Folded, fold_record
from stream.profile.occurrence import Occurrence
from stream.profile.portrait import Cause, Change, describe, difference, to_change
from stream.profile.state import State, next_change, prune
from stream.publish import Message, portrait_message
from stream.referral import referrals
from stream.risk.score import NO_RISK, Risk
from stream.tables import codec
from stream.tables.table import Record, Write
from stream.windows import to_rfc3339

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Change)


class Sourced(Struct, frozen=True):
    """An event and where it was read: offset of ``topic:partition``."""

    source: str
    offset: int
    occurrence: Occurrence


class Draft(Struct):
    """What is to be done about one customer, and how it stands then.

    ``entry``     the record to remember once ``write`` is stored (or at once without a write)
    ``changed``   whether there is a new version
    ``messages``  what is to be published but the moves and alerts
    ``moves``     segment moves of the new version
    ``alerts``    risk alerts of the new version, or of the one that stands
    ``met``       products that the events name, which is not kept with the customer
    ``due_ms``    when the portrait next changes by time alone; None for never
    """

    entry: Entry
    outcomes: Counter[Folded]
    write: Write | None = None
    changed: bool = False
    messages: list[Message] = []
    moves: Moves = ()
    alerts: Alerts = ()
    met: list[Encounter] = []
    due_ms: int | None = None

    @property
    def once(self) -> list[Message]:
        """The messages of moves and alerts, which must not be repeated."""
        return [*map(move_message, self.moves), *map(alert_message, self.alerts)]


def draft(
    key: str,
    entry: Entry,
    records: Sequence[Sourced],
    *,
    now_ms: int,
    cause: Cause,
    standards: Standards,
    token: str,
) -> Draft:
    """Fold the records into the entry (which is mutated) and describe what follows.

    ``now_ms`` is the instant of the new portrait, unless the customer's newest event, or what
    another's made known, is later.
    Without records this is a look at what time alone has changed. ``token`` names the write, if it
    comes to one.
    """
    state, before = entry.state, entry.segments
    outcomes = Counter(
        fold_record(state, record.source, record.offset, record.occurrence) for record in records
    )
    result = Draft(entry, outcomes)
    if outcomes[Folded.REPLAYED] and (entry.change or state.erased):
        # The batch that stored this version may have died before it published it.
        metrics.REPUBLISHED.inc()
        _publish(result, key, _document(entry))
    occurrences = [record.occurrence for record in records]
    result.messages += referrals(key, state, occurrences, standards.currency)
    if not state.erased:
        result.messages += links(key, occurrences)
    result.met = (appearances if state.erased else encounters)(key, occurrences)
    touched = len(records) > outcomes[Folded.REPLAYED]
    if touched:
        entry.stored = None
    if state.erased:
        result.changed = bool(outcomes[Folded.APPLIED])
        entry.change = None
        _alert(result, key, NO_RISK, at_ms=now_ms, cause=cause, standards=standards)
        entry.alerted = AlertState()
    elif (known_ms := state.known_ms) is not None:
        # Otherwise there is no record, or only what others' events meant.
        _describe(result, key, max(now_ms, known_ms + 1), cause, standards)
    if not (result.changed or result.alerts or touched):
        return result
    document = _document(entry)
    if result.changed:
        entry.version += 1
        _publish(result, key, document)
        at = entry.change.as_of if entry.change else to_rfc3339(now_ms)
        entry.segments = entry.change.segments if entry.change else ()
        result.moves = moves_between(
            key, before, entry.segments, version=entry.version, at=at, cause=cause
        )
    entry.revision += 1
    record = Record(
        entry.revision,
        entry.version,
        _stored(entry),
        document,
        pack(result.moves),
        token,
        alerts.pack(result.alerts),
        alerts.pack_state(entry.alerted),
    )
    publish = result.changed or bool(result.alerts)
    result.write = Write(key, record, result.due_ms, publish=publish)
    return result


def _describe(result: Draft, key: str, as_of_ms: int, cause: Cause, standards: Standards) -> None:
    entry = result.entry
    store_id, _, customer_id = key.partition("/")
    suspicions = entry.state.suspicions()  # once: to find them costs as much as any section
    portrait = describe(
        store_id,
        customer_id,
        entry.state,
        as_of_ms,
        standards=standards,
        version=entry.version + 1,
        suspicions=suspicions,
    )
    changed = difference(entry.change, portrait)
    if changed is not None:
        result.changed = True
        entry.change = to_change(portrait, changed, cause)
    times = (
        next_change(entry.state, as_of_ms, suspicions),
        standards.rules.next_change(portrait, as_of_ms),
        _alert(result, key, portrait.risk, at_ms=as_of_ms, cause=cause, standards=standards),
    )
    result.due_ms = min((ms for ms in times if ms is not None), default=None)


def _alert(
    result: Draft, key: str, risk: Risk, *, at_ms: int, cause: Cause, standards: Standards
) -> int | None:
    """Take in what is to be alerted; when what is not yet alerted is to be looked at again."""
    entry = result.entry
    made = alerts_between(
        entry.alerted,
        key,
        risk,
        version=entry.version + result.changed,
        at_ms=at_ms,
        cause=cause,
        cool_down_ms=standards.risk.cool_down_ms,
    )
    entry.alerted, result.alerts = made.state, made.alerts
    return made.due_ms


def _stored(entry: Entry) -> bytes:
    # As it was read, if time alone has changed the portrait: what it would lose by being pruned, it
    # loses with the next event.
    if entry.stored is not None:
        return entry.stored
    prune(entry.state)
    return codec.encode(entry.state)


def _document(entry: Entry) -> bytes | None:
    return None if entry.change is None else _encoder.encode(entry.change)


def _publish(result: Draft, key: str, document: bytes | None) -> None:
    version, change = result.entry.version, result.entry.change
    changed = change.changed if change else ()
    result.messages.append(portrait_message(key, version, document, changed))


def to_entry(record: Record | None) -> Entry:
    """A stored record, or none, in the form that events fold into."""
    if record is None:
        return Entry(0, 0, State(), None)
    return Entry(
        record.revision,
        record.version,
        codec.decode(record.state),
        to_stored_change(record),
        _stored_segments(record),
        alerts.unpack_state(record.alerted),
        record.state,
    )


def to_stored_change(record: Record) -> Change | None:
    """The last published change; None if erased, or written by a version with other sections."""
    if record.document is None:
        return None
    try:
        return _decoder.decode(record.document)
    except msgspec.ValidationError:
        return None


class _Segmented(Struct):
    segments: tuple[str, ...] = ()


_segmented = msgspec.json.Decoder(_Segmented)


def _stored_segments(record: Record) -> tuple[str, ...]:
    try:
        return () if record.document is None else _segmented.decode(record.document).segments
    except msgspec.ValidationError:  # of a version that meant something else by them
        return ()


def stored_message(key: str, record: Record) -> Message:
    """The message that published a record, byte for byte."""
    change = to_stored_change(record)
    changed = change.changed if change else ()
    return portrait_message(key, record.version, record.document, changed)


def stored_once(record: Record) -> list[Message]:
    """The messages of the moves and alerts that came with a record."""
    moves, raised = unpack(record.moves), alerts.unpack(record.alerts)
    return [*map(move_message, moves), *map(alert_message, raised)]
