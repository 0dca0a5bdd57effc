"""Records: what is kept of the events that evidence is made of.

They sort by time and then by event id. Hashes have 24 bits, for the size of states: that two values
of a customer meet has odds of 1 to 16 million. They are 0 where nothing was sent.
"""

from collections.abc import Iterator
from zlib import crc32

from msgspec import Struct
from msgspec.structs import astuple, replace

from stream.events import OrderCompleted, SignedIn
from stream.fields import Context
from stream.windows import HOUR_MS


class Features(Struct, frozen=True, array_like=True):
    """What a sign-in shows: hashes of case-folded values, 0 where nothing was sent."""

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


class Dated(Struct, frozen=True, array_like=True, order=True):
    """That something happened: a failed sign-in or a reset."""

    at_ms: int
    event_id: str


class SignIn(Struct, frozen=True, array_like=True):
    """A successful sign-in. ``device`` is a hash, 0 without one; ``country`` as it was sent, or
    empty; ``counts`` as known then, None where nobody looked or no finding can need them.

    It was the first of ``times`` sign-ins of one hour that showed the same and stands for them all,
    up to the ``last``, None where there is no other: who signs in again and again does not push out
    what others showed.
    """

    at_ms: int
    event_id: str
    features: Features
    device: int
    country: str
    counts: SignInCounts | None
    times: int = 1
    last: Dated | None = None

    @property
    def hour_ms(self) -> int:
        """When the hour began that it was in."""
        return self.at_ms - self.at_ms % HOUR_MS

    @property
    def latest(self) -> Dated:
        """The last of those that it stands for."""
        return self.last or Dated(self.at_ms, self.event_id)


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


def sign_in_of(event: SignedIn, at_ms: int, counts: SignInCounts | None) -> SignIn:
    """The record of a sign-in."""
    context = event.context
    return SignIn(
        at_ms,
        event.event_id,
        features_of(context),
        hash_of(context.device_id) if context else 0,
        (context.country or "") if context else "",
        counts,
    )


def order_of(event: OrderCompleted, at_ms: int, amount_minor: int) -> Order:
    """The record of an order."""
    return Order(
        at_ms,
        event.event_id,
        hash_of(event.order_id),
        amount_minor,
        hash_of(event.payment_ref),
        event.coupon is not None,
    )


#: What sign-ins that stand together have in common; sorts by the hour.
Slot = tuple[int, tuple[int, ...], int, str]


def slot_of(found: SignIn) -> Slot:
    """Where a sign-in is kept: with those of its hour that showed the same, if anything."""
    features, device = astuple(found.features), found.device
    name = "" if device or any(features) else found.event_id
    return found.hour_ms, features, device, name


def both(one: SignIn, other: SignIn) -> SignIn:
    """What stands for two of one slot."""
    first, last = min(one, other, key=_rank), max(one.latest, other.latest)
    only = last == Dated(first.at_ms, first.event_id)
    return replace(first, times=one.times + other.times, last=None if only else last)


def _rank(found: SignIn) -> tuple[object, ...]:
    # To the last field: of two alike in time and id it must not matter which came first.
    counts = () if found.counts is None else astuple(found.counts)
    return found.at_ms, found.event_id, found.country, counts


def hash_of(value: str | None) -> int:
    """The hash of a value; 0 where there is none."""
    return 0 if value is None else hash_of_crc(crc32(value.encode()))


def hash_of_crc(crc: int) -> int:
    """The hash of a value whose CRC-32 is known."""
    return crc & 0xFF_FFFF or 1


def features_of(context: Context | None) -> Features:
    """What a sign-in shows, by its context; case does not matter."""
    return Features(*map(hash_of, _shown(context)))


def wide_features_of(context: Context | None) -> Features:
    """The same in hashes of 32 bits, which keep the addresses of a whole store apart."""
    return Features(*(0 if each is None else crc32(each.encode()) or 1 for each in _shown(context)))


def _shown(context: Context | None) -> Iterator[str | None]:
    """What a context says, in the order of the features."""
    if context is not None:
        asn = None if context.asn is None else str(context.asn)
        agent = context.user_agent, context.browser, context.os, context.device_model
        for each in (context.ip, asn, context.country, *agent):
            yield None if each is None else each.casefold()
