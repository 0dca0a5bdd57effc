"""What is stored of the evidence of a risk: times relative to the customer's newest event, hashes
and what a sign-in shows once each and named by number, clicks and counts packed, codes by number.
"""

from collections import deque
from collections.abc import Hashable, Iterable, Iterator
from itertools import islice, pairwise
from typing import Annotated, Generic, TypeVar

from msgspec import Meta, Struct
from msgspec.structs import astuple, replace

from stream.risk.evidence import CLICK_TICK_MS, Evidence
from stream.risk.history import History
from stream.risk.reasons import CODES
from stream.risk.records import Dated, Features, Known, Order, SignIn, SignInCounts, Undone

#: Age in ms, then the rest of a record but its event's id; hashes and what was shown by number.
_SignIn = tuple[int, int, str, bytes | None]
#: How many they are, how many ms after the first the last of them was, and its id; without an id
#: there is no other.
_Together = tuple[Annotated[int, Meta(ge=2)], Annotated[int, Meta(ge=0)], str]
_Order = tuple[int, int, int, int, bool]
_Undone = tuple[int, int, bool]
#: Age in ms, value, number of the id.
_Known = tuple[int, int, int]

#: No packed number has more.
_MOST_BITS = 63
#: Bytes of a hash, and of what a sign-in shows: the numbers of seven features and the device.
_HASH, _SHOWN = 3, 8
#: Hashes that may be implied. With that of nothing and 8 * 12 of sign-ins, the numbers of what was
#: shown stay below 256; those of the history and of orders come after them.
_IMPLIED = 31
_K = TypeVar("_K", bound=Hashable)


class StoredEvidence(Struct, array_like=True):
    """The order of the fields is the format. ``ids`` are those of all records in that order, then
    of the first order and others that ``known`` names; ``hashes`` are numbered on from those
    implied; ``together`` are sign-ins that stand for more than one, by their place; ``history`` is
    how many, then for each part how many values, and each with its count; ``first_order`` is its
    age, None where it is the first of ``orders``.
    """

    ids: list[str]
    hashes: bytes
    shown: bytes
    sign_ins: list[_SignIn]
    together: dict[int, _Together]
    history: bytes
    failures: list[int]
    resets: list[int]
    orders: list[_Order]
    undone: list[_Undone]
    redeemed: list[int]
    clicks: bytes
    known: dict[int, list[_Known]]
    first_order: int | None = None


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

    ids, first_order = _ids(evidence), evidence.first_order
    if first_order == _oldest(evidence.orders):
        first_order = None
    if first_order is not None:
        ids.append(first_order.event_id)
    stored = StoredEvidence(
        ids=[],
        hashes=b"",
        shown=b"",
        sign_ins=[
            (
                newest_ms - each.at_ms,
                profile(each.features, each.device),
                each.country,
                None if each.counts is None else _pack(astuple(each.counts)),
            )
            for each in evidence.sign_ins
        ],
        together={
            place: _together(each) for place, each in enumerate(evidence.sign_ins) if each.times > 1
        },
        history=_pack(_history(evidence.history, hashes)),
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
        clicks=_pack(_gaps(evidence.clicks, newest_ms)),
        known=_to_known(evidence.known, newest_ms, ids),
        first_order=None if first_order is None else newest_ms - first_order.at_ms,
    )
    stored.ids = ids
    stored.hashes = b"".join(each.to_bytes(_HASH) for each in islice(hashes, first, None))
    stored.shown = b"".join(shown)
    return stored


def restore(stored: StoredEvidence | None, newest_ms: int, implied: Iterable[int]) -> Evidence:
    """The evidence that was stored; ``LookupError``, ``TypeError`` or ``ValueError`` where it is
    damaged.
    """
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

    restored = Evidence(
        sign_ins=[
            _parted(
                SignIn(newest_ms - age, ids.popleft(), *shown[number], country, _counts(counts)),
                stored.together.get(place),
            )
            for place, (age, number, country, counts) in enumerate(stored.sign_ins)
        ],
        history=_restored(deque(_unpack(stored.history)), hashes),
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
        clicks=_times(_unpack(stored.clicks), newest_ms),
        known={
            CODES[code]: [
                Known(newest_ms - age, value, stored.ids[number]) for age, value, number in found
            ]
            for code, found in stored.known.items()
        },
    )
    restored.first_order = _oldest(restored.orders)
    if stored.first_order is not None:
        restored.first_order = Dated(newest_ms - stored.first_order, ids.popleft())
    return restored


def _oldest(orders: list[Order]) -> Dated | None:
    return Dated(orders[0].at_ms, orders[0].event_id) if orders else None


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
    places = {event_id: place for place, event_id in enumerate(ids)}
    stored: dict[int, list[_Known]] = {}
    for code, found in known.items():
        rows = stored[CODES.index(code)] = []
        for each in found:
            place = places.setdefault(each.event_id, len(ids))
            if place == len(ids):
                ids.append(each.event_id)
            rows.append((newest_ms - each.at_ms, each.value, place))
    return stored


def _together(sign_in: SignIn) -> _Together:
    if sign_in.last is None:
        return sign_in.times, 0, ""
    return sign_in.times, sign_in.last.at_ms - sign_in.at_ms, sign_in.last.event_id


def _parted(sign_in: SignIn, together: _Together | None) -> SignIn:
    if together is None:
        return sign_in
    times, after_ms, event_id = together
    last = Dated(sign_in.at_ms + after_ms, event_id) if event_id else None
    return replace(sign_in, times=times, last=last)


#: How many features are in a value of each part of a history.
_WIDTHS = (1, 2, 4, 1)


def _history(history: History, hashes: "_Numbers[int]") -> Iterator[int]:
    yield history.sign_ins
    for counts in history.parts:
        yield len(counts)
        for shown, count in counts.items():
            yield from map(hashes.of, shown)
            yield count


def _restored(numbers: deque[int], hashes: list[int]) -> History:
    """The other way round."""
    history = History(numbers.popleft())
    for counts, width in zip(history.parts, _WIDTHS, strict=True):
        for _ in range(numbers.popleft()):
            shown = tuple(hashes[numbers.popleft()] for _ in range(width))
            counts[shown] = numbers.popleft()
    if numbers:
        raise ValueError("a history of sign-ins is followed by something else")
    return history


def _pieces(packed: bytes, size: int) -> list[bytes]:
    return [packed[place : place + size] for place in range(0, len(packed), size)]


def _counts(packed: bytes | None) -> SignInCounts | None:
    return None if packed is None else SignInCounts(*_unpack(packed))


def _gaps(times: list[int], newest_ms: int) -> Iterator[int]:
    """Ticks from each of the times to the one after it, the newest first."""
    ticks = (at_ms // CLICK_TICK_MS for at_ms in (newest_ms, *reversed(times)))
    return (later - earlier for later, earlier in pairwise(ticks))


def _times(gaps: list[int], newest_ms: int) -> list[int]:
    tick = newest_ms // CLICK_TICK_MS
    return [(tick := tick - gap) * CLICK_TICK_MS for gap in gaps][::-1]


def _pack(numbers: Iterable[int]) -> bytes:
    """Seven bits a byte, lowest first, with the eighth set where more follow."""
    packed = bytearray()
    for number in numbers:
        rest = number
        while rest > 127:
            packed.append(rest & 127 | 128)
            rest >>= 7
        packed.append(rest)
    return bytes(packed)


def _unpack(packed: bytes) -> list[int]:
    numbers: list[int] = []
    number = shift = 0
    for byte in packed:
        number |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            numbers.append(number)
            number = shift = 0
        elif shift > _MOST_BITS:
            break
    if shift:
        raise ValueError("a packed number does not end")
    return numbers
