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
    seen = {features.country for features, _ in evidence.profiles}
    for place, sign_in in enumerate(evidence.sign_ins):
        country = sign_in.features.country
        # Of nearly all the country is known, and nothing has to be counted.
        if country not in seen and _is_new(sign_in, evidence, place):
            yield sign_in
        seen.add(country)


def _is_new(sign_in: SignIn, evidence: Evidence, place: int) -> bool:
    """Whether enough of the sign-ins before that place named a device, and a country, and none of
    them these; 0 names nothing.
    """
    devices, countries = Counter[int](), Counter[int]()
    for (features, device), count in evidence.profiles.items():
        devices[device] += count
        countries[features.country] += count
    for earlier in evidence.sign_ins[:place]:
        devices[earlier.device] += 1
        countries[earlier.features.country] += 1
    return all(
        value != 0 and value not in shown and shown.total() - shown[0] >= ENOUGH
        for value, shown in ((sign_in.device, devices), (sign_in.features.country, countries))
    )
