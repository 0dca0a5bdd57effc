"""Evidence: what is kept of one customer to judge the risk, commutative and bounded.

Lists hold the newest so many of their kind, by time and then by event id; what is older than any
finding can need is pruned. Nothing here depends on the order in which events arrived. Like all
aggregates, an event that is sent again after it was forgotten counts again.
"""

from bisect import bisect_left, insort
from collections.abc import Iterable
from operator import attrgetter
from typing import Any, TypeVar
from zlib import crc32

from msgspec import Struct, field
from msgspec.structs import astuple, replace

from stream.events import (
    AccountLinked,
    CouponRedeemed,
    Event,
    OrderCancelled,
    OrderCompleted,
    OrderRefunded,
    PasswordReset,
    ProductClicked,
    ProductViewed,
    SignedIn,
    SignInFailed,
)
from stream.risk.reasons import KINDS, holds_ms, keeps_ms
from stream.risk.records import (
    Dated,
    Features,
    Known,
    Order,
    SignIn,
    SignInCounts,
    Undone,
    features_of,
    hash_of,
    order_of,
    rank,
    sign_in_of,
)
from stream.windows import DAY_MS

__all__ = [
    "CLICK_TICK_MS", "NO_FACTS", "Dated", "Evidence", "Facts", "Features", "Known", "Order",
    "SignIn", "SignInCounts", "Told", "Undone", "add", "features_of", "hash_of", "know", "merge",
    "prune", "settled", "told",
]  # fmt: skip

#: Newest sign-ins, failed ones, resets, orders, cancellations and refunds, and redemptions kept.
SIGN_INS, FAILURES, RESETS, ORDERS, UNDONE, REDEEMED = 6, 20, 6, 12, 8, 12
#: Newest clicks whose times are kept, and how exactly.
CLICKS = 32
CLICK_TICK_MS = 20
#: Features of sign-ins that are kept apart: those with the smallest hashes, as for devices.
PROFILES = 16
#: Values of facts are not told apart above it, which bounds how many are kept.
MOST = 100


class Told(Struct, frozen=True):
    """What another customer has to be told: a value of a code that it could not know."""

    key: str
    code: str
    value: int


class Facts(Struct, frozen=True):
    """What was known of others when an event came.

    ``known``    values by code, only those worth keeping
    ``told``     whom else they concern
    ``sign_in``  the counts of all sign-ins, of a sign-in
    """

    known: tuple[tuple[str, int], ...] = ()
    told: tuple[Told, ...] = ()
    sign_in: SignInCounts | None = None


NO_FACTS = Facts()

_T = TypeVar("_T", bound=Any)


class Evidence(Struct):
    """All of one customer; lists are oldest first.

    ``sign_ins``  the newest, and of those that are older than any finding the last one, however
                  old: later ones are judged by it
    ``profiles``  all sign-ins before those, counted by their features and device
    ``orders``    the newest, however old; so are ``undone`` and ``redeemed``
    ``known``     by code; values fall, as one that a later one reaches is dropped
    """

    sign_ins: list[SignIn] = field(default_factory=list)
    profiles: dict[tuple[Features, int], int] = field(default_factory=dict)
    failures: list[Dated] = field(default_factory=list)
    resets: list[Dated] = field(default_factory=list)
    orders: list[Order] = field(default_factory=list)
    undone: list[Undone] = field(default_factory=list)
    redeemed: list[Dated] = field(default_factory=list)
    clicks: list[int] = field(default_factory=list)
    known: dict[str, list[Known]] = field(default_factory=dict)


def add(
    evidence: Evidence, event: Event, at_ms: int, amount_minor: int = 0, facts: Facts = NO_FACTS
) -> None:
    """Take an event into account, with what was known of others when it came. Mutates."""
    name = event.event_id
    match event:
        case ProductViewed() | ProductClicked():
            _keep(evidence.clicks, at_ms - at_ms % CLICK_TICK_MS, CLICKS)
        case SignedIn():
            _keep_sign_ins(evidence, [sign_in_of(event, at_ms, facts.sign_in)])
        case SignInFailed():
            _keep(evidence.failures, Dated(at_ms, name), FAILURES)
        case PasswordReset():
            _keep(evidence.resets, Dated(at_ms, name), RESETS)
        case OrderCompleted():
            _keep(evidence.orders, order_of(event, at_ms, amount_minor), ORDERS)
        case OrderCancelled() | OrderRefunded():
            cancelled = isinstance(event, OrderCancelled)
            undone = Undone(at_ms, name, hash_of(event.order_id), cancelled)
            _keep(evidence.undone, undone, UNDONE)
        case CouponRedeemed():
            _keep(evidence.redeemed, Dated(at_ms, name), REDEEMED)
        case _:
            pass
    context = event.context
    if context is not None:
        if context.rooted:
            know(evidence, "rooted_device", Known(at_ms, 1, name))
        if context.emulator:
            know(evidence, "emulator", Known(at_ms, 1, name))
    for code, value in facts.known:
        know(evidence, code, Known(at_ms, value, name))


def told(evidence: Evidence, event: AccountLinked, at_ms: int) -> None:
    """Take in what another customer's event made known. Mutates."""
    know(evidence, event.code, Known(at_ms, event.value, event.cause))


def know(evidence: Evidence, code: str, known: Known) -> None:
    """Keep a fact; values that are not worth it are passed over. Mutates."""
    if code in KINDS and known.value >= KINDS[code].worth:
        known = replace(known, value=min(known.value, MOST))
        evidence.known[code] = _frontier([*evidence.known.get(code, ()), known])


def merge(a: Evidence, b: Evidence) -> Evidence:
    """The evidence of both histories."""
    merged = Evidence(
        sign_ins=list(a.sign_ins),
        profiles=dict(a.profiles),
        failures=_newest(a.failures + b.failures, FAILURES),
        resets=_newest(a.resets + b.resets, RESETS),
        orders=_newest(a.orders + b.orders, ORDERS),
        undone=_newest(a.undone + b.undone, UNDONE),
        redeemed=_newest(a.redeemed + b.redeemed, REDEEMED),
        clicks=_newest(a.clicks + b.clicks, CLICKS),
        known={
            code: _frontier([*a.known.get(code, ()), *b.known.get(code, ())])
            for code in {*a.known, *b.known}
        },
    )
    for profile, count in b.profiles.items():
        _count(merged.profiles, profile, count)
    _keep_sign_ins(merged, b.sign_ins)
    return merged


def prune(evidence: Evidence, newest_ms: int) -> None:
    """Drop what no finding can need any more, whatever comes."""
    _settle(evidence, newest_ms)
    _drop(evidence.failures, newest_ms - _FAILURES_MS)
    _drop(evidence.resets, newest_ms - _RESETS_MS)
    for code in list(evidence.known):
        _drop(evidence.known[code], newest_ms - keeps_ms(code))
        if not evidence.known[code]:
            del evidence.known[code]


def settled(evidence: Evidence, newest_ms: int) -> Evidence:
    """The evidence as findings have to see it: as if pruned. The argument stays as it is.

    Sign-ins that retire may be forgotten, where there are many profiles, and clicks are dropped
    while a level may still remember them; anything else that is pruned makes no difference.
    """
    old_clicks = evidence.clicks and evidence.clicks[0] < newest_ms - _CLICKS_MS
    if not old_clicks and _last_retired(evidence, newest_ms) <= 0:
        return evidence
    copy = replace(
        evidence,
        sign_ins=[*evidence.sign_ins],
        profiles={**evidence.profiles},
        clicks=[*evidence.clicks],
    )
    _settle(copy, newest_ms)
    return copy


#: How long lists are kept: for a finding of theirs, and for what that finding looks back on.
_FAILURES_MS = keeps_ms("failed_sign_ins") + DAY_MS
_RESETS_MS = keeps_ms("password_resets") + DAY_MS
_SIGN_INS_MS = max(map(keeps_ms, ("new_device", "impossible_travel", "unlikely_sign_in")))
#: Clicks are many, so they are kept only while a finding holds.
_CLICKS_MS = holds_ms("regular_clicks") + DAY_MS


def _keep_sign_ins(evidence: Evidence, more: list[SignIn]) -> None:
    evidence.sign_ins = sorted(evidence.sign_ins + more, key=rank)
    _count_first(evidence, len(evidence.sign_ins) - SIGN_INS)


def _settle(evidence: Evidence, newest_ms: int) -> None:
    del evidence.clicks[: bisect_left(evidence.clicks, newest_ms - _CLICKS_MS)]
    last = _last_retired(evidence, newest_ms)
    _count_first(evidence, last)
    if last >= 0 and evidence.sign_ins[0].counts is not None:
        evidence.sign_ins[0] = replace(evidence.sign_ins[0], counts=None)


def _last_retired(evidence: Evidence, newest_ms: int) -> int:
    """Place of the last sign-in that is older than any finding, which is kept; -1 without one."""
    since_ms = newest_ms - _SIGN_INS_MS
    return bisect_left(evidence.sign_ins, since_ms, key=attrgetter("at_ms")) - 1


def _count_first(evidence: Evidence, number: int) -> None:
    """Let so many sign-ins go into the profiles, the oldest."""
    for old in evidence.sign_ins[: max(number, 0)]:
        _count(evidence.profiles, (old.features, old.device), 1)
    del evidence.sign_ins[: max(number, 0)]


def _count(
    profiles: dict[tuple[Features, int], int], profile: tuple[Features, int], n: int
) -> None:
    profiles[profile] = profiles.get(profile, 0) + n
    if len(profiles) > PROFILES:
        del profiles[max(profiles, key=_profile_rank)]


def _profile_rank(profile: tuple[Features, int]) -> tuple[int, str]:
    features, device = profile
    shown = repr((*astuple(features), device))
    return crc32(shown.encode()), shown


def _keep(found: list[_T], new: _T, limit: int) -> None:
    """Put it in its place and drop the oldest of too many."""
    insort(found, new)
    if len(found) > limit:
        del found[0]


def _newest(found: list[_T], limit: int) -> list[_T]:
    return sorted(found)[-limit:]


def _drop(found: list[_T], since_ms: int) -> None:
    """Drop what was before an instant."""
    while found and found[0].at_ms < since_ms:
        del found[0]


def _frontier(found: Iterable[Known]) -> list[Known]:
    """Values that no later one reaches, oldest first: what may count at some instant."""
    kept: list[Known] = []
    for known in sorted(found, reverse=True):
        if not kept or known.value > kept[-1].value:
            kept.append(known)
    return kept[::-1]
