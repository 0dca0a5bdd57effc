"""Facts about others: the questions that an event asks when it comes, and what the answers tell.

An answer is as known then: it goes with the event into the customer's evidence and never changes.
Asking adds the customer to what others will be told. A customer who was there before, and could not
know then, is told by an event of the internal topic ``links``.
"""

from collections.abc import Iterator, Sequence
from hashlib import blake2b

from msgspec import Struct

from stream.events import (
    CouponRedeemed,
    DeviceSeen,
    Event,
    OrderCompleted,
    SignedIn,
    SignedUp,
    SignInFailed,
)
from stream.risk.evidence import Facts, Told
from stream.risk.reasons import KINDS
from stream.windows import DAY_MS, HOUR_MS

_MONTH_MS = 30 * DAY_MS
#: How long an account counts with a device or a reference that it was first seen with.
_SHARED_MS = 180 * DAY_MS

#: Below so many attempts a device's share of failures says nothing.
_ATTEMPTS = 10

_ASKING = (SignedUp, SignedIn, SignInFailed, DeviceSeen, OrderCompleted, CouponRedeemed)


class Question(Struct, frozen=True):
    """How many members a scope has, with the asker among them.

    ``scope``    names a set of members and their first times, such as ``accounts/device/3f…``
    ``member``   is added at ``at_ms`` (or keeps an earlier time); None adds nobody
    ``windows``  ms; members are counted whose time is in ``(at_ms - window, at_ms]``
    ``tell``     whether members from before are named when this event brought the member
    """

    scope: str
    member: str | None
    at_ms: int
    windows: tuple[int, ...]
    tell: bool = False


class Answer(Struct, frozen=True):
    """``counts`` by window, as of the question's time. Where others are named, ``others`` are some
    twenty of them at most, the newest first, and ``around`` is how many there are with the member.

    Named are those within the first window on either side: partitions go at different speeds, and
    who came later may have been counted before.
    """

    counts: tuple[int, ...]
    others: tuple[str, ...] = ()
    around: int = 0


class Asked(Struct, frozen=True):
    """A question, and the codes that its counts are values of; one a window.

    ``share_of`` is the scope of another question asked with it: the values are then percent of the
    first count of that one, and nothing where it is below ten.
    """

    question: Question
    codes: tuple[str, ...]
    share_of: str | None = None


def questions(key: str, event: Event, at_ms: int) -> list[Asked]:
    """What an event of the customer with that key asks of others; most ask nothing.

    Members are keys of customers, but for attempts to sign in, which are told by their event ids.
    """
    return list(_questions(key, event, at_ms)) if isinstance(event, _ASKING) else []


def facts(asked: Sequence[Asked], answers: Sequence[Answer]) -> Facts:
    """What the answers, in the order of the questions, tell."""
    first_counts = {
        each.question.scope: answer.counts[0] for each, answer in zip(asked, answers, strict=True)
    }
    known: list[tuple[str, int]] = []
    told: list[Told] = []
    for each, answer in zip(asked, answers, strict=True):
        for code, count in zip(each.codes, answer.counts, strict=False):
            value = count
            if each.share_of is not None:
                whole = first_counts[each.share_of]
                value = min(100, 100 * count // whole) if whole >= _ATTEMPTS else 0
            if value >= KINDS[code].worth:
                known.append((code, value))
        if each.question.tell and answer.around >= KINDS[each.codes[0]].worth:
            told += _told(each, answer)
    return Facts(known=tuple(known), told=tuple(told))


def _told(asked: Asked, answer: Answer) -> Iterator[Told]:
    """What the others could not know; nor could who asks, of those who come later by their time."""
    code, member = asked.codes[0], asked.question.member
    if member is not None and answer.around > answer.counts[0]:
        yield Told(member, code, answer.around)
    for other in answer.others:
        yield Told(other, code, answer.around)


def _questions(key: str, event: Event, at_ms: int) -> Iterator[Asked]:
    context = event.context
    device = context.device_id if context is not None else None
    ip = context.ip if context is not None else None
    places = [(kind, value) for kind, value in (("device", device), ("ip", ip)) if value]
    if not isinstance(event, SignInFailed):
        # Who fails to sign in need not be the customer: their device is not the customer's.
        yield from (_accounts(kind, value, key, at_ms) for kind, value in places)
    match event:
        case SignedUp():
            yield from (_sign_ups(kind, value, key, at_ms) for kind, value in places)
        case SignedIn() | SignInFailed():
            failed = key if isinstance(event, SignInFailed) else None
            yield from (_failed(kind, value, failed, at_ms) for kind, value in places)
            if device:
                yield from _attempts(device, event, at_ms)
        case OrderCompleted():
            references = (("payment", event.payment_ref), ("shipping", event.shipping_ref))
            for kind, reference in references:
                if reference:
                    yield _accounts(kind, reference, key, at_ms)
            if event.coupon is not None:
                places += [("shipping", event.shipping_ref)] if event.shipping_ref else []
                yield from (_coupon(*place, event.coupon, key, at_ms) for place in places)
        case CouponRedeemed():
            yield from (_coupon(*place, event.coupon, key, at_ms) for place in places)
        case _:
            pass


def _accounts(kind: str, value: str, key: str, at_ms: int) -> Asked:
    # An address is shared by strangers: nobody is told, and a day is all it may say.
    window_ms, tell = (DAY_MS, False) if kind == "ip" else (_SHARED_MS, True)
    question = Question(_scope("accounts", kind, value), key, at_ms, (window_ms,), tell)
    return Asked(question, (f"accounts_on_{kind}",))


def _sign_ups(kind: str, value: str, key: str, at_ms: int) -> Asked:
    windows = (HOUR_MS, DAY_MS, _MONTH_MS)
    code = f"sign_ups_on_{kind}"
    question = Question(_scope("sign-ups", kind, value), key, at_ms, windows)
    return Asked(question, (f"{code}_hour", f"{code}_day", code))


def _failed(kind: str, value: str, member: str | None, at_ms: int) -> Asked:
    # Each day anew: a list of passwords is tried again, and members only have their first time.
    scope = _scope("failed", kind, f"{at_ms // DAY_MS}\0{value}")
    # Whose sign-in failed before anybody could know that it was one of many is told.
    tell = kind == "device"
    question = Question(scope, member, at_ms, (HOUR_MS,), tell)
    return Asked(question, (f"failed_accounts_on_{kind}",))


def _attempts(device: str, event: SignedIn | SignInFailed, at_ms: int) -> Iterator[Asked]:
    attempts, failures = (_scope(what, "device", device) for what in ("attempts", "failures"))
    failed = event.event_id if isinstance(event, SignInFailed) else None
    yield Asked(Question(attempts, event.event_id, at_ms, (DAY_MS,)), ())
    question = Question(failures, failed, at_ms, (DAY_MS,))
    yield Asked(question, ("failed_share_on_device",), share_of=attempts)


def _coupon(kind: str, value: str, coupon: str, key: str, at_ms: int) -> Asked:
    # A coupon's id may hold anything; a NUL keeps it apart from what follows.
    scope = _scope("coupon", kind, f"{coupon}\0{value}")
    question = Question(scope, key, at_ms, (_MONTH_MS,), tell=kind != "ip")
    return Asked(question, (f"coupon_on_{kind}",))


def _scope(what: str, kind: str, value: str) -> str:
    return f"{what}/{kind}/{blake2b(value.encode(), digest_size=8).hexdigest()}"
