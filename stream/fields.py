"""The values that events carry, and the bounds that hold for them."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

Id = Annotated[str, Meta(min_length=1, max_length=128)]
EventId = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=64,
        description="Unique to the event: sent again within 24 hours of event time, or 256 events "
        "of the customer, it does not count again.",
    ),
]
StoreId = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=64,
        pattern="^[^/:]+$",
        description="Store the portrait belongs to; no slash or colon, which part keys.",
    ),
]
Name = Annotated[str, Meta(min_length=1, max_length=256)]
Text = Annotated[str, Meta(max_length=1024)]
# Python's `$` lets a line feed at the end pass, JSON Schema's does not: hence the look-ahead.
Money = Annotated[
    str,
    Meta(
        max_length=24,
        pattern=r"^[0-9]+(\.[0-9]+)?$(?!\n)",
        description="Decimal amount in major units of `currency`, such as 12.50; never negative.",
    ),
]
Currency = Annotated[str, Meta(pattern=r"^[A-Z]{3}$(?!\n)", description="ISO 4217 code.")]
Timestamp = Annotated[
    datetime,
    Meta(
        tz=True,
        description="RFC 3339 with a UTC offset; the offset is the customer's local time.",
    ),
]
Quantity = Annotated[int, Meta(ge=1, le=1_000_000)]
#: Integers stay within what every JSON reader holds exactly.
TraitValue = (
    Annotated[str, Meta(max_length=1024)]
    | Annotated[int, Meta(ge=-(2**53), le=2**53)]
    | float
    | bool
    | None
)


class Context(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where and how the event happened; every field is optional."""

    session_id: Id | None = None
    device_id: Id | None = None
    device_model: Name | None = None
    os: Name | None = None
    browser: Name | None = None
    user_agent: Text | None = None
    ip: Annotated[str, Meta(max_length=45)] | None = None
    asn: Annotated[int, Meta(ge=0, le=4_294_967_295)] | None = None
    country: Name | None = None
    channel: Name | None = None
    campaign: Name | None = None
    rooted: bool | None = None
    emulator: bool | None = None


class Product(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A product as the customer met it; `category` is a path such as `home/kitchen/mugs`."""

    product_id: Id
    category: Name | None = None
    brand: Name | None = None
    price: Money | None = None
    gender: Literal["female", "male", "unisex"] | None = None


class Item(Product, frozen=True, kw_only=True, omit_defaults=True):
    """A line of a basket or an order; `price` is that of one piece."""

    quantity: Quantity = 1


Items = Annotated[tuple[Item, ...], Meta(max_length=1000)]
