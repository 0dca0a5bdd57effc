"""What is stored of the evidence of a risk: times relative to the customer's newest event, hashes
and what a sign-in shows once each and named by number, clicks as packed binary, codes by number.
"""

from collections import deque
from collections.abc import Hashable, Iterable
from itertools import islice
from typing import Generic, TypeVar

from msgspec import Struct
from msgspec.structs import astuple

from stream.risk.evidence import (
    CLICK_TICK_MS,
    Dated,
    Evidence,
    Features,
    Known,
    Order,
    SignIn,
    SignInCounts,
    Undone,
)
from stream.risk.reasons import CODES

#: Age in ms, then the rest of a record but its event's id; hashes and what was shown by number.
_SignIn = tuple[int, int, str, SignInCounts | None]
_Order = tuple[int, int, int, int, bool]
_Undone = tuple[int, int, bool]
#: Age in ms, value, number of the id.
_Known = tuple[int, int, int]

#: Bytes of a hash, and of what a sign-in shows: the numbers of seven features and the device.
_HASH, _SHOWN = 3, 8
#: Hashes that may be implied. With 8 * (6 + 16) of sign-ins, 2 * 12 of orders, 8 of what was undone
#: and that of nothing, numbers stay below 256.
_IMPLIED = 40
_K = TypeVar("_K", bound=Hashable)


class StoredEvidence(Struct, array_like=True):
    """The order of the fields is the format. ``ids`` are those of all records in that order, then
    others that ``known`` names; ``hashes`` are numbered on from those implied; ``profiles`` are
    counts by the number of what was ``shown``.
    """

    ids: list[str]
    hashes: bytes
    shown: bytes
    sign_ins: list[_SignIn]
    profiles: dict[int, int]
    failures: list[int]
    resets: list[int]
    orders: list[_Order]
    undone: list[_Undone]
    redeemed: list[int]
    clicks: bytes
    known: dict[int, list[_Known]]


_EMPTY = Evidence()


def to_stored(evidence: Evidence, newest_ms: int, implied: Iterable[int]) -> StoredEvidence | None:
    """The stored form; None where there is no evidence. Hashes that are implied by the rest of the
    state need not be stored; the same must be given to :func:`restore`.
    """
    if evidence == _EMPTY:
        return None
    hashes, shown = _numbered(implied), _Numbers[bytes]()
    first = len(hashes)

    def profile(features: Features, device: int) -> int:
        return shown.of(bytes(map(hashes.of, (*astuple(features), device))))

    def ages(found: list[Dated]) -> list[int]:
        return [newest_ms - each.at_ms for each in found]

    ids = _ids(evidence)
    stored = StoredEvidence(
        ids=[],
        hashes=b"",
        shown=b"",
        sign_ins=[
            (newest_ms - each.at_ms, profile(each.features, each.device), each.country, each.counts)
            for each in evidence.sign_ins
        ],
        profiles={profile(*key): count for key, count in evidence.profiles.items()},
        failures=ages(evidence.failures),
        resets=ages(evidence.resets),
        orders=[
            (newest_ms - at_ms, hashes.of(order), amount, hashes.of(payment), coupon)
            for at_ms, _, order, amount, payment, coupon in map(astuple, evidence.orders)
        ],
        undone=[
            (newest_ms - each.at_ms, hashes.of(each.order), each.cancelled)
            for each in evidence.undone
        ],
        redeemed=ages(evidence.redeemed),
        clicks=_pack(evidence.clicks, newest_ms),
        known=_to_known(evidence.known, newest_ms, ids),
    )
    stored.ids = ids
    stored.hashes = b"".join(each.to_bytes(_HASH) for each in islice(hashes, first, None))
    stored.shown = b"".join(shown)
    return stored


def restore(stored: StoredEvidence | None, newest_ms: int, implied: Iterable[int]) -> Evidence:
    """The evidence that was stored; ``LookupError`` or ``TypeError`` where it is damaged."""
    if stored is None:
        return Evidence()
    ids = deque(stored.ids)
    hashes = [*_numbered(implied), *map(int.from_bytes, _pieces(stored.hashes, _HASH))]
    shown = []
    for numbers in _pieces(stored.shown, _SHOWN):
        *features, device = (hashes[number] for number in numbers)
        shown.append((Features(*features), device))

    def dated(found: list[int]) -> list[Dated]:
        return [Dated(newest_ms - age, ids.popleft()) for age in found]

    return Evidence(
        sign_ins=[
            SignIn(newest_ms - age, ids.popleft(), *shown[number], country, counts)
            for age, number, country, counts in stored.sign_ins
        ],
        profiles={shown[number]: count for number, count in stored.profiles.items()},
        failures=dated(stored.failures),
        resets=dated(stored.resets),
        orders=[
            Order(newest_ms - age, ids.popleft(), hashes[order], amount, hashes[payment], coupon)
            for age, order, amount, payment, coupon in stored.orders
        ],
        undone=[
            Undone(newest_ms - age, ids.popleft(), hashes[order], cancelled)
            for age, order, cancelled in stored.undone
        ],
        redeemed=dated(stored.redeemed),
        clicks=_unpack(stored.clicks, newest_ms),
        known={
            CODES[code]: [
                Known(newest_ms - age, value, stored.ids[number]) for age, value, number in found
            ]
            for code, found in stored.known.items()
        },
    )


class _Numbers(dict[_K, int], Generic[_K]):
    """Numbers things in the order in which they are first asked for."""

    def of(self, thing: _K) -> int:
        return self.setdefault(thing, len(self))


def _numbered(implied: Iterable[int]) -> _Numbers[int]:
    """The hashes that are not stored; number 0 is of nothing."""
    numbers = _Numbers[int]({0: 0})
    for each in islice(implied, _IMPLIED):
        numbers.of(each)
    return numbers


def _ids(evidence: Evidence) -> list[str]:
    records = (
        *(evidence.sign_ins, evidence.failures, evidence.resets),
        *(evidence.orders, evidence.undone, evidence.redeemed),
    )
    return [each.event_id for found in records for each in found]


def _to_known(
    known: dict[str, list[Known]], newest_ms: int, ids: list[str]
) -> dict[int, list[_Known]]:
    """Their ids are added to the others where they are not among them."""
    stored: dict[int, list[_Known]] = {}
    for code, found in known.items():
        rows = stored[CODES.index(code)] = []
        for each in found:
            if each.event_id not in ids:
                ids.append(each.event_id)
            rows.append((newest_ms - each.at_ms, each.value, ids.index(each.event_id)))
    return stored


def _pieces(packed: bytes, size: int) -> list[bytes]:
    return [packed[place : place + size] for place in range(0, len(packed), size)]


def _pack(times: list[int], newest_ms: int) -> bytes:
    """Ticks before the newest, each from the one after it: seven bits a byte, lowest first, with
    the eighth set where more follow.
    """
    packed, later = bytearray(), newest_ms // CLICK_TICK_MS
    for at_ms in reversed(times):
        tick = at_ms // CLICK_TICK_MS
        gap, later = later - tick, tick
        while gap > 127:
            packed.append(gap & 127 | 128)
            gap >>= 7
        packed.append(gap)
    return bytes(packed)


def _unpack(packed: bytes, newest_ms: int) -> list[int]:
    times: list[int] = []
    tick, gap, shift = newest_ms // CLICK_TICK_MS, 0, 0
    for byte in packed:
        gap |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            tick -= gap
            times.append(tick * CLICK_TICK_MS)
            gap = shift = 0
    return times[::-1]
