"""The expected `service`: contacts, complaints, refunds and ratings."""

from collections import Counter
from datetime import datetime
from fractions import Fraction
from zlib import crc32

from tests.support.oracle.values import Near, Past, Wire, bounded, by_utc_day, of_type

SUBJECTS_A_DAY, MAX_CASES = 4, 16


def section(past: Past, recent: Past, days: Past, start: datetime) -> Wire:
    """The section; `recent` are the events in the window, which starts at `start`."""
    ratings = [event["rating"] for _, event in of_type(past, "product_reviewed")]
    return {
        "contacts_30d": len(of_type(recent, "support_contacted")),
        "subjects": _subjects(days),
        "open_complaints": _open_complaints(past, start),
        "refunds_30d": len(of_type(recent, "order_refunded")),
        "ratings": len(ratings),
        "average_rating": Near(Fraction(sum(ratings), len(ratings)), 0.0050001)
        if ratings
        else None,
    }


def _subjects(days: Past) -> list[Wire]:
    total: Counter[str] = Counter()
    for day in by_utc_day(days).values():
        named = Counter(
            event.get("subject", "other")[:40] for _, event in of_type(day, "support_contacted")
        )
        kept = bounded(named, SUBJECTS_A_DAY)
        total += kept
        total["other"] += named.total() - kept.total()
    best = sorted((name for name in total if total[name]), key=lambda name: (-total[name], name))
    return [{"name": name, "count": total[name]} for name in best[:10]]


def _open_complaints(past: Past, start: datetime) -> int:
    newest: dict[str, tuple[datetime, bool]] = {}
    for at, event in of_type(past, "support_contacted"):
        resolved = event.get("resolved", False)
        if event.get("complaint", False) or resolved:
            case: str = event["case_id"] if "case_id" in event else event["event_id"]
            contact = (at, not resolved)
            newest[case] = max(newest.get(case, contact), contact)
    kept = sorted(newest, key=lambda case: (*newest[case], crc32(case.encode())))[-MAX_CASES:]
    return sum(newest[case][1] and newest[case][0] >= start for case in kept)
