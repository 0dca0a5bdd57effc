"""State as bytes: a schema version, compressed MessagePack, and a way up from old versions.

``stream.tables.stored`` says what is stored and how; ``bench/state_size.py`` measures the size.
"""

import struct
import zlib
from typing import Any

import msgspec

from stream.errors import Fatal
from stream.profile.state import State
from stream.tables.stored import StoredState, restore, to_stored
from stream.tables.upgrades import UPGRADES

#: First byte of every stored state.
SCHEMA = 3

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(StoredState)
#: States above so many bytes are compressed, which takes off a sixth: their names are alike. The
#: fastest level takes as much off as the slowest; small states are not worth the time.
_SMALL = 1024
_LEVEL = 1
#: First byte of a zlib stream; MessagePack's first byte is that of an array.
_COMPRESSED = b"\x78"
#: What bytes that are no state, or states of an impossible time, raise.
_DAMAGE = (
    msgspec.MsgspecError,
    ValueError,
    TypeError,
    AttributeError,
    LookupError,
    OverflowError,
    struct.error,
    zlib.error,
)
_PREFIX = bytes([SCHEMA])


def encode(state: State) -> bytes:
    """The stored form of a pruned state."""
    stored = _encoder.encode(to_stored(state))
    return _PREFIX + (zlib.compress(stored, _LEVEL) if len(stored) > _SMALL else stored)


def decode(data: bytes) -> State:
    """The state in bytes of this schema or an older one.

    Raises :class:`Fatal` for a newer schema, or for bytes that are no state.
    """
    schema = data[0] if data else 0
    try:
        if schema == SCHEMA:
            compressed = data[1:2] == _COMPRESSED
            stored = _decompressed(data[1:]) if compressed else memoryview(data)[1:]
            return restore(_decoder.decode(stored))
        return restore(_upgraded(schema, data))
    except _DAMAGE as exc:
        raise Fatal(f"a stored state is damaged: {exc}") from exc


def _decompressed(stream: bytes) -> bytes:
    decompressor = zlib.decompressobj()
    stored = decompressor.decompress(stream)
    if decompressor.unused_data or not decompressor.eof:
        raise ValueError("the compressed bytes end too early or too late")
    return stored


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
