"""JSON lines of the contract itself, in the order of the file."""

from collections.abc import Iterator
from typing import Any, BinaryIO, Union

import msgspec

from stream.errors import Reason
from stream.events import EVENT_TYPES
from stream.replay.source import Found, Skipped

_EVENT: msgspec.json.Decoder[Any] = msgspec.json.Decoder(
    Union[EVENT_TYPES]  # noqa: UP007
)


def read(stream: BinaryIO) -> Iterator[Found]:
    """One event a line; empty lines are passed over.

    The order stays as it was recorded: such a file may hold late events on purpose.
    """
    for number, line in enumerate(stream, start=1):
        if line.isspace():
            continue
        try:
            yield _EVENT.decode(line)
        except msgspec.ValidationError as exc:
            yield Skipped(number, _reason(str(exc)), str(exc))
        except (msgspec.DecodeError, UnicodeDecodeError) as exc:
            yield Skipped(number, Reason.NOT_JSON, str(exc))


def _reason(message: str) -> Reason:
    """The code a worker would give; finer ones need its clock and rates."""
    if "missing required field" in message:
        return Reason.MISSING_FIELD
    if "`$.type`" in message and message.startswith("Invalid value"):
        return Reason.UNKNOWN_TYPE
    if "occurred_at" in message:
        return Reason.BAD_TIMESTAMP
    if message.startswith("Expected") and ", got " in message:
        return Reason.WRONG_TYPE
    return Reason.INVALID_VALUE
