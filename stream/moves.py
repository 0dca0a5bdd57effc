"""Segment moves: who entered and who left which segment, with the version that made it so.

A move belongs to one version of one customer's portrait and is stored with it, in one step. So it
can be told afterwards what had to be published: see ``stream.update``.
"""

from collections.abc import Collection
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from stream.events import customer_key
from stream.profile.portrait import Cause
from stream.profile.values import Instant
from stream.publish import Message
from stream.topics import SEGMENT_MOVES


class SegmentMove(Struct, frozen=True, kw_only=True):
    """A customer entered a segment or left it.

    `store_id`, `customer_id`, `version` and `segment` together name the move.
    """

    store_id: Annotated[str, Meta(description="Store of the customer.")]
    customer_id: Annotated[str, Meta(description="The customer, within the store.")]
    segment: Annotated[str, Meta(description="Name of the segment.")]
    move: Annotated[
        Literal["entered", "left"], Meta(description="An erased customer leaves every segment.")
    ]
    at: Annotated[Instant, Meta(description="`as_of` of the portrait that brought the move.")]
    version: Annotated[int, Meta(ge=1, description="Version of that portrait, or tombstone.")]
    cause: Annotated[
        Cause, Meta(description="`event`, `time`, or `admin` where the rules changed.")
    ]


Moves = tuple[SegmentMove, ...]

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Moves)


def moves_between(
    key: str,
    before: Collection[str],
    after: Collection[str],
    *,
    version: int,
    at: str,
    cause: Cause,
) -> Moves:
    """From the segments of the version before to those of a version; what was left comes first."""
    if before == after:
        return ()
    store_id, _, customer_id = key.partition("/")

    def move(segment: str, kind: Literal["entered", "left"]) -> SegmentMove:
        return SegmentMove(
            store_id=store_id,
            customer_id=customer_id,
            segment=segment,
            move=kind,
            at=at,
            version=version,
            cause=cause,
        )

    left = (move(name, "left") for name in before if name not in after)
    entered = (move(name, "entered") for name in after if name not in before)
    return (*left, *entered)


def pack(moves: Moves) -> bytes:
    """The moves of a version as they are stored with it; empty where there are none."""
    return _encoder.encode(moves) if moves else b""


def unpack(stored: bytes) -> Moves:
    """The way back."""
    return _decoder.decode(stored) if stored else ()


def move_message(move: SegmentMove) -> Message:
    """A move as it is published; key and headers name it."""
    headers = (
        ("version", str(move.version).encode()),
        ("store_id", move.store_id.encode()),
        ("segment", move.segment.encode()),
        ("move", move.move.encode()),
    )
    key = customer_key(move.store_id, move.customer_id)
    return Message(SEGMENT_MOVES, key.encode(), _encoder.encode(move), headers)
