"""The expected reasons of a risk, as far as the events of the customer and what was known of others
with them tell: of each the instant of its newest finding.

Every finding counts here. What is asked of the whole of a customer's sign-ins and clicks has tests
of its own.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from tests.support.oracle.values import Past, Wire, of_type

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)

#: Days for which findings hold; all others that are expected here hold 30.
_WEEK = (
    *("failed_sign_ins", "sign_in_after_failures", "password_resets", "young_account"),
    *("order_velocity", "failed_share_on_device"),
)
#: The least values of facts that are kept.
_WORTH = {"accounts_on_device": 2, "accounts_on_ip": 2, "failed_share_on_device": 20}
#: All reasons that are expected here, where there is anything to expect.
CODES = {
    *_WEEK,
    *_WORTH,
    *("fast_first_order", "payment_references", "rooted_device", "emulator"),
}


def reasons(everything: Past, as_of: datetime) -> dict[str, datetime]:
    """Code and instant of the reasons that hold, of those in :data:`CODES`."""
    newest: dict[str, datetime] = {}
    for code, at in _findings(everything):
        days = 7 if code in _WEEK else 30
        if as_of < at + days * DAY:
            newest[code] = max(at, newest.get(code, at))
    return newest


def _findings(everything: Past) -> Iterator[tuple[str, datetime]]:
    failures = _times(_newest(everything, "sign_in_failed", 20))
    resets = _times(_newest(everything, "password_reset", 6))
    sign_ins = _times(_newest(everything, "signed_in", 12))
    orders = _newest(everything, "order_completed", 12)
    yield from _often("failed_sign_ins", failures, failures, HOUR, 3)
    yield from _often("sign_in_after_failures", sign_ins, failures, 30 * MINUTE, 3)
    yield from _often("password_resets", resets, resets, DAY, 2)
    yield from _often("order_velocity", _times(orders), _times(orders), HOUR, 3)
    for last, _ in orders:
        paid = {e.get("payment_ref") for at, e in orders if last - 30 * DAY < at <= last}
        if len(paid - {None}) >= 3:
            yield "payment_references", last
    registered = min(_times(of_type(everything, "signed_up")), default=None)
    if registered is not None and orders:
        yield from (
            ("young_account", at) for at, _ in orders if timedelta() <= at - registered < 3 * DAY
        )
        first = min(_times(of_type(everything, "order_completed")))
        if timedelta() <= first - registered < HOUR + timedelta(seconds=1):
            yield "fast_first_order", first
    yield from _known(everything)


def _known(everything: Past) -> Iterator[tuple[str, datetime]]:
    for at, event in everything:
        told = [(event["code"], event["value"])] if event["type"] == "account_linked" else []
        for code, value in (*event.get("facts", {}).get("known", ()), *told):
            if value >= _WORTH.get(code, 10**9):
                yield code, at
        context = event.get("context", {})
        for code, flag in (("rooted_device", "rooted"), ("emulator", "emulator")):
            if context.get(flag):
                yield code, at


def _often(
    code: str, ends: Iterable[datetime], times: list[datetime], window: timedelta, least: int
) -> Iterator[tuple[str, datetime]]:
    for end in ends:
        if sum(end - window < at <= end for at in times) >= least:
            yield code, end


def _newest(everything: Past, name: str, limit: int) -> list[tuple[datetime, Wire]]:
    found = of_type(everything, name)
    return sorted(found, key=lambda each: (each[0], each[1]["event_id"]))[-limit:]


def _times(found: Iterable[tuple[datetime, Wire]]) -> list[datetime]:
    return [at for at, _ in found]
