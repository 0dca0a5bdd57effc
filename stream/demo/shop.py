"""The simulated shop at work: the scripts of visits become events of the contract."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from stream.demo.catalogue import money
from stream.demo.homes import local_timezone
from stream.demo.sessions import Script, Step
from stream.demo.visit import Visit
from stream.events import (
    CheckoutStarted,
    ConsentChanged,
    CouponRedeemed,
    CustomerIdentified,
    DeviceSeen,
    Event,
    InviteAccepted,
    InviteSent,
    OrderCancelled,
    OrderCompleted,
    OrderRefunded,
    PasswordReset,
    ProductAdded,
    ProductAddedToWishlist,
    ProductClicked,
    ProductRemoved,
    ProductReviewed,
    ProductShared,
    ProductsSearched,
    ProductViewed,
    PromotionClicked,
    PromotionViewed,
    SignedIn,
    SignedUp,
    SignInFailed,
    SupportContacted,
)

#: An event with its time in milliseconds since 1970.
Timed = tuple[int, Event]
#: The fields of the envelope of the event to come.
Envelope = dict[str, Any]

_PAYMENT_METHODS = ("card", "wallet", "bank_transfer", "invoice")
_SUBJECTS = ("delivery", "return", "payment", "product")
_COMPLAINTS = ("damaged", "late delivery", "wrong item")
_MEDIA = ("link", "chat", "email")
_PROMOTIONS = 12

# Milliseconds that a person takes for a step: at least, and on top of it at most. At some forty
# steps the longest script stays below `sessions.LONGEST_VISIT_S`.
_THINK_MIN_MS, _THINK_SPAN_MS = 1_500, 70_000


def play(visit: Visit, script: Script, begins_ms: int) -> list[Timed]:
    """The visit's events in order of time, for a visit that begins at `begins_ms` since 1970."""
    home = visit.visitor.home
    begins = datetime.fromtimestamp(begins_ms / 1000, local_timezone(home, begins_ms / 1000))
    elapsed_ms = 0
    events: list[Timed] = []
    for step in script.steps:
        # Squared: most steps are quick, a few are long.
        elapsed_ms += int(_THINK_MIN_MS + _THINK_SPAN_MS * visit.rng.random() ** 2)
        at = begins + timedelta(milliseconds=elapsed_ms)
        events.append((begins_ms + elapsed_ms, _event(visit, step, len(events), at)))
    for step, delay_s in script.later:
        at_ms = begins_ms + delay_s * 1000
        at = datetime.fromtimestamp(at_ms / 1000, local_timezone(home, at_ms / 1000))
        events.append((at_ms, _event(visit, step, len(events), at)))
    return events


def _event(visit: Visit, step: Step, index: int, at: datetime) -> Event:
    envelope = {
        "event_id": f"{visit.id}-{index}",
        "customer_id": visit.visitor.customer_id,
        "occurred_at": at,
        "context": visit.context,
    }
    return _STEPS[step](visit, envelope)


# --- clicks and carts -----------------------------------------------------------------------


def _search(visit: Visit, envelope: Envelope) -> Event:
    _, kind, leaf = visit.look().leaf.split("/")
    return ProductsSearched(query=f"{kind} {leaf}".replace("-", " "), **envelope)


def _share(visit: Visit, envelope: Envelope) -> Event:
    via = visit.rng.choice(_MEDIA)
    return ProductShared(product=visit.offer.product, via=via, **envelope)


def _add(visit: Visit, envelope: Envelope) -> Event:
    offer, quantity = visit.add()
    return ProductAdded(product=offer.product, quantity=quantity, **envelope)


def _remove(visit: Visit, envelope: Envelope) -> Event:
    offer, quantity = visit.basket.pop()
    return ProductRemoved(product=offer.product, quantity=quantity, **envelope)


# --- orders ---------------------------------------------------------------------------------


def _order(visit: Visit, envelope: Envelope) -> Event:
    if not visit.basket:
        visit.add()
    index = visit.visitor.index
    discount = visit.discount_cents
    payment_ref, shipping_ref = visit.references()
    return OrderCompleted(
        **visit.order(),
        coupon=visit.coupon if discount else None,
        discount=money(discount) if discount else None,
        payment_method=_PAYMENT_METHODS[index % len(_PAYMENT_METHODS)],
        payment_ref=payment_ref,
        shipping_ref=shipping_ref,
        **envelope,
    )


def _refund(visit: Visit, envelope: Envelope) -> Event:
    if not visit.discount_cents and visit.rng.random() < 0.5:
        del visit.basket[1:]  # one line goes back, the others are kept
    return OrderRefunded(**visit.order(), **envelope)


def _review(visit: Visit, envelope: Envelope) -> Event:
    rating = 5 - int(5 * visit.rng.random() ** 2)
    return ProductReviewed(product=visit.basket[0][0].product, rating=rating, **envelope)


# --- logins, customers, engagements ---------------------------------------------------------


def _identify(visit: Visit, envelope: Envelope) -> Event:
    return CustomerIdentified(traits=visit.visitor.traits, **envelope)


def _consent(visit: Visit, envelope: Envelope) -> Event:
    marketing = visit.rng.random() < 0.6
    return ConsentChanged(consents={"analytics": True, "marketing": marketing}, **envelope)


def _promotion(visit: Visit) -> str:
    # The same one within a visit, so that a click follows its view.
    return f"promotion-{1 + visit.number % _PROMOTIONS}"


def _coupon(visit: Visit, envelope: Envelope) -> Event:
    return CouponRedeemed(
        coupon=visit.coupon,
        order_id=visit.order_id,
        discount=visit.take_coupon(),
        currency=visit.currency,
        **envelope,
    )


def _accept_invite(visit: Visit, envelope: Envelope) -> Event:
    # One of those before: they exist, whatever their number, and nobody invites in a circle.
    # Squared, so that some bring many; the very first came by an invitation from outside.
    others = visit.visitor.index
    friend = f"customer-{int(others * visit.rng.random() ** 2):05d}" if others else None
    return InviteAccepted(invite_id=f"invite-{visit.id}", invited_by=friend, **envelope)


def _support(visit: Visit, envelope: Envelope) -> Event:
    return SupportContacted(subject=visit.rng.choice(_SUBJECTS), **envelope)


def _complain(visit: Visit, envelope: Envelope) -> Event:
    visit.complaint = visit.rng.choice(_COMPLAINTS)
    return SupportContacted(
        subject=visit.complaint, case_id=f"case-{visit.id}", complaint=True, **envelope
    )


def _resolve(visit: Visit, envelope: Envelope) -> Event:
    return SupportContacted(
        subject=visit.complaint, case_id=f"case-{visit.id}", resolved=True, **envelope
    )


_STEPS: dict[Step, Callable[[Visit, Envelope], Event]] = {
    "view": lambda visit, envelope: ProductViewed(product=visit.look().product, **envelope),
    "click": lambda visit, envelope: ProductClicked(product=visit.look().product, **envelope),
    "search": _search,
    "wish": lambda visit, envelope: ProductAddedToWishlist(product=visit.offer.product, **envelope),
    "share": _share,
    "add": _add,
    "remove": _remove,
    "checkout": lambda visit, envelope: CheckoutStarted(**visit.order(), **envelope),
    "order": _order,
    "cancel": lambda visit, envelope: OrderCancelled(**visit.order(), **envelope),
    "refund": _refund,
    "review": _review,
    "sign_up": lambda _, envelope: SignedUp(method="email", **envelope),
    "sign_in": lambda _, envelope: SignedIn(method="password", **envelope),
    "sign_in_failed": lambda _, envelope: SignInFailed(cause="wrong_password", **envelope),
    "password_reset": lambda _, envelope: PasswordReset(**envelope),
    "device_seen": lambda _, envelope: DeviceSeen(**envelope),
    "identify": _identify,
    "consent": _consent,
    "promotion_view": lambda visit, envelope: PromotionViewed(
        promotion_id=_promotion(visit), **envelope
    ),
    "promotion_click": lambda visit, envelope: PromotionClicked(
        promotion_id=_promotion(visit), **envelope
    ),
    "coupon": _coupon,
    "invite": lambda visit, envelope: InviteSent(invite_id=f"invite-{visit.id}", **envelope),
    "accept_invite": _accept_invite,
    "support": _support,
    "complain": _complain,
    "resolve": _resolve,
}
