"""Evidence: what is kept of one customer to judge the risk, commutative and bounded.

Lists hold the newest so many of their kind, by time and then by event id; what is older than any
finding can need is pruned. Nothing here depends on the order in which events arrived.
"""

from collections.abc import Iterable
from typing import Any, TypeVar
from zlib import crc32

from msgspec import Struct, field
from msgspec.structs import astuple

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
from stream.fields import Context
from stream.risk.reasons import KINDS, MEMORY_MS, keeps_ms

#: Newest sign-ins, failed ones, resets, orders, cancellations and refunds, and redemptions kept.
SIGN_INS, FAILURES, RESETS, ORDERS, UNDONE, REDEEMED = 6, 20, 6, 12, 8, 12
#: Newest clicks whose times are kept.
CLICKS = 32
#: Features of sign-ins that are kept apart: those with the smallest hashes, as for devices.
PROFILES = 16
#: Values of facts are not told apart above it, which bounds how many are kept.
MOST = 100


class Features(Struct, frozen=True, array_like=True):
    """What a sign-in shows: 32-bit hashes of lower-cased values, 0 where nothing was sent."""

    ip: int = 0
    asn: int = 0
    country: int = 0
    user_agent: int = 0
    browser: int = 0
    os: int = 0
    kind: int = 0


class SignInCounts(Struct, frozen=True, array_like=True):
    """Sign-ins of the whole store before this one: all, by customers, and with its features."""

    sign_ins: int
    customers: int
    ip: int
    asn: int
    country: int
    user_agent: int
    browser: int
    os: int
    kind: int


class SignIn(Struct, frozen=True, array_like=True, order=True):
    """A successful sign-in. ``device`` is a hash, 0 without one; ``country`` as it was sent, or
    empty; ``counts`` as known then, None where nobody looked.
    """

    at_ms: int
    event_id: str
    features: Features
    device: int
    country: str
    counts: SignInCounts | None


class Dated(Struct, frozen=True, array_like=True, order=True):
    """That something happened: a failed sign-in or a reset."""

    at_ms: int
    event_id: str


class Order(Struct, frozen=True, array_like=True, order=True):
    """A completed order; hashes of its id and payment reference, 0 without one."""

    at_ms: int
    event_id: str
    order: int
    amount: int
    payment: int
    coupon: bool


class Undone(Struct, frozen=True, array_like=True, order=True):
    """A cancellation (or a refund) of the order with that hash."""

    at_ms: int
    event_id: str
    order: int
    cancelled: bool


class Known(Struct, frozen=True, array_like=True, order=True):
    """A fact about others as it was known then; the event is the one that brought it."""

    at_ms: int
    value: int
    event_id: str


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
    """All of one customer. ``profiles`` counts sign-ins that are not in ``sign_ins`` any more by
    their features and device; ``known`` is by code, oldest first, values falling.
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
        case SignedIn():
            _sign_in(evidence, event, at_ms, facts.sign_in)
        case SignInFailed():
            evidence.failures = _newest([*evidence.failures, Dated(at_ms, name)], FAILURES)
        case PasswordReset():
            evidence.resets = _newest([*evidence.resets, Dated(at_ms, name)], RESETS)
        case ProductViewed() | ProductClicked():
            evidence.clicks = _newest([*evidence.clicks, at_ms], CLICKS)
        case OrderCompleted():
            order = Order(
                at_ms,
                name,
                hash_of(event.order_id),
                amount_minor,
                hash_of(event.payment_ref),
                event.coupon is not None,
            )
            evidence.orders = _newest([*evidence.orders, order], ORDERS)
        case OrderCancelled() | OrderRefunded():
            undone = Undone(at_ms, name, hash_of(event.order_id), isinstance(event, OrderCancelled))
            evidence.undone = _newest([*evidence.undone, undone], UNDONE)
        case CouponRedeemed():
            evidence.redeemed = _newest([*evidence.redeemed, Dated(at_ms, name)], REDEEMED)
        case _:
            pass
    if event.context is not None:
        for code, shown in (
            ("rooted_device", event.context.rooted),
            ("emulator", event.context.emulator),
        ):
            if shown:
                know(evidence, code, Known(at_ms, 1, name))
    for code, value in facts.known:
        know(evidence, code, Known(at_ms, value, name))


def told(evidence: Evidence, event: AccountLinked, at_ms: int) -> None:
    """Take in what another customer's event made known. Mutates."""
    know(evidence, event.code, Known(at_ms, event.value, event.cause))


def know(evidence: Evidence, code: str, known: Known) -> None:
    """Keep a fact; values that are not worth it are passed over."""
    if code in KINDS and known.value >= KINDS[code].worth:
        if known.value > MOST:
            known = Known(known.at_ms, MOST, known.event_id)
        evidence.known[code] = _frontier([*evidence.known.get(code, ()), known])


def merge(a: Evidence, b: Evidence) -> Evidence:
    """The evidence of both histories."""
    merged = Evidence(
        profiles=dict(a.profiles),
        failures=_newest({*a.failures, *b.failures}, FAILURES),
        resets=_newest({*a.resets, *b.resets}, RESETS),
        orders=_newest({*a.orders, *b.orders}, ORDERS),
        undone=_newest({*a.undone, *b.undone}, UNDONE),
        redeemed=_newest({*a.redeemed, *b.redeemed}, REDEEMED),
        clicks=_newest([*a.clicks, *b.clicks], CLICKS),
        known={
            code: _frontier([*a.known.get(code, ()), *b.known.get(code, ())])
            for code in {*a.known, *b.known}
        },
    )
    for profile, count in b.profiles.items():
        _count(merged.profiles, profile, count)
    _keep_sign_ins(merged, [*a.sign_ins, *b.sign_ins])
    return merged


def prune(evidence: Evidence, newest_ms: int) -> None:
    """Drop what no finding can need any more, whatever comes."""
    since_ms = newest_ms - keeps_ms("new_device")
    while evidence.sign_ins and evidence.sign_ins[0].at_ms < since_ms:
        _retire(evidence, evidence.sign_ins.pop(0))
    for name in ("failures", "resets", "undone", "redeemed"):
        kept = getattr(evidence, name)
        if kept and kept[0].at_ms < newest_ms - _LONGEST_MS:
            setattr(evidence, name, [e for e in kept if e.at_ms >= newest_ms - _LONGEST_MS])
    if evidence.clicks and evidence.clicks[0] < newest_ms - keeps_ms("regular_clicks"):
        since_ms = newest_ms - keeps_ms("regular_clicks")
        evidence.clicks = [ms for ms in evidence.clicks if ms >= since_ms]
    for code, found in list(evidence.known.items()):
        since_ms = newest_ms - keeps_ms(code)
        if found[0].at_ms < since_ms:
            evidence.known[code] = [each for each in found if each.at_ms >= since_ms]
            if not evidence.known[code]:
                del evidence.known[code]


def hash_of(value: str | None) -> int:
    """32 bits of a value; 0 where there is none."""
    return 0 if value is None else crc32(value.encode()) or 1


def features_of(context: Context | None) -> Features:
    """What a sign-in shows, by its context; case does not matter."""
    if context is None:
        return Features()
    asn = None if context.asn is None else str(context.asn)
    kind = context.device_model
    return Features(
        *(
            hash_of(None if value is None else value.casefold())
            for value in (
                context.ip,
                asn,
                context.country,
                context.user_agent,
                context.browser,
                context.os,
                kind,
            )
        )
    )


#: No finding looks back further, nor does the memory of a level.
_LONGEST_MS = max(map(keeps_ms, KINDS)) + MEMORY_MS


def _sign_in(evidence: Evidence, event: SignedIn, at_ms: int, counts: SignInCounts | None) -> None:
    context = event.context
    found = SignIn(
        at_ms,
        event.event_id,
        features_of(context),
        hash_of(context.device_id) if context else 0,
        (context.country or "") if context else "",
        counts,
    )
    _keep_sign_ins(evidence, [*evidence.sign_ins, found])


def _keep_sign_ins(evidence: Evidence, found: list[SignIn]) -> None:
    found.sort(key=_when)
    for old in found[:-SIGN_INS]:
        _retire(evidence, old)
    evidence.sign_ins = found[-SIGN_INS:]


def _retire(evidence: Evidence, old: SignIn) -> None:
    _count(evidence.profiles, (old.features, old.device), 1)


def _count(
    profiles: dict[tuple[Features, int], int], profile: tuple[Features, int], n: int
) -> None:
    profiles[profile] = profiles.get(profile, 0) + n
    if len(profiles) > PROFILES:
        del profiles[max(profiles, key=_profile_hash)]


def _profile_hash(profile: tuple[Features, int]) -> int:
    features, device = profile
    return crc32(repr((*astuple(features), device)).encode())


def _when(found: SignIn) -> tuple[int, str]:
    return found.at_ms, found.event_id


def _newest(found: Iterable[_T], limit: int) -> list[_T]:
    """The newest of them, oldest first."""
    return sorted(found)[-limit:]


def _frontier(found: Iterable[Known]) -> list[Known]:
    """Values that no later one reaches, oldest first: what may count at some instant."""
    kept: list[Known] = []
    for known in sorted(found, reverse=True):
        if not kept or known.value > kept[-1].value:
            kept.append(known)
    return kept[::-1]
