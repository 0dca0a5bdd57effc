"""The expected `activity`: counts, hours and sessions of the events in the hour window."""

from collections import Counter
from datetime import UTC, datetime
from fractions import Fraction

from tests.support.oracle.values import Past, Wire, part, text

#: More than so many seconds without an event end a session.
GAP_S = 1800
#: All other types are things done to the customer, or elsewhere than in the shop.
VISITING = {
    "product_viewed",
    "product_clicked",
    "products_searched",
    "product_added_to_wishlist",
    "product_shared",
    "product_added",
    "product_removed",
    "checkout_started",
    "order_completed",
    "product_reviewed",
    "signed_up",
    "signed_in",
    "device_seen",
    "promotion_clicked",
}


def section(recent: Past, start: datetime, as_of: datetime) -> Wire:
    """The section of the events in a window that starts and ends at these instants."""
    by_hour, by_weekday_hour = [0] * 24, [0] * 168
    for at, _ in recent:
        by_hour[at.hour] += 1
        by_weekday_hour[at.weekday() * 24 + at.hour] += 1
    even_share = Fraction(len(recent), 24)
    peaks = [hour for hour in range(24) if by_hour[hour] and by_hour[hour] >= 2 * even_share]
    busiest_first = sorted(peaks, key=lambda hour: by_hour[hour], reverse=True)
    sessions = _sessions(recent)
    carted = [types for types in sessions if "product_added" in types]
    ordered = [types for types in carted if "order_completed" in types]
    return {
        "window": {"start": text(start), "end": text(as_of)},
        "counts": dict(Counter(event["type"] for _, event in recent)),
        "active_days": len({at.date() for at, _ in recent}),
        "sessions": len(sessions),
        "conversion": {
            "view_to_cart": part(len(carted), len(sessions)),
            "cart_to_order": part(len(ordered), len(carted)),
        },
        "hours": {
            "by_hour": by_hour,
            "by_weekday_hour": by_weekday_hour,
            "peak_hours": busiest_first[:6],
        },
    }


def _sessions(recent: Past) -> list[set[str]]:
    """The types of events in each session."""
    visits = [
        (at.astimezone(UTC).replace(microsecond=0), event["type"])
        for at, event in recent
        if event["type"] in VISITING
    ]
    sessions: list[set[str]] = []
    before: datetime | None = None
    for at, name in sorted(visits):
        if before is None or (at - before).total_seconds() > GAP_S:
            sessions.append(set())
        sessions[-1].add(name)
        before = at
    return sessions
