"""Evidence: what is kept of one customer to judge the risk, commutative and bounded.

Lists hold the newest so many of their kind, by time and then by event id; what is older than any
finding can need is pruned. Nothing here depends on the order in which events arrived. Like all
aggregates, an event that is sent again after it was forgotten counts again.
"""

from bisect import bisect_left
from heapq import nsmallest
from operator import attrgetter

from msgspec import Struct, field
from msgspec.structs import replace

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
from stream.risk.bounded import drop, frontier, keep, newest, oldest
from stream.risk.history import History
from stream.risk.reasons import KINDS, MOST, holds_ms, keeps_ms
from stream.risk.records import (
    Dated,
    Known,
    Order,
    SignIn,
    SignInCounts,
    Undone,
    both,
    hash_of,
    order_of,
    sign_in_of,
    slot_of,
)
from stream.windows import DAY_MS, HOUR_MS

#: Newest sign-ins, failed ones, resets, orders, cancellations and refunds, and redemptions kept.
SIGN_INS, FAILURES, RESETS, ORDERS, UNDONE, REDEEMED = 12, 20, 6, 12, 8, 12
#: Newest clicks whose times are kept, and how exactly.
CLICKS = 32
CLICK_TICK_MS = 20


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


class Evidence(Struct):
    """All of one customer; lists are oldest first.

    ``sign_ins``  the newest, and of those that are older than any finding the last one, however
                  old: later ones are judged by it
    ``history``   all sign-ins before those
    ``orders``    the newest, however old; so are ``undone`` and ``redeemed``
    ``first_order``  the first one of all
    ``known``     by code; values fall, as one that a later one reaches is dropped
    """

    sign_ins: list[SignIn] = field(default_factory=list)
    history: History = field(default_factory=History)
    failures: list[Dated] = field(default_factory=list)
    resets: list[Dated] = field(default_factory=list)
    orders: list[Order] = field(default_factory=list)
    undone: list[Undone] = field(default_factory=list)
    redeemed: list[Dated] = field(default_factory=list)
    clicks: list[int] = field(default_factory=list)
    known: dict[str, list[Known]] = field(default_factory=dict)
    first_order: Dated | None = None


def add(
    evidence: Evidence, event: Event, at_ms: int, amount_minor: int = 0, facts: Facts = NO_FACTS
) -> None:
    """Take an event into account, with what was known of others when it came. Mutates."""
    name = event.event_id
    match event:
        case ProductViewed() | ProductClicked():
            keep(evidence.clicks, at_ms - at_ms % CLICK_TICK_MS, CLICKS)
        case SignedIn():
            _keep_sign_ins(evidence, [sign_in_of(event, at_ms, facts.sign_in)])
        case SignInFailed():
            keep(evidence.failures, Dated(at_ms, name), FAILURES)
        case PasswordReset():
            keep(evidence.resets, Dated(at_ms, name), RESETS)
        case OrderCompleted():
            keep(evidence.orders, order_of(event, at_ms, amount_minor), ORDERS)
            evidence.first_order = oldest(evidence.first_order, Dated(at_ms, name))
        case OrderCancelled() | OrderRefunded():
            cancelled = isinstance(event, OrderCancelled)
            undone = Undone(at_ms, name, hash_of(event.order_id), cancelled)
            keep(evidence.undone, undone, UNDONE)
        case CouponRedeemed():
            keep(evidence.redeemed, Dated(at_ms, name), REDEEMED)
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
        evidence.known[code] = frontier([*evidence.known.get(code, ()), known])


def merge(a: Evidence, b: Evidence) -> Evidence:
    """The evidence of both histories."""
    merged = Evidence(
        sign_ins=list(a.sign_ins),
        history=a.history.plus(b.history),
        failures=newest(a.failures + b.failures, FAILURES),
        resets=newest(a.resets + b.resets, RESETS),
        orders=newest(a.orders + b.orders, ORDERS),
        undone=newest(a.undone + b.undone, UNDONE),
        redeemed=newest(a.redeemed + b.redeemed, REDEEMED),
        clicks=newest(a.clicks + b.clicks, CLICKS),
        known={
            code: frontier([*a.known.get(code, ()), *b.known.get(code, ())])
            for code in {*a.known, *b.known}
        },
        first_order=oldest(a.first_order, b.first_order),
    )
    _keep_sign_ins(merged, b.sign_ins)
    return merged


def prune(evidence: Evidence, newest_ms: int) -> None:
    """Drop what no finding can need any more, whatever comes."""
    _settle(evidence, newest_ms)
    drop(evidence.failures, newest_ms - _FAILURES_MS)
    drop(evidence.resets, newest_ms - _RESETS_MS)
    for code in list(evidence.known):
        drop(evidence.known[code], newest_ms - keeps_ms(code))
        if not evidence.known[code]:
            del evidence.known[code]


def settled(evidence: Evidence, newest_ms: int) -> Evidence:
    """The evidence as findings have to see it: as if pruned. The argument stays as it is.

    Sign-ins that retire may be forgotten, where they showed many values; clicks and counts are
    dropped while a level may still remember what they showed. Anything else that is pruned makes no
    difference.
    """
    if not _unsettled(evidence, newest_ms):
        return evidence
    copy = replace(
        evidence,
        sign_ins=[*evidence.sign_ins],
        history=evidence.history.copy(),
        clicks=[*evidence.clicks],
    )
    _settle(copy, newest_ms)
    return copy


#: How long lists are kept: for a finding of theirs, and for what that finding looks back on.
_FAILURES_MS = keeps_ms("failed_sign_ins") + DAY_MS
_RESETS_MS = keeps_ms("password_resets") + DAY_MS
#: Sign-ins by their hour; an order within a day of one may tell of it.
_SIGN_INS_MS = keeps_ms("order_after_new_device") + DAY_MS + HOUR_MS
#: Clicks and counts are large, so they are kept only while a finding holds.
_CLICKS_MS = holds_ms("regular_clicks") + DAY_MS
_COUNTS_MS = holds_ms("unlikely_sign_in") + HOUR_MS


def _keep_sign_ins(evidence: Evidence, more: list[SignIn]) -> None:
    """Also bounds the history."""
    kept = {slot_of(each): each for each in evidence.sign_ins}
    for each in more:
        slot = slot_of(each)
        kept[slot] = both(kept[slot], each) if slot in kept else each
    in_time = sorted(kept, key=lambda slot: (kept[slot].at_ms, slot))
    evidence.sign_ins = [kept[slot] for slot in in_time]
    _retire(evidence, len(kept) - SIGN_INS)


def _unsettled(evidence: Evidence, newest_ms: int) -> bool:
    clicks, sign_ins = evidence.clicks, evidence.sign_ins
    return (
        bool(clicks and clicks[0] < newest_ms - _CLICKS_MS)
        or any(each.counts for each in sign_ins[: _older(sign_ins, newest_ms - _COUNTS_MS)])
        or _older(sign_ins, newest_ms - _SIGN_INS_MS) > 1
    )


def _settle(evidence: Evidence, newest_ms: int) -> None:
    del evidence.clicks[: bisect_left(evidence.clicks, newest_ms - _CLICKS_MS)]
    sign_ins = evidence.sign_ins
    _retire(evidence, _older(sign_ins, newest_ms - _SIGN_INS_MS) - 1)
    for place in range(_older(sign_ins, newest_ms - _COUNTS_MS)):
        if sign_ins[place].counts is not None:
            sign_ins[place] = replace(sign_ins[place], counts=None)


def _older(sign_ins: list[SignIn], than_ms: int) -> int:
    """How many of them are, by the hour that they were in."""
    return bisect_left(sign_ins, than_ms, key=attrgetter("hour_ms"))


def _retire(evidence: Evidence, number: int) -> None:
    """Let so many sign-ins go into the history, the oldest; within an hour by what they showed."""
    if number > 0:
        for old in nsmallest(number, evidence.sign_ins, key=slot_of):
            evidence.history.add(old.features, old.device, old.times)
            evidence.sign_ins.remove(old)
    evidence.history.bound()
