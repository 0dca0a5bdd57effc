"""The input contract: one struct an event type, as it stands on the wire (JSON).

Field names are the snake_case of the Segment e-commerce spec. Unknown extra fields are ignored.
``schemas/`` is generated from this module; change it here and run ``make schemas``.
"""

from typing import Annotated, ClassVar

from msgspec import Meta, Struct

from stream.fields import (
    Context,
    Currency,
    EventId,
    Id,
    Items,
    Money,
    Name,
    Product,
    Quantity,
    StoreId,
    Text,
    Timestamp,
    TraitValue,
)


class Event(Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="type"):
    """The envelope that all events share."""

    topic: ClassVar[str]

    event_id: EventId
    customer_id: Id
    occurred_at: Timestamp
    store_id: StoreId = "main"
    anonymous_id: Id | None = None
    context: Context | None = None


# --- clicks ---------------------------------------------------------------------------------


class ProductEvent(Event, frozen=True, kw_only=True):
    """One product that the customer dealt with; without `currency` the base currency is meant."""

    product: Product
    currency: Currency | None = None


class ProductViewed(ProductEvent, frozen=True, kw_only=True, tag="product_viewed"):
    """The customer opened a product's page."""

    topic = "clicks"


class ProductClicked(ProductEvent, frozen=True, kw_only=True, tag="product_clicked"):
    """The customer clicked a product in a list, a banner or a recommendation."""

    topic = "clicks"


class ProductsSearched(Event, frozen=True, kw_only=True, tag="products_searched"):
    """The customer searched the shop."""

    topic = "clicks"

    query: Text


class ProductAddedToWishlist(
    ProductEvent, frozen=True, kw_only=True, tag="product_added_to_wishlist"
):
    """The customer put a product on the wishlist."""

    topic = "clicks"


class ProductShared(ProductEvent, frozen=True, kw_only=True, tag="product_shared"):
    """The customer shared a product with somebody; `via` names the medium."""

    topic = "clicks"

    via: Name | None = None


# --- carts ----------------------------------------------------------------------------------


class ProductAdded(ProductEvent, frozen=True, kw_only=True, tag="product_added"):
    """The customer put a product into the cart."""

    topic = "carts"

    quantity: Quantity = 1


class ProductRemoved(ProductEvent, frozen=True, kw_only=True, tag="product_removed"):
    """The customer took a product out of the cart."""

    topic = "carts"

    quantity: Quantity = 1


class CheckoutStarted(Event, frozen=True, kw_only=True, tag="checkout_started"):
    """The customer began to check out."""

    topic = "carts"

    order_id: Id | None = None
    total: Money | None = None
    currency: Currency | None = None
    items: Items = ()


# --- orders ---------------------------------------------------------------------------------


class OrderCompleted(Event, frozen=True, kw_only=True, tag="order_completed"):
    """An order was placed; the refs are hashes made by the sender, never card or address."""

    topic = "orders"

    order_id: Id
    total: Money
    currency: Currency
    items: Items = ()
    coupon: Id | None = None
    discount: Money | None = None
    payment_method: Name | None = None
    payment_ref: Id | None = None
    shipping_ref: Id | None = None


class OrderCancelled(Event, frozen=True, kw_only=True, tag="order_cancelled"):
    """An order was cancelled before it was delivered."""

    topic = "orders"

    order_id: Id
    total: Money | None = None
    currency: Currency | None = None
    items: Items = ()


class OrderRefunded(Event, frozen=True, kw_only=True, tag="order_refunded"):
    """Money went back to the customer; `total` is the sum refunded."""

    topic = "orders"

    order_id: Id
    total: Money
    currency: Currency
    items: Items = ()


class ProductReviewed(ProductEvent, frozen=True, kw_only=True, tag="product_reviewed"):
    """The customer rated a product, one to five stars."""

    topic = "orders"

    rating: Annotated[int, Meta(ge=1, le=5)]


# --- logins ---------------------------------------------------------------------------------


class SignedUp(Event, frozen=True, kw_only=True, tag="signed_up"):
    """The customer registered."""

    topic = "logins"

    method: Name | None = None


class SignedIn(Event, frozen=True, kw_only=True, tag="signed_in"):
    """The customer signed in."""

    topic = "logins"

    method: Name | None = None


class SignInFailed(Event, frozen=True, kw_only=True, tag="sign_in_failed"):
    """A sign-in to the customer's account failed; `cause` in the sender's words."""

    topic = "logins"

    cause: Name | None = None


class PasswordReset(Event, frozen=True, kw_only=True, tag="password_reset"):
    """The password of the account was reset."""

    topic = "logins"


class DeviceSeen(Event, frozen=True, kw_only=True, tag="device_seen"):
    """A device of the customer showed itself; which one is in the context."""

    topic = "logins"


# --- customers ------------------------------------------------------------------------------


class CustomerIdentified(Event, frozen=True, kw_only=True, tag="customer_identified"):
    """What the customer or the shop declares; the last declaration by `occurred_at` wins.

    Known traits are `gender`, `birth_year`, `occupation`, `country`, `region`, `language`,
    `time_zone`, `app_installed`, `kind` (`person` or `company`), and for companies `industry`,
    `company_type`, `contact_roles` (comma separated), `website_traffic` (visits a month) and
    `purchase_volume` (a year, base currency). Any other name is kept as it is; `null` takes a
    trait back.
    """

    topic = "customers"

    traits: Annotated[
        dict[Annotated[str, Meta(min_length=1, max_length=64)], TraitValue], Meta(max_length=64)
    ]


class ConsentChanged(Event, frozen=True, kw_only=True, tag="consent_changed"):
    """The customer gave or withdrew consent, purpose by purpose."""

    topic = "customers"

    consents: Annotated[
        dict[Annotated[str, Meta(min_length=1, max_length=64)], bool],
        Meta(min_length=1, max_length=32),
    ]


class ErasureRequested(Event, frozen=True, kw_only=True, tag="erasure_requested"):
    """The customer asked to be forgotten: the portrait is erased and stays erased."""

    topic = "customers"


# --- engagements ----------------------------------------------------------------------------


class PromotionViewed(Event, frozen=True, kw_only=True, tag="promotion_viewed"):
    """A promotion was shown to the customer."""

    topic = "engagements"

    promotion_id: Id


class PromotionClicked(Event, frozen=True, kw_only=True, tag="promotion_clicked"):
    """The customer clicked a promotion."""

    topic = "engagements"

    promotion_id: Id


class CouponRedeemed(Event, frozen=True, kw_only=True, tag="coupon_redeemed"):
    """The customer used a coupon."""

    topic = "engagements"

    coupon: Id
    order_id: Id | None = None
    discount: Money | None = None
    currency: Currency | None = None


class InviteSent(Event, frozen=True, kw_only=True, tag="invite_sent"):
    """The customer invited somebody."""

    topic = "engagements"

    invite_id: Id | None = None


class InviteAccepted(Event, frozen=True, kw_only=True, tag="invite_accepted"):
    """The customer came by an invitation; `invited_by` is the customer who sent it."""

    topic = "engagements"

    invite_id: Id | None = None
    invited_by: Id | None = None


class SupportContacted(Event, frozen=True, kw_only=True, tag="support_contacted"):
    """The customer turned to support; `subject` from the shop's own list.

    Contacts about one matter share a `case_id`; a `complaint` stays open until a later contact of
    its case says `resolved`.
    """

    topic = "engagements"

    subject: Name | None = None
    case_id: Id | None = None
    complaint: bool = False
    resolved: bool = False


# --- referrals (internal) -------------------------------------------------------------------


class ReferralChanged(Event, frozen=True, kw_only=True, tag="referral_changed"):
    """What a customer who came by an invitation has come to; written by the workers.

    `customer_id` is the one who invited, `invitee` stands for the one who came, `orders` and
    `amount` are that customer's totals so far. `invited_at` is when the first invitation known by
    then was accepted; `withdrawn` says that it was another's.
    """

    topic = "referrals"

    invitee: Id
    invited_at: Timestamp
    orders: Annotated[int, Meta(ge=0, le=1_000_000_000)]
    amount: Money
    currency: Currency
    withdrawn: bool = False


# --- links (internal) -----------------------------------------------------------------------


class AccountLinked(Event, frozen=True, kw_only=True, tag="account_linked"):
    """Something of the customer's is now known to be shared; written by the workers.

    `customer_id` is the one affected, `code` the reason of the risk that it concerns, `value` how
    many accounts share it, `cause` the id of the other customer's event that made it known.
    """

    topic = "links"

    code: Name
    value: Annotated[int, Meta(ge=1, le=1_000_000_000)]
    cause: EventId


#: Every event type, by topic. Stored states number the topics: append, never move or remove one.
# fmt: off
TOPIC_EVENTS: dict[str, tuple[type[Event], ...]] = {
    "clicks": (ProductViewed, ProductClicked, ProductsSearched, ProductAddedToWishlist,
               ProductShared),
    "carts": (ProductAdded, ProductRemoved, CheckoutStarted),
    "orders": (OrderCompleted, OrderCancelled, OrderRefunded, ProductReviewed),
    "logins": (SignedUp, SignedIn, SignInFailed, PasswordReset, DeviceSeen),
    "customers": (CustomerIdentified, ConsentChanged, ErasureRequested),
    "engagements": (PromotionViewed, PromotionClicked, CouponRedeemed, InviteSent, InviteAccepted,
                    SupportContacted),
    "referrals": (ReferralChanged,),
    "links": (AccountLinked,),
}
# fmt: on

#: Topics that the workers write themselves: what one customer's event means for another.
INTERNAL_TOPICS = ("referrals", "links")

EVENT_TYPES: tuple[type[Event], ...] = tuple(
    event for events in TOPIC_EVENTS.values() for event in events
)


def type_name(event: type[Event] | Event) -> str:
    """The event's name on the wire, such as ``product_viewed``."""
    return str(event.__struct_config__.tag)


def customer_key(store_id: str, customer_id: str) -> str:
    """The Kafka key and table key of a customer: ``store_id/customer_id``."""
    return f"{store_id}/{customer_id}"
