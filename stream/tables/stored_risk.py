"""What is stored of the evidence of a risk: times relative to the customer's newest event, sign-in
features once each, codes by number.
"""

from collections.abc import Callable, Hashable, Iterable
from itertools import pairwise
from typing import Any, Generic, TypeVar

from msgspec import Struct, field
from msgspec.structs import astuple

from stream.risk.evidence import (
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

#: Age in ms, index of the event's id, and more.
_Row = list[Any]
_K = TypeVar("_K", bound=Hashable)
_T = TypeVar("_T")


class StoredEvidence(Struct, array_like=True):
    """Lists of rows that begin with an age and the index of an event's id; the order of fields is
    the format. ``features`` are named by index too, in sign-ins and ``profiles`` (index, device,
    count).
    """

    ids: list[str] = field(default_factory=list)
    features: list[Features] = field(default_factory=list)
    sign_ins: list[_Row] = field(default_factory=list)
    profiles: list[tuple[int, int, int]] = field(default_factory=list)
    failures: list[_Row] = field(default_factory=list)
    resets: list[_Row] = field(default_factory=list)
    orders: list[_Row] = field(default_factory=list)
    undone: list[_Row] = field(default_factory=list)
    redeemed: list[_Row] = field(default_factory=list)
    clicks: list[int] = field(default_factory=list)
    known: dict[int, list[_Row]] = field(default_factory=dict)


_EMPTY = Evidence()


def to_stored(evidence: Evidence, newest_ms: int) -> StoredEvidence | None:
    """The stored form; None where there is no evidence."""
    if evidence == _EMPTY:
        return None
    ids, features = _Numbers[str](), _Numbers[Features]()

    def rows(found: Iterable[Any]) -> list[_Row]:
        split = (astuple(each) for each in found)
        return [[newest_ms - at_ms, ids.of(name), *rest] for at_ms, name, *rest in split]

    sign_ins = [
        [
            newest_ms - each.at_ms, ids.of(each.event_id), features.of(each.features), each.device,
            each.country, *(astuple(each.counts) if each.counts else ()),
        ]
        for each in evidence.sign_ins
    ]  # fmt: skip
    stored = StoredEvidence(
        sign_ins=sign_ins,
        profiles=[(features.of(key), device, n) for (key, device), n in evidence.profiles.items()],
        failures=rows(evidence.failures),
        resets=rows(evidence.resets),
        orders=rows(evidence.orders),
        undone=rows(evidence.undone),
        redeemed=rows(evidence.redeemed),
        clicks=_gaps(evidence.clicks, newest_ms),
        known={CODES.index(code): rows(found) for code, found in evidence.known.items()},
    )
    stored.ids, stored.features = list(ids), list(features)
    return stored


def restore(stored: StoredEvidence | None, newest_ms: int) -> Evidence:
    """The evidence that was stored; ``LookupError`` or ``TypeError`` where it is damaged."""
    if stored is None:
        return Evidence()
    ids, features = stored.ids, stored.features

    def all_of(kind: Callable[..., _T], rows: list[_Row]) -> list[_T]:
        return [kind(newest_ms - age, ids[number], *rest) for age, number, *rest in rows]

    return Evidence(
        sign_ins=[
            SignIn(
                newest_ms - age, ids[number], features[index], device, country,
                SignInCounts(*counts) if counts else None,
            )
            for age, number, index, device, country, *counts in stored.sign_ins
        ],
        profiles={(features[index], device): count for index, device, count in stored.profiles},
        failures=all_of(Dated, stored.failures),
        resets=all_of(Dated, stored.resets),
        orders=all_of(Order, stored.orders),
        undone=all_of(Undone, stored.undone),
        redeemed=all_of(Dated, stored.redeemed),
        clicks=_times(stored.clicks, newest_ms),
        known={CODES[number]: all_of(Known, rows) for number, rows in stored.known.items()},
    )  # fmt: skip


class _Numbers(dict[_K, int], Generic[_K]):
    """Numbers things in the order in which they are first asked for."""

    def of(self, thing: _K) -> int:
        return self.setdefault(thing, len(self))


def _gaps(times: list[int], newest_ms: int) -> list[int]:
    """The newest as its age, then how long before each the one before it was."""
    return [later - earlier for later, earlier in pairwise([newest_ms, *reversed(times)])]


def _times(gaps: list[int], newest_ms: int) -> list[int]:
    times: list[int] = []
    for gap in gaps:
        newest_ms -= gap
        times.append(newest_ms)
    return times[::-1]
