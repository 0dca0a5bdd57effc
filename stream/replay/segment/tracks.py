"""The track calls that have a counterpart in the contract."""

from collections.abc import Callable, Mapping
from typing import Any

from msgspec import Struct

from stream.replay.amounts import to_name
from stream.replay.segment.properties import (
    currency_of,
    first_text,
    items_of,
    money_of,
    product_of,
    text_of,
    whole_of,
)

Properties = Mapping[str, Any]
Fields = dict[str, Any]


class Track(Struct, frozen=True):
    """An event type of the contract, and how its fields come out of a call's properties.

    A field of None is left out; the contract then says whether it was needed.
    """

    kind: str
    fields: Callable[[Properties], Fields]


def _nothing(_: Properties) -> Fields:
    return {}


def _product(properties: Properties) -> Fields:
    product = product_of(properties)
    currency = currency_of(properties) if "price" in product else None
    return {"product": product, "currency": currency}


def _shared(properties: Properties) -> Fields:
    return _product(properties) | {"via": first_text(properties, "share_via", "via")}


def _carted(properties: Properties) -> Fields:
    return _product(properties) | {"quantity": whole_of(properties, "quantity") or 1}


def _reviewed(properties: Properties) -> Fields:
    # The words of a review are the customer's own; only the stars are taken.
    return _product(properties) | {"rating": whole_of(properties, "rating")}


def _searched(properties: Properties) -> Fields:
    return {"query": text_of(properties.get("query"))}


def _order(properties: Properties) -> Fields:
    return {
        "order_id": first_text(properties, "order_id", "orderId"),
        "total": money_of(properties, "total", "value", "revenue"),
        "currency": currency_of(properties),
        "items": items_of(properties),
    }


def _completed(properties: Properties) -> Fields:
    return _order(properties) | {
        "coupon": first_text(properties, "coupon"),
        "discount": money_of(properties, "discount"),
        "payment_method": to_name(first_text(properties, "payment_method") or ""),
    }


def _coupon(properties: Properties) -> Fields:
    discount = money_of(properties, "discount")
    return {
        "coupon": first_text(properties, "coupon_id", "coupon", "coupon_name"),
        "order_id": first_text(properties, "order_id", "orderId"),
        "discount": discount,
        "currency": None if discount is None else currency_of(properties),
    }


def _promotion(properties: Properties) -> Fields:
    return {"promotion_id": first_text(properties, "promotion_id", "id", "name")}


def _sign(properties: Properties) -> Fields:
    return {"method": first_text(properties, "method", "type")}


def _failed(properties: Properties) -> Fields:
    return {"cause": first_text(properties, "cause", "reason", "error")}


def _invite(properties: Properties) -> Fields:
    # The spec's invitee_email and names are somebody else's identity.
    return {"invite_id": first_text(properties, "invite_id")}


def _accepted(properties: Properties) -> Fields:
    return _invite(properties) | {"invited_by": first_text(properties, "invited_by", "inviter_id")}


def _support(properties: Properties) -> Fields:
    return {
        "subject": first_text(properties, "subject", "topic", "category"),
        "case_id": first_text(properties, "case_id", "ticket_id"),
        "complaint": properties.get("complaint") is True,
        "resolved": properties.get("resolved") is True,
    }


def _installed(_: Properties) -> Fields:
    return {"traits": {"app_installed": True}}


def _uninstalled(_: Properties) -> Fields:
    return {"traits": {"app_installed": False}}


#: name of the track call -> event
TRACKS: dict[str, Track] = {
    "Product Viewed": Track("product_viewed", _product),
    "Product Clicked": Track("product_clicked", _product),
    "Products Searched": Track("products_searched", _searched),
    "Product Added to Wishlist": Track("product_added_to_wishlist", _product),
    "Product Shared": Track("product_shared", _shared),
    "Product Added": Track("product_added", _carted),
    "Product Removed": Track("product_removed", _carted),
    "Checkout Started": Track("checkout_started", _order),
    "Order Completed": Track("order_completed", _completed),
    "Order Cancelled": Track("order_cancelled", _order),
    "Order Refunded": Track("order_refunded", _order),
    "Product Reviewed": Track("product_reviewed", _reviewed),
    "Signed Up": Track("signed_up", _sign),
    "Signed In": Track("signed_in", _sign),
    "Sign In Failed": Track("sign_in_failed", _failed),
    "Password Reset": Track("password_reset", _nothing),
    "Promotion Viewed": Track("promotion_viewed", _promotion),
    "Promotion Clicked": Track("promotion_clicked", _promotion),
    "Coupon Applied": Track("coupon_redeemed", _coupon),
    "Invite Sent": Track("invite_sent", _invite),
    "Invite Accepted": Track("invite_accepted", _accepted),
    "Support Contacted": Track("support_contacted", _support),
    "Application Installed": Track("customer_identified", _installed),
    "Application Uninstalled": Track("customer_identified", _uninstalled),
}
