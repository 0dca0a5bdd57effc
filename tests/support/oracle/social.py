"""The expected `social`: invitations, customers brought, shares and reviews, over life."""

from collections import defaultdict
from datetime import datetime

from tests.support.oracle.values import ZERO, Past, Wire, money, of_type


def section(everything: Past) -> Wire:
    """The section; below 64 customers brought."""
    told: dict[str, list[Wire]] = defaultdict(list)
    for _, event in of_type(everything, "referral_changed"):
        told[event["invitee"]].append(event)
    assert len(told) < 64, "from 64 on the document has estimates"
    accepted = [events for events in told.values() if _is_ours(events)]
    totals = [
        (
            max(event["orders"] for event in events),
            max(money(event["amount"], event["currency"]) for event in events),
        )
        for events in accepted
    ]
    buyers = [amount for orders, amount in totals if orders > 0]
    inviters = {e.get("invited_by") for _, e in of_type(everything, "invite_accepted")}
    invites, shares, reviews = (
        len(of_type(everything, name))
        for name in ("invite_sent", "product_shared", "product_reviewed")
    )
    points = shares + reviews + invites + 5 * len(accepted) + 10 * len(buyers)
    return {
        "invites_sent": invites,
        "invites_accepted": len(accepted),
        "customers_brought": len(buyers),
        "brought_amount": str(sum(buyers, ZERO)),
        "came_by_invitation": bool(inviters - {None, everything[0][1]["customer_id"]}),
        "shares": shares,
        "reviews": reviews,
        "influence": 100 * points // (points + 20),
    }


def _is_ours(events: list[Wire]) -> bool:
    """Whether the earliest invitation that was ever told of is never said to be another's."""
    times = [datetime.fromisoformat(event["invited_at"]) for event in events]
    return not any(
        event.get("withdrawn", False)
        for event, at in zip(events, times, strict=True)
        if at == min(times)
    )
