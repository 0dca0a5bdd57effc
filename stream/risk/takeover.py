"""Findings of the part `account` that join sign-ins and orders: what a thief has come for."""

from collections import Counter
from collections.abc import Iterator

from stream.risk.account import ENOUGH
from stream.risk.evidence import Evidence, SignIn
from stream.risk.findings import Finding, named
from stream.risk.subject import Subject
from stream.windows import DAY_MS

_CODE = "order_after_new_device"


def find(subject: Subject) -> Iterator[Finding]:
    """At each order within a day after a sign-in from a new device in a new country, how many
    there were by then. Either is common, the two at once are not.
    """
    evidence, since_ms = subject.evidence, subject.since_ms(_CODE)
    if not evidence.orders or evidence.orders[-1].at_ms <= since_ms:
        return
    for sign_in in _strange(evidence):
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


def _strange(evidence: Evidence) -> Iterator[SignIn]:
    """Sign-ins of which neither device nor country was shown by an earlier one."""
    devices, countries = Counter[int](), Counter[int]()
    for (features, device), count in evidence.profiles.items():
        devices[device] += count
        countries[features.country] += count
    for sign_in in evidence.sign_ins:
        if _is_new(sign_in.device, devices) and _is_new(sign_in.features.country, countries):
            yield sign_in
        devices[sign_in.device] += 1
        countries[sign_in.features.country] += 1


def _is_new(value: int, shown: Counter[int]) -> bool:
    """Whether enough earlier sign-ins named something of the kind, and none of them this; 0 is
    nothing.
    """
    return value not in shown and value != 0 and shown.total() - shown[0] >= ENOUGH
