"""What a portrait must say, computed naively from the plain list of a customer's events.

Shares no code with the package: it reads the wire JSON, keeps every event, and looks at all of
them again for each instant, with calendar arithmetic, decimals and fractions. Slow and obvious.
What the store compares its customers by is handed over as data.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from tests.support.oracle import (
    activity,
    attributes,
    disposition,
    preferences,
    service,
    social,
    spending,
)
from tests.support.oracle.values import Measures, Past, Wire, moment, text, utc_day


def expected(events: Iterable[Wire], as_of: datetime, measures: Measures) -> Wire | None:
    """The document at an instant not before the newest event; None where there is none.

    Rounded numbers stand in it as `Near`.
    """
    everything: Past = [(moment(event), event) for event in events]
    # What others come to, or make known, is no act of this customer.
    internal = ("referral_changed", "account_linked")
    past = [(at, event) for at, event in everything if event["type"] not in internal]
    if not past or any(event["type"] == "erasure_requested" for _, event in past):
        return None
    tail = as_of - timedelta(days=30)
    start = tail.replace(minute=0, second=0, microsecond=0)
    recent = [(at, event) for at, event in past if at >= start]
    days = [(at, event) for at, event in past if utc_day(at) >= tail.date()]
    median_price = preferences.median_price(days)
    response = preferences.marketing(past)
    price_level = spending.price_level(median_price, measures)
    return {
        "store_id": past[0][1].get("store_id", "main"),
        "customer_id": past[0][1]["customer_id"],
        "version": 1,
        "as_of": text(as_of),
        "first_seen": text(min(at for at, _ in past)),
        "last_seen": text(max(at for at, _ in past)),
        "reference": "builtin-1",
        "attributes": attributes.section(past, days, as_of),
        "activity": activity.section(recent, start, as_of),
        "preferences": preferences.section(days, response),
        "spending": spending.section(past, recent, as_of, price_level, measures),
        "social": social.section(everything),
        "disposition": disposition.section(past, days, response, price_level),
        "service": service.section(past, recent, days, start),
        "fit": None,
    }
