"""Calls to events: the envelope, and what each kind of call becomes."""

import hashlib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, BinaryIO, Union

import msgspec

from stream.errors import Reason
from stream.events import EVENT_TYPES, Event
from stream.replay.identity import Occurrences
from stream.replay.localtime import with_offset
from stream.replay.ordering import in_time_order
from stream.replay.segment.context import to_context, zone_of
from stream.replay.segment.properties import Unusable, object_of, text_of
from stream.replay.segment.tracks import TRACKS
from stream.replay.segment.traits import to_traits
from stream.replay.source import Found, Skipped

NO_CUSTOMER = "no_customer"
#: A call without counterpart in the contract, such as a page view.
UNMAPPED_EVENT = "unmapped_event"
#: An identify call that holds nothing but identifiers.
NO_TRAITS = "no_traits"

_EVENT_ID_LENGTH = 64

# Money must come through as it is written; a binary float would not keep 19.10.
_CALL = msgspec.json.Decoder(dict[str, Any], float_hook=Decimal)
_EVENTS = Union[EVENT_TYPES]  # type: ignore[valid-type]  # noqa: UP007


def read(stream: BinaryIO) -> Iterator[Found]:
    """One event a call at most; late uploads are put in order of time within a window."""
    return in_time_order(_read_calls(stream))


def _read_calls(stream: BinaryIO) -> Iterator[Found]:
    occurrences = Occurrences()
    for number, line in enumerate(stream, start=1):
        if line.isspace():
            continue
        try:
            yield to_event(_CALL.decode(line), line, occurrences)
        except (msgspec.DecodeError, UnicodeDecodeError) as exc:
            # A ValidationError here is a line that holds something else than an object.
            yield Skipped(number, Reason.NOT_JSON, str(exc))
        except Unusable as exc:
            yield Skipped(number, exc.reason, exc.detail)


def to_event(call: Mapping[str, Any], line: bytes, occurrences: Occurrences) -> Event:
    """The event that a call stands for; :class:`Unusable` where there is none."""
    kind, fields = _content(call)
    context = object_of(call, "context")
    customer_id = text_of(call.get("userId"))
    if customer_id is None:
        raise Unusable(NO_CUSTOMER, "the call has no userId")
    event = {
        "type": kind,
        "event_id": _event_id(call, line, occurrences),
        "customer_id": customer_id,
        "anonymous_id": text_of(call.get("anonymousId")),
        "occurred_at": _moment(call, context),
        "context": to_context(context),
        **fields,
    }
    try:
        found: Event = msgspec.convert({k: v for k, v in event.items() if v is not None}, _EVENTS)
    except msgspec.ValidationError as exc:
        message = str(exc)
        missing = "missing required field" in message
        reason = Reason.MISSING_FIELD if missing else Reason.INVALID_VALUE
        raise Unusable(reason, message) from None
    return found


def _content(call: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    match call.get("type"):
        case "track":
            name = str(call.get("event"))
            track = TRACKS.get(name)
            if track is None:
                raise Unusable(UNMAPPED_EVENT, f"track {name[:64]!r}")
            return track.kind, track.fields(object_of(call, "properties"))
        case "identify":
            traits = to_traits(object_of(call, "traits"), object_of(call, "context"))
            if not traits:
                raise Unusable(NO_TRAITS, "no trait is left without the direct identifiers")
            return "customer_identified", {"traits": traits}
        case kind:
            raise Unusable(UNMAPPED_EVENT, f"{str(kind)[:64]} call")


def _event_id(call: Mapping[str, Any], line: bytes, occurrences: Occurrences) -> str:
    message_id = text_of(call.get("messageId"))
    if message_id is None:
        row = hashlib.blake2b(line.strip(), digest_size=16).hexdigest()
        return occurrences.number(f"segment-{row}")
    if len(message_id) > _EVENT_ID_LENGTH:
        # Senders may use up to 100 characters; the same long id must give the same short one.
        return hashlib.blake2b(message_id.encode(), digest_size=32).hexdigest()
    return message_id


def _moment(call: Mapping[str, Any], context: Mapping[str, Any]) -> datetime:
    """When it happened; ``timestamp`` is corrected for the device's clock, the other is not."""
    text = call.get("timestamp") or call.get("originalTimestamp")
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        raise Unusable(Reason.BAD_TIMESTAMP, f"timestamp {str(text)[:40]!r}") from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    zone = zone_of(context)
    # Libraries write UTC whatever the customer's clock shows; another offset is meant as such.
    if zone is None or moment.utcoffset() != timedelta():
        return moment
    return with_offset(moment, zone)
