"""Social traits: whom the customer invites and brings, what they share and rate.

What a brought customer spends happens in that customer's record. It comes here as the event
``referral_changed``, keyed by the one who invited, with totals instead of increments: whatever
arrives twice or in another order leads to the same record.
"""

from typing import Annotated
from zlib import crc32

from msgspec import Meta, Struct, field

from stream import events
from stream.money import to_text
from stream.profile.occurrence import Occurrence
from stream.profile.values import Amount
from stream.windows import to_ms

#: Brought customers kept one by one: those with the smallest hash. Once there are so many, counts
#: and sums are estimated from these (a bottom-k sketch; Bar-Yossef et al., RANDOM 2002), off by
#: about 13 %.
MAX_BROUGHT = 64
_HASH_SPACE = 1 << 32

#: Invitations accepted that are remembered, the earliest ones; only the very first counts.
MAX_INVITATIONS = 8

#: Influence: points for what reached others, and the points at which half of the scale is reached.
POINTS_SHARE, POINTS_REVIEW, POINTS_INVITE, POINTS_ACCEPTED, POINTS_BROUGHT = 1, 1, 1, 5, 10
HALF_INFLUENCE = 20


class Social(Struct, frozen=True):
    """What the customer tells others, and whom they bring; over the customer's life."""

    invites_sent: Annotated[int, Meta(description="`invite_sent` events ever.")]
    invites_accepted: Annotated[
        int,
        Meta(
            description="Customers who accepted an invitation of this customer first of all; an "
            "estimate from 64 on."
        ),
    ]
    customers_brought: Annotated[
        int, Meta(description="Those of them who have completed an order; an estimate from 64 on.")
    ]
    brought_amount: Annotated[
        Amount,
        Meta(
            description="Sum of all orders of the customers brought, in `spending.currency`; an "
            "estimate from 64 on."
        ),
    ]
    came_by_invitation: Annotated[
        bool, Meta(description="Whether an `invite_accepted` of the customer names who invited.")
    ]
    shares: Annotated[int, Meta(description="`product_shared` events ever.")]
    reviews: Annotated[int, Meta(description="`product_reviewed` events ever.")]
    influence: Annotated[
        int,
        Meta(
            ge=0,
            le=100,
            description="100 * p / (p + 20), rounded down, with p = shares + reviews + "
            "invites_sent + 5 * invites_accepted + 10 * customers_brought.",
        ),
    ]


class Brought(Struct, array_like=True):
    """A customer who accepted an invitation: totals in minor units, newest known.

    ``invited_ms`` is when their first invitation was accepted, as far as we were told, and
    ``withdrawn`` whether it was another's.
    """

    orders: int
    amount: int
    invited_ms: int
    withdrawn: bool = False


#: Accepted at, ms, and by whose invitation.
Invitation = tuple[int, str]


class SocialState(Struct, array_like=True):
    """``brought``: hash of the customer brought -> totals."""

    invites: int = 0
    shares: int = 0
    reviews: int = 0
    rating_sum: int = 0
    invitations: list[Invitation] = field(default_factory=list)
    brought: dict[int, Brought] = field(default_factory=dict)


def add(state: SocialState, occurrence: Occurrence) -> None:
    """Take an event of the customer into account; others are passed over."""
    event = occurrence.event
    match event:
        case events.InviteSent():
            state.invites += 1
        case events.ProductShared():
            state.shares += 1
        case events.ProductReviewed():
            state.reviews += 1
            state.rating_sum += event.rating
        case events.InviteAccepted() if event.invited_by not in (None, event.customer_id):
            invitation = (occurrence.at_ms, event.invited_by or "")
            state.invitations = _earliest([*state.invitations, invitation])


def credit(state: SocialState, occurrence: Occurrence) -> None:
    """Take over what a customer brought by this one has come to."""
    event = occurrence.event
    if isinstance(event, events.ReferralChanged):
        invited_ms = to_ms(event.invited_at)
        totals = Brought(event.orders, occurrence.amount_minor, invited_ms, event.withdrawn)
        _keep(state.brought, crc32(event.invitee.encode()), totals)


def merge(a: SocialState, b: SocialState) -> SocialState:
    """The social traits of both histories."""
    brought = dict(a.brought)
    for key, totals in b.brought.items():
        _keep(brought, key, totals)
    return SocialState(
        a.invites + b.invites,
        a.shares + b.shares,
        a.reviews + b.reviews,
        a.rating_sum + b.rating_sum,
        _earliest([*a.invitations, *b.invitations]),
        brought,
    )


def _earliest(invitations: list[Invitation]) -> list[Invitation]:
    return sorted(set(invitations))[:MAX_INVITATIONS]


def _keep(brought: dict[int, Brought], key: int, totals: Brought) -> None:
    known = brought.get(key, totals)
    # The earlier invitation decides whose it was; of two at the same time, that it was another's.
    invited_ms, of_us = min(_claim(known), _claim(totals))
    brought[key] = Brought(
        max(known.orders, totals.orders), max(known.amount, totals.amount), invited_ms, not of_us
    )
    if len(brought) > MAX_BROUGHT:
        del brought[max(brought)]


def _claim(totals: Brought) -> tuple[int, bool]:
    return totals.invited_ms, not totals.withdrawn


def describe(state: SocialState, decimals: int) -> Social:
    """The section."""
    joined = [totals for totals in state.brought.values() if not totals.withdrawn]
    buyers = [totals for totals in joined if totals.orders]
    factor, divisor = _scale(state.brought)
    accepted, brought = len(joined) * factor // divisor, len(buyers) * factor // divisor
    amount = sum(totals.amount for totals in buyers) * factor // divisor
    points = (
        POINTS_SHARE * state.shares
        + POINTS_REVIEW * state.reviews
        + POINTS_INVITE * state.invites
        + POINTS_ACCEPTED * accepted
        + POINTS_BROUGHT * brought
    )
    return Social(
        invites_sent=state.invites,
        invites_accepted=accepted,
        customers_brought=brought,
        brought_amount=to_text(amount, decimals),
        came_by_invitation=bool(state.invitations),
        shares=state.shares,
        reviews=state.reviews,
        influence=100 * points // (points + HALF_INFLUENCE),
    )


def _scale(brought: dict[int, Brought]) -> tuple[int, int]:
    """Factor and divisor from the customers kept to all: 1 while all of them are kept."""
    if len(brought) < MAX_BROUGHT:
        return 1, 1
    # k kept hashes reach up to the k-th smallest of n: n is about (k - 1) / that part of the space.
    return (MAX_BROUGHT - 1) * _HASH_SPACE, MAX_BROUGHT * max(1, *brought)
