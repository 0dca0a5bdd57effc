"""The expected `social`: invitations, customers brought, shares and reviews, over life."""

from decimal import Decimal

from tests.support.oracle.values import ZERO, Past, Wire, money, of_type


def section(everything: Past) -> Wire:
    """The section; below 64 customers brought."""
    brought: dict[str, tuple[int, Decimal, bool]] = {}
    for _, event in of_type(everything, "referral_changed"):
        orders, amount, withdrawn = brought.get(event["invitee"], (0, ZERO, False))
        brought[event["invitee"]] = (
            max(orders, event["orders"]),
            max(amount, money(event["amount"], event["currency"])),
            withdrawn or event.get("withdrawn", False),
        )
    assert len(brought) < 64, "from 64 on the document has estimates"
    accepted = [totals for totals in brought.values() if not totals[2]]
    buyers = [totals for totals in accepted if totals[0] > 0]
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
        "brought_amount": str(sum((amount for _, amount, _ in buyers), ZERO)),
        "came_by_invitation": bool(inviters - {None, everything[0][1]["customer_id"]}),
        "shares": shares,
        "reviews": reviews,
        "influence": 100 * points // (points + 20),
    }
