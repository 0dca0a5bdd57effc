"""Findings of the part `account` that join sign-ins and orders: what a thief has come for."""

from collections.abc import Iterator

from stream.risk.evidence import Evidence
from stream.risk.findings import Finding, named
from stream.risk.history import History
from stream.risk.records import SignIn
from stream.risk.subject import Subject
from stream.risk.unusual import ENOUGH, unusual
from stream.windows import DAY_MS

_CODE = "order_after_new_device"


def find(subject: Subject) -> Iterator[Finding]:
    """At each order within a day after a sign-in from a new device in a new country, how many
    there were by then. Either is common, the two at once are not.
    """
    evidence, since_ms = subject.evidence, subject.since_ms(_CODE)
    if not evidence.orders or evidence.orders[-1].at_ms <= since_ms or not _travelled(evidence):
        return
    for sign_in, history in unusual(evidence, since_ms - DAY_MS):
        if not _is_strange(sign_in, history):
            continue
        later = [each for each in evidence.orders if 0 <= each.at_ms - sign_in.at_ms < DAY_MS]
        for count, order in enumerate(later, 1):
            if order.at_ms > since_ms:
                events = (sign_in.event_id, *named(later[:count]))
                orders = "Order" if count == 1 else f"{count} orders"
                detail = (
                    f"{orders} within a day of a sign-in from a new device in {sign_in.country}, "
                    "a new country"
                )
                yield Finding(_CODE, order.at_ms, count, events, detail)


def _travelled(evidence: Evidence) -> bool:
    """Whether there are two countries among the sign-ins: of few, and the others need no look."""
    countries = {each.features.country for each in evidence.sign_ins}
    return len(countries.union(country for _, country in evidence.history.networks)) > 1


def _is_strange(sign_in: SignIn, history: History) -> bool:
    """Whether enough sign-ins before it named a device, and a country, and none of them these."""
    devices = history.others("device", sign_in.device)
    return devices >= ENOUGH and history.others("country", sign_in.features.country) >= ENOUGH
