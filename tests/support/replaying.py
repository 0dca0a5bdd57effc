"""Runs a source over text or a file and holds what comes out against the wire contract."""

import io
from pathlib import Path
from typing import Any, Union

import msgspec

from stream.events import EVENT_TYPES, Event
from stream.replay.formats import FILES, read_events
from stream.replay.source import Found, Skipped

_WIRE: msgspec.json.Decoder[Any] = msgspec.json.Decoder(Union[EVENT_TYPES])  # noqa: UP007


def read_text(format_name: str, text: str) -> list[Found]:
    """Everything that a source finds in a text."""
    return checked(list(FILES[format_name](io.BytesIO(text.encode()))))


def read_path(format_name: str, path: Path) -> list[Found]:
    """Everything that a source finds in a file."""
    return checked(list(read_events(str(path), format_name)))


def checked(found: list[Found]) -> list[Found]:
    """The same, after each event went over the wire and came back equal, with an id of its own."""
    events = events_of(found)
    for event in events:
        assert _WIRE.decode(msgspec.json.encode(event)) == event
    assert len({event.event_id for event in events}) == len(events)
    return found


def events_of(found: list[Found]) -> list[Event]:
    """The events alone."""
    return [entry for entry in found if not isinstance(entry, Skipped)]


def skipped_of(found: list[Found]) -> list[tuple[int, str]]:
    """Line and reason of what was skipped."""
    return [(entry.line, str(entry.reason)) for entry in found if isinstance(entry, Skipped)]
