"""Parts of a state in fewer bytes: sources, ids, products of a day and sessions as numbers.

Each pair of functions is the way there and back.
"""

import struct
from collections.abc import Iterator
from itertools import chain

from stream.events import TOPIC_EVENTS
from stream.profile.days import PRODUCTS_PER_DAY, Slots
from stream.profile.seen import TICK_MS, SeenIds
from stream.profile.sessions import NEVER, Session, Sessions

# One remembered id: ticks before the newest event (at most 24 h, 16 bits), and 48 bits of hash.
_SEEN = struct.Struct(">Q")
_HASH_BITS = 48
_HASH_MASK = (1 << _HASH_BITS) - 1

# Products of a day: how many were viewed, then of each 16 bits of hash and the slot of six minutes.
_PRODUCT = struct.Struct(">HB")
_PRODUCTS = [struct.Struct(">B" + "HB" * count) for count in range(2 * PRODUCTS_PER_DAY + 1)]

#: Topics by number: append, never move or remove. A source is ``partition * 16 + topic``.
_TOPICS = tuple(TOPIC_EVENTS)
_TOPIC_NUMBERS = {topic: number for number, topic in enumerate(_TOPICS)}
_TOPICS_A_PARTITION = 16


def source_number(source: str) -> int | str:
    """A number for ``topic:partition`` of a topic without prefix; any other stays as it is."""
    topic, _, partition = source.rpartition(":")
    number = _TOPIC_NUMBERS.get(topic)
    return source if number is None else int(partition) * _TOPICS_A_PARTITION + number


def source_of(number: int | str) -> str:
    """The source; ``IndexError`` for a number of no topic."""
    if isinstance(number, str):
        return number
    partition, topic = divmod(number, _TOPICS_A_PARTITION)
    return f"{_TOPICS[topic]}:{partition}"


def pack_ids(seen: SeenIds, newest_ms: int) -> bytes:
    """Eight bytes an id; none may be older than the memory."""
    newest = newest_ms // TICK_MS
    return b"".join(_SEEN.pack(newest - tick << _HASH_BITS | id_) for id_, tick in seen.items())


def unpack_ids(packed: bytes, newest_ms: int) -> SeenIds:
    """The ids; ``struct.error`` where bytes are missing."""
    newest = newest_ms // TICK_MS
    return {
        number & _HASH_MASK: newest - (number >> _HASH_BITS)
        for (number,) in _SEEN.iter_unpack(packed)
    }


def session_numbers(sessions: Sessions, first_hour: int) -> Iterator[int]:
    """Four numbers a session: start in seconds after the first hour, length, and the hours from
    its start to its last cart add and order, plus one, 0 for never."""
    for session in sessions:
        hour = session.start_s // 3600
        yield session.start_s - first_hour * 3600
        yield session.end_s - session.start_s
        yield 0 if session.cart_hour == NEVER else session.cart_hour - hour + 1
        yield 0 if session.order_hour == NEVER else session.order_hour - hour + 1


def sessions_of(numbers: list[int], first_hour: int) -> Sessions:
    """The sessions; ``ValueError`` where numbers are missing."""
    found: Sessions = []
    for place in range(0, len(numbers), 4):
        start, length, cart, order = numbers[place : place + 4]
        start_s = start + first_hour * 3600
        before = start_s // 3600 - 1
        found.append(
            Session(
                start_s,
                start_s + length,
                before + cart if cart else NEVER,
                before + order if order else NEVER,
            )
        )
    return found


def pack_products(viewed: Slots, bought: Slots) -> bytes:
    """Three bytes a product, after how many were viewed; nothing without products."""
    if not (viewed or bought):
        return b""
    numbers = chain(*viewed.items(), *bought.items())
    return _PRODUCTS[len(viewed) + len(bought)].pack(len(viewed), *numbers)


def unpack_products(packed: bytes) -> tuple[Slots, Slots]:
    """Products viewed and bought; ``struct.error`` where bytes are missing."""
    if not packed:
        return {}, {}
    products = list(_PRODUCT.iter_unpack(packed[1:]))
    return dict(products[: packed[0]]), dict(products[packed[0] :])
