"""What one customer adds to the portraits of their groups, read from the published portrait."""

from datetime import datetime
from hashlib import blake2b
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from stream.money import exponent, to_minor
from stream.windows import to_ms

#: Digits of a member's name.
MEMBER_DIGITS = 16

#: By the first digit of a price: the first digits, or 10, between which its band lies.
_BANDS = ("0-1", "1-2", *["2-5"] * 3, *["5-10"] * 5)


class Contribution(Struct, array_like=True, frozen=True):
    """What a customer adds to each of their groups; amounts in minor units of the base currency.

    Texts are None where nothing is known. This is the stored form: append fields, with a default,
    and never move or remove one.
    """

    store_id: str
    segments: tuple[str, ...]
    labels: tuple[str, ...]
    natural_gender: str | None
    shopping_gender: str | None
    age_band: str | None
    country: str | None
    tier: str | None
    category: str | None
    brand: str | None
    price_band: str | None
    channel: str | None
    by_hour: tuple[int, ...]
    orders: int
    amount: int
    refunded: int
    orders_30d: int
    amount_30d: int
    first_order_ms: int | None


class Member(Struct, array_like=True, frozen=True):
    """A customer as the sums know them: the version counted; no contribution once erased."""

    version: int
    contribution: Contribution | None = None


class Unreadable(ValueError):
    """A published portrait, or a stored member, that is not what it must be."""


class _Named(Struct):
    name: str


class _Valued(Struct):
    value: str


class _Attributes(Struct):
    shopping_gender: _Valued
    natural_gender: str | None
    age_band: str | None
    country: str | None
    acquisition_channel: str | None


class _Hours(Struct):
    by_hour: Annotated[tuple[int, ...], Meta(min_length=24, max_length=24)]


class _Activity(Struct):
    hours: _Hours


class _PriceBand(Struct):
    p50: str


class _Preferences(Struct):
    categories: list[_Named]
    brands: list[_Named]
    price_band: _PriceBand | None


class _Spending(Struct):
    currency: str
    orders_30d: int
    amount_30d: str
    orders: int
    amount: str
    refunded: str
    first_order_at: Annotated[datetime, Meta(tz=True)] | None
    tier: str | None


class _Document(Struct):
    """The few fields of a published portrait that groups are made of."""

    store_id: str
    version: int
    attributes: _Attributes
    activity: _Activity
    preferences: _Preferences
    spending: _Spending
    labels: tuple[str, ...] = ()
    segments: tuple[str, ...] = ()


_documents = msgspec.json.Decoder(_Document)
_members = msgspec.msgpack.Decoder(Member)
_encoder = msgspec.msgpack.Encoder()


def member_name(key: str) -> str:
    """The pseudonym under which a customer is a member: of a key, always the same digits."""
    return blake2b(key.encode(), digest_size=MEMBER_DIGITS // 2).hexdigest()


def read(document: bytes) -> Member:
    """The member that a published portrait, JSON, describes; raises :class:`Unreadable`."""
    try:
        portrait = _documents.decode(document)
        return Member(portrait.version, _contribution(portrait))
    except (msgspec.MsgspecError, ValueError, LookupError) as exc:
        raise Unreadable(f"no published portrait: {exc}") from exc


def to_bytes(member: Member) -> bytes:
    """The stored form, MessagePack."""
    return _encoder.encode(member)


def from_bytes(stored: bytes) -> Member:
    """The member of a stored form; raises :class:`Unreadable`."""
    try:
        return _members.decode(stored)
    except msgspec.MsgspecError as exc:
        raise Unreadable(f"a stored member is damaged: {exc}") from exc


def first_order_ms(stored: bytes, store_id: str) -> int | None:
    """When a stored member of a store first ordered, ms; None for others and for visitors.

    Raises :class:`Unreadable`.
    """
    kept = from_bytes(stored).contribution
    return kept.first_order_ms if kept and kept.store_id == store_id else None


def price_band(price: str) -> str:
    """The band ``[low, high)`` of a decimal string: 0-1, then 1-2, 2-5, 5-10, 10-20 and so on."""
    whole = price.partition(".")[0]
    low, _, high = _BANDS[int(whole[0])].partition("-")
    zeros = "0" * (len(whole) - 1)
    return f"{low}{zeros}-{high}{zeros}"


def _contribution(portrait: _Document) -> Contribution:
    attributes, preferences = portrait.attributes, portrait.preferences
    spending, band = portrait.spending, preferences.price_band
    decimals = exponent(spending.currency)
    shops_for, first = attributes.shopping_gender.value, spending.first_order_at
    return Contribution(
        store_id=portrait.store_id,
        segments=portrait.segments,
        labels=portrait.labels,
        natural_gender=attributes.natural_gender,
        shopping_gender=None if shops_for == "unknown" else shops_for,
        age_band=attributes.age_band,
        country=attributes.country,
        tier=spending.tier,
        category=preferences.categories[0].name if preferences.categories else None,
        brand=preferences.brands[0].name if preferences.brands else None,
        price_band=None if band is None else price_band(band.p50),
        channel=attributes.acquisition_channel,
        by_hour=portrait.activity.hours.by_hour,
        orders=spending.orders,
        amount=to_minor(spending.amount, decimals),
        refunded=to_minor(spending.refunded, decimals),
        orders_30d=spending.orders_30d,
        amount_30d=to_minor(spending.amount_30d, decimals),
        first_order_ms=None if first is None else to_ms(first),
    )
