"""The expected `attributes`: declared, seen in contexts, and inferred from the products."""

import json
import math
from collections import Counter, defaultdict
from datetime import datetime
from zlib import crc32

from tests.support.oracle.preferences import points_of
from tests.support.oracle.values import (
    Near,
    Past,
    Wire,
    by_hash,
    by_utc_day,
    of_type,
    text,
    utc_day,
)

KNOWN = (
    *("gender", "birth_year", "occupation", "country", "region", "language", "time_zone"),
    *("app_installed", "kind", "industry", "company_type", "contact_roles", "website_traffic"),
    "purchase_volume",
)
AGE_BANDS = {18: "18-24", 25: "25-34", 35: "35-44", 45: "45-54", 55: "55-64", 65: "65+"}
INSTALLATIONS = {None: None, True: "installed", False: "uninstalled"}
MAX_CUSTOM, MAX_DEVICES = 64, 16


def section(past: Past, days: Past, as_of: datetime) -> Wire:
    """The section; `days` are the events on the UTC days of the window."""
    last = _declared(past)
    known = {name: last.get(name) for name in KNOWN}
    custom = by_hash(name for name in last if name not in KNOWN)[:MAX_CUSTOM]
    signed_up = [at for at, _ in of_type(past, "signed_up")]
    return {
        "kind": known["kind"] or "person",
        "natural_gender": known["gender"],
        "shopping_gender": _shopping_gender(days),
        "birth_year": known["birth_year"],
        "age_band": _age_band(known["birth_year"], as_of),
        "occupation": known["occupation"],
        "country": known["country"] or max(_named(past, "country"), default=(None, None))[1],
        "region": known["region"],
        "language": known["language"],
        "time_zone": known["time_zone"],
        "devices": _devices(past),
        "registered_at": text(min(signed_up)) if signed_up else None,
        "installation": INSTALLATIONS[known["app_installed"]],
        "acquisition_channel": min(_named(past, "channel"), default=(None, None))[1],
        "first_campaign": min(_named(past, "campaign"), default=(None, None))[1],
        "company": _company(known) if known["kind"] == "company" else None,
        "traits": {name: last[name] for name in custom if last[name] is not None},
    }


def _declared(past: Past) -> Wire:
    declared: dict[str, list[tuple[datetime, str]]] = defaultdict(list)
    for at, event in of_type(past, "customer_identified"):
        for name, value in event["traits"].items():
            declared[name].append((at, json.dumps(value, ensure_ascii=False)))
    return {name: json.loads(max(values)[1]) for name, values in declared.items()}


def _age_band(birth_year: int | None, as_of: datetime) -> str | None:
    if birth_year is None:
        return None
    reached = [years for years in AGE_BANDS if as_of.year - birth_year >= years]
    return AGE_BANDS[max(reached)] if reached else "under-18"


def _company(known: Wire) -> Wire:
    roles = [role.strip() for role in (known["contact_roles"] or "").split(",")]
    return {
        "industry": known["industry"],
        "company_type": known["company_type"],
        "contact_roles": [role for role in roles if role],
        "website_traffic": known["website_traffic"],
        "purchase_volume": known["purchase_volume"],
    }


def _named(past: Past, field: str) -> list[tuple[datetime, str]]:
    """When the contexts name something, and what."""
    contexts = [(at, event.get("context", {})) for at, event in past]
    return [(at, context[field]) for at, context in contexts if context.get(field)]


def _devices(past: Past) -> list[Wire]:
    by_id: dict[str, Past] = defaultdict(list)
    for at, event in past:
        context = event.get("context", {})
        if "device_id" in context:
            by_id[context["device_id"]].append((at, context))
    found = []
    for device_id in by_hash(by_id)[:MAX_DEVICES]:
        dates = [utc_day(at) for at, _ in by_id[device_id]]
        model, os = max(
            (context.get("device_model", ""), context.get("os", ""))
            for at, context in by_id[device_id]
            if utc_day(at) == max(dates)
        )
        place = (-max(dates).toordinal(), crc32(device_id.encode()))
        dated = {"first_seen": min(dates).isoformat(), "last_seen": max(dates).isoformat()}
        found.append((place, {"model": model or None, "os": os or None, **dated}))
    return [device for _, device in sorted(found, key=lambda entry: entry[0])]


def _shopping_gender(days: Past) -> Wire:
    """By the products' own gender alone: no table was learned.

    A gender with points adds ``log2(1 + points) * log(3)`` to its side; the sum is divided by the
    square root of the sum of those ``log2(1 + points)``.
    """
    points: Counter[str] = Counter()
    for day in by_utc_day(days).values():
        points += points_of(day, "gender")
    counts = {name: math.log2(1 + points[name]) for name in ("female", "male") if points[name]}
    if not counts:
        return {"value": "unknown", "confidence": 0.0, "evidence": []}
    scale = math.log(3) / math.sqrt(sum(counts.values()))
    log_odds = (counts.get("male", 0) - counts.get("female", 0)) * scale
    whose = {"female": "products for women", "male": "products for men"}
    evidence = [
        {"name": whose[name], "towards": name, "weight": Near(counts[name] * scale, 1e-4)}
        for name in sorted(counts, key=lambda name: (-counts[name], name))
    ]
    if not log_odds:
        return {"value": "unknown", "confidence": 0.0, "evidence": evidence}
    return {
        "value": "male" if log_odds > 0 else "female",
        "confidence": Near(1 / (1 + math.exp(-abs(log_odds))), 1e-4),
        "evidence": evidence,
    }
