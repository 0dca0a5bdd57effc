"""Findings of the part `device`: what was known of others who share a device, an address or a
reference, each as it was known when the customer's event came or when the customer was told.
"""

from collections.abc import Iterator, Mapping

from stream.risk.findings import Finding, number_of
from stream.risk.subject import Subject

#: In words: ``{n}`` is the number with its bound, ``{value}`` the bare one. Members are counted by
#: when they were first seen there, so it says no more than that.
_DETAILS = {
    "accounts_on_device": "{n} accounts first seen on this device within 180 days",
    "accounts_on_ip": "{n} accounts first seen on this IP address within a day",
    "accounts_on_payment": "{n} accounts first paid with this payment reference within 180 days",
    "accounts_on_shipping": "{n} accounts first ordered to this shipping reference within 180 days",
    "sign_ups_on_device_hour": "{n} accounts signed up on this device within an hour",
    "sign_ups_on_device_day": "{n} accounts signed up on this device within a day",
    "sign_ups_on_device": "{n} accounts signed up on this device within 30 days",
    "sign_ups_on_ip_hour": "{n} accounts signed up from this IP address within an hour",
    "sign_ups_on_ip_day": "{n} accounts signed up from this IP address within a day",
    "sign_ups_on_ip": "{n} accounts signed up from this IP address within 30 days",
    "failed_accounts_on_device": "Sign-ins to {n} accounts failed on this device within an hour",
    "failed_accounts_on_ip": "Sign-ins to {n} accounts failed from this IP address within an hour",
    "failed_share_on_device": "{value} % of the sign-ins on this device within a day failed",
    "rooted_device": "The device is rooted",
    "emulator": "The device is an emulator",
}


def find(subject: Subject) -> Iterator[Finding]:
    """A finding for each fact kept, of one code oldest first."""
    return facts_found(subject, _DETAILS)


def facts_found(subject: Subject, details: Mapping[str, str]) -> Iterator[Finding]:
    """The facts kept of these codes, with ``{n}`` and ``{value}`` of their details filled in."""
    known = subject.evidence.known
    if not known:
        return
    for code, detail in details.items():
        for fact in known.get(code, ()):
            words = detail.format(n=number_of(code, fact.value), value=fact.value)
            yield Finding(code, fact.at_ms, fact.value, (fact.event_id,), words)
