"""Evidence of whom the customer brings and tells."""

from collections.abc import Iterator

from stream.explain.basis import Basis
from stream.explain.evidence import Evidence, date_of
from stream.profile.social import (
    HALF_INFLUENCE,
    MAX_BROUGHT,
    POINTS_ACCEPTED,
    POINTS_BROUGHT,
    POINTS_INVITE,
    POINTS_REVIEW,
    POINTS_SHARE,
)


def explain(basis: Basis) -> Iterator[Evidence]:
    """Evidence of the section."""
    state = basis.state.social
    estimated = len(state.brought) >= MAX_BROUGHT
    how = f"estimated from {MAX_BROUGHT} of them, off by about 13 %" if estimated else "exact"
    yield basis.because("social.invites_sent", "`invite_sent` events, ever")
    yield basis.because(
        "social.invites_accepted", f"customers who first came by this one's invitation; {how}"
    )
    yield basis.because("social.customers_brought", f"those of them who have ordered; {how}")
    yield basis.because("social.brought_amount", f"sum of their orders; {how}")
    yield basis.because("social.came_by_invitation", _invitation(basis))
    yield basis.because("social.shares", "`product_shared` events, ever")
    yield basis.because("social.reviews", "`product_reviewed` events, ever")
    yield basis.because("social.influence", _influence(basis))


def _invitation(basis: Basis) -> str:
    invitations = basis.state.social.invitations
    if not invitations:
        return "no `invite_accepted` event names who invited"
    at_ms, by = invitations[0]
    return f"accepted the invitation of {by} on {date_of(at_ms)}"


def _influence(basis: Basis) -> str:
    social = basis.portrait.social
    terms = (
        (POINTS_SHARE, social.shares, "shares"),
        (POINTS_REVIEW, social.reviews, "reviews"),
        (POINTS_INVITE, social.invites_sent, "invites"),
        (POINTS_ACCEPTED, social.invites_accepted, "accepted"),
        (POINTS_BROUGHT, social.customers_brought, "brought"),
    )
    points = sum(weight * count for weight, count, _ in terms)
    if not points:
        return "nothing shared, reviewed or invited"
    summed = " + ".join(
        f"{count} {name}" if weight == 1 else f"{weight} * {count} {name}"
        for weight, count, name in terms
        if count
    )
    return f"100 * p / (p + {HALF_INFLUENCE}), rounded down: p {points} = {summed}"
