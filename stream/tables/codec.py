"""State as bytes: a schema version, then compact MessagePack, and a way up from old versions.

Keys of tiles are stored relative to the oldest tile, names once in a table of strings, ids as
packed binary: that keeps a customer with 100 events in the window at about a kilobyte
(``bench/state_size.py`` measures it).
"""

import struct
from collections.abc import Callable
from typing import Any

import msgspec
from msgspec import Struct

from stream.errors import Fatal
from stream.fields import TraitValue
from stream.profile.activity import first_key, utc_hour
from stream.profile.attributes import Traits
from stream.profile.preference import DayTile
from stream.profile.seen import TICK_MS
from stream.profile.spending import SpendingState
from stream.profile.state import State

#: First byte of every stored state.
SCHEMA = 1

#: schema -> function from its raw fields to those of the next schema.
UPGRADES: dict[int, Callable[[list[Any]], list[Any]]] = {}

# One remembered id: ticks before the newest event (at most 24 h, 16 bits), and 48 bits of hash.
_SEEN = struct.Struct(">Q")
_HASH_BITS = 48
_HASH_MASK = (1 << _HASH_BITS) - 1

#: UTC day relative to the first, categories and brands (by index into ``names``), prices.
_Day = tuple[int, dict[int, int], dict[int, int], dict[int, int]]


class StoredState(Struct, array_like=True):
    """Schema 1 as it is stored; the order of the fields is the format."""

    marks: dict[str, int]
    first_ms: int | None
    newest_ms: int | None
    seen: bytes
    first_hour: int
    activity: dict[int, dict[int, int]]
    names: list[str]
    first_day: int
    preferences: list[_Day]
    spending: SpendingState
    traits: list[tuple[int, dict[str, TraitValue]]]
    erased: bool


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(StoredState)
_PREFIX = bytes([SCHEMA])


def encode(state: State) -> bytes:
    """The stored form of a pruned state."""
    newest = (state.newest_ms or 0) // TICK_MS
    first_hour = min((utc_hour(key) for key in state.activity), default=0)
    base = first_key(first_hour)
    index: dict[str, int] = {}
    first_day = min(state.preferences, default=0)
    stored = StoredState(
        marks=state.marks,
        first_ms=state.first_ms,
        newest_ms=state.newest_ms,
        seen=b"".join(
            _SEEN.pack(newest - tick << _HASH_BITS | id_) for id_, tick in state.seen.items()
        ),
        first_hour=first_hour,
        activity={key - base: tile for key, tile in state.activity.items()},
        names=[],
        first_day=first_day,
        preferences=[
            (day - first_day, _by_index(t.categories, index), _by_index(t.brands, index), t.prices)
            for day, t in state.preferences.items()
        ],
        spending=state.spending,
        traits=_by_time(state.traits),
        erased=state.erased,
    )
    stored.names = list(index)
    return _PREFIX + _encoder.encode(stored)


def decode(data: bytes) -> State:
    """The state in bytes of this schema or an older one.

    Raises :class:`Fatal` for a newer schema, or for bytes that are no state.
    """
    schema = data[0] if data else 0
    try:
        if schema == SCHEMA:
            return _restore(_decoder.decode(memoryview(data)[1:]))
        return _restore(_upgraded(schema, data))
    except (msgspec.MsgspecError, UnicodeDecodeError, IndexError, struct.error) as exc:
        raise Fatal(f"a stored state is damaged: {exc}") from exc


def _upgraded(schema: int, data: bytes) -> StoredState:
    if schema > SCHEMA:
        raise Fatal(
            f"stored states have schema {schema}, this version reads up to {SCHEMA}: "
            "upgrade all workers before writing with a newer one"
        )
    fields = msgspec.msgpack.decode(memoryview(data)[1:], type=list[Any])
    for version in range(schema, SCHEMA):
        if version not in UPGRADES:
            raise Fatal(f"stored states have schema {schema}, which no version ever wrote")
        fields = UPGRADES[version](fields)
    return msgspec.convert(fields, StoredState)


def _restore(stored: StoredState) -> State:
    newest = (stored.newest_ms or 0) // TICK_MS
    base = first_key(stored.first_hour)
    names = stored.names
    return State(
        marks=stored.marks,
        seen={
            packed & _HASH_MASK: newest - (packed >> _HASH_BITS)
            for (packed,) in _SEEN.iter_unpack(stored.seen)
        },
        first_ms=stored.first_ms,
        newest_ms=stored.newest_ms,
        activity={base + key: tile for key, tile in stored.activity.items()},
        preferences={
            stored.first_day + day: DayTile(
                {names[i]: points for i, points in categories.items()},
                {names[i]: points for i, points in brands.items()},
                prices,
            )
            for day, categories, brands, prices in stored.preferences
        },
        spending=stored.spending,
        traits={
            name: (at_ms, value) for at_ms, said in stored.traits for name, value in said.items()
        },
        erased=stored.erased,
    )


def _by_time(traits: Traits) -> list[tuple[int, dict[str, TraitValue]]]:
    """Traits grouped by when they were declared, which most were together."""
    said: dict[int, dict[str, TraitValue]] = {}
    for name, (at_ms, value) in traits.items():
        said.setdefault(at_ms, {})[name] = value
    return list(said.items())


def _by_index(tally: dict[str, int], index: dict[str, int]) -> dict[int, int]:
    return {index.setdefault(name, len(index)): points for name, points in tally.items()}
