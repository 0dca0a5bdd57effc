"""Findings of the part `account`: whether somebody else has got hold of it, or made it only now."""

from collections.abc import Iterator
from itertools import pairwise
from math import floor, log10
from operator import attrgetter

from msgspec.structs import replace

from stream.risk.evidence import ORDERS, Evidence
from stream.risk.findings import Finding, named, number_of, within
from stream.risk.history import History
from stream.risk.places import centroid, distance_km
from stream.risk.reasons import KINDS
from stream.risk.records import Dated, Order, SignIn
from stream.risk.signin import risk_ratio
from stream.risk.subject import Subject
from stream.risk.unusual import ENOUGH, UNLIKELY, unusual
from stream.windows import DAY_MS, HOUR_MS

#: Countries whose middles are no farther apart may be neighbours.
NEAR_KM = 500
#: From there on the account is in two places at once.
MOST_KM_H = 10_000
#: Orders are those of a young account for so long after the sign-up.
YOUNG_MS = 72 * HOUR_MS

_MINUTE_MS = 60_000


def find(subject: Subject) -> Iterator[Finding]:
    """What sign-ins, resets and orders show; nothing that is too old for any level to remember."""
    return (each for each in _all(subject) if each.at_ms > subject.since_ms(each.code))


def _all(subject: Subject) -> Iterator[Finding]:
    evidence = subject.evidence
    if evidence.failures:
        yield from _repeated("failed_sign_ins", evidence.failures, HOUR_MS, "failed sign-ins")
    if evidence.resets:
        yield from _repeated("password_resets", evidence.resets, DAY_MS, "password resets")
    sign_ins = _known(evidence.sign_ins)
    if sign_ins:
        yield from _after_failures(evidence, sign_ins)
        yield from _against_history(evidence, subject.since_ms("unlikely_sign_in"))
        yield from _impossible_travel(sign_ins)
    if evidence.orders:
        yield from _young(subject)
    yield from _dormant(evidence, sign_ins)


def _known(kept: list[SignIn]) -> list[SignIn]:
    """Those of which the time is known: the first and the last of those that stand together."""
    lasts = [
        replace(each, at_ms=each.last.at_ms, event_id=each.last.event_id)
        for each in kept
        if each.last is not None
    ]
    return sorted([*kept, *lasts], key=_when) if lasts else kept


def _repeated(code: str, events: list[Dated], window_ms: int, noun: str) -> Iterator[Finding]:
    """At each event, how many there were in the window up to it."""
    for last in events:
        found = within(events, last.at_ms, window_ms)
        if len(found) >= KINDS[code].worth:
            detail = f"{number_of(code, len(found))} {noun} within {_span(window_ms)}"
            yield Finding(code, last.at_ms, len(found), named(found), detail)


def _after_failures(evidence: Evidence, sign_ins: list[SignIn]) -> Iterator[Finding]:
    code, window_ms = "sign_in_after_failures", 30 * _MINUTE_MS
    if len(evidence.failures) < KINDS[code].worth:
        return
    for sign_in in sign_ins:
        failures = within(evidence.failures, sign_in.at_ms, window_ms)
        if len(failures) >= KINDS[code].worth:
            number = number_of(code, len(failures))
            detail = f"Signed in after {number} failed sign-ins within {_span(window_ms)}"
            yield Finding(code, sign_in.at_ms, len(failures), named([*failures, sign_in]), detail)


def _against_history(evidence: Evidence, since_ms: int) -> Iterator[Finding]:
    """Sign-ins that show something else than those before them."""
    for sign_in, history in unusual(evidence, since_ms):
        yield from _new(sign_in, history, evidence.resets)
        yield from _unlikely(sign_in, history)


def _new(sign_in: SignIn, history: History, resets: list[Dated]) -> Iterator[Finding]:
    """What no earlier sign-in showed, of those that named anything of the kind. After a reset a
    new device tells from the second sign-in on.
    """
    country = f"{sign_in.country}, a country"
    for code, words, earlier in (
        ("new_device", "a device", history.others("device", sign_in.device)),
        ("new_country", country, history.others("country", sign_in.features.country)),
        ("new_network", "a network (ASN)", history.others("asn", sign_in.features.asn)),
    ):
        if earlier >= ENOUGH:
            detail = f"Signed in from {words} that none of {earlier} earlier sign-ins came from"
            yield Finding(code, sign_in.at_ms, 1, (sign_in.event_id,), detail)
    reset = within(resets, sign_in.at_ms, HOUR_MS)
    if reset and history.others("device", sign_in.device):
        passed = _span(sign_in.at_ms - reset[-1].at_ms)
        detail = f"Signed in from a new device {passed} after a password reset"
        events = named([*reset, sign_in])
        yield Finding("reset_then_new_device", sign_in.at_ms, 1, events, detail)


def _unlikely(sign_in: SignIn, history: History) -> Iterator[Finding]:
    """One that shows just what all before it did is passed over: its ratio would only reproach the
    customer for signing in rarely.
    """
    shown, counts = sign_in.features, sign_in.counts
    ratio = risk_ratio(shown, counts, history)
    if not counts or not ratio or ratio < UNLIKELY:
        return
    if min(history.same(shown)) == history.sign_ins:
        return
    detail = (
        f"To sign in like this is {ratio:,.0f} times likelier for an attacker than for the "
        f"customer, judging by {history.sign_ins} earlier sign-ins of the customer and "
        f"{counts.sign_ins:,} of all"
    )
    tenths = floor(10 * log10(ratio))
    yield Finding("unlikely_sign_in", sign_in.at_ms, tenths, (sign_in.event_id,), detail)


def _impossible_travel(sign_ins: list[SignIn]) -> Iterator[Finding]:
    """Between sign-ins that follow each other, of those that name a country. Distances are those
    of the countries' middles, so that of large neighbours is far from exact.
    """
    placed = [sign_in for sign_in in sign_ins if sign_in.country]
    for before, after in pairwise(placed):
        if before.country == after.country:
            continue
        start, end = centroid(before.country), centroid(after.country)
        if start is None or end is None:
            continue
        km, passed_ms = distance_km(start, end), after.at_ms - before.at_ms
        speed = min(MOST_KM_H, int(km * HOUR_MS / max(passed_ms, 1)))
        if km > NEAR_KM and speed >= KINDS["impossible_travel"].worth:
            detail = (
                f"Signed in from {after.country} {_span(passed_ms)} after {before.country}: "
                f"about {km:,.0f} km, {'over ' if speed == MOST_KM_H else ''}{speed:,} km/h"
            )
            yield Finding("impossible_travel", after.at_ms, speed, named([before, after]), detail)


def _young(subject: Subject) -> Iterator[Finding]:
    registered_ms = subject.registered_ms
    if registered_ms is None:
        return
    for order in subject.evidence.orders:
        passed_ms = order.at_ms - registered_ms
        if 0 <= passed_ms < YOUNG_MS:
            detail = f"Ordered {_span(passed_ms)} after sign-up"
            hours = passed_ms // HOUR_MS
            yield Finding("young_account", order.at_ms, hours, (order.event_id,), detail)


def _dormant(evidence: Evidence, sign_ins: list[SignIn]) -> Iterator[Finding]:
    """Only from the act on since which none can have been forgotten."""
    orders = evidence.orders
    acts: list[SignIn | Order] = [*sign_ins, *orders]
    acts.sort(key=_when)
    least_ms = KINDS["dormant_account"].worth * DAY_MS
    if not acts or acts[-1].at_ms - acts[0].at_ms < least_ms:
        return
    known_ms = max(
        sign_ins[0].at_ms if evidence.history.sign_ins else acts[0].at_ms,
        orders[0].at_ms if len(orders) == ORDERS else acts[0].at_ms,
    )
    for before, after in pairwise(acts):
        gap_ms = after.at_ms - before.at_ms
        if gap_ms >= least_ms and before.at_ms >= known_ms:
            days = gap_ms // DAY_MS
            act = "Signed in" if isinstance(after, SignIn) else "Ordered"
            detail = f"{act} after {days} days without a sign-in or an order"
            yield Finding("dormant_account", after.at_ms, days, named([before, after]), detail)


_when = attrgetter("at_ms", "event_id")


def _span(ms: int) -> str:
    """A length of time in words, rounded down: minutes, from two hours on hours."""
    if ms < _MINUTE_MS:
        return "less than a minute"
    count, unit = (ms // _MINUTE_MS, "minute") if ms < 2 * HOUR_MS else (ms // HOUR_MS, "hour")
    return f"{count} {unit}" if count == 1 else f"{count} {unit}s"
