"""Evidence of what the customer did in the window, and when."""

from collections.abc import Iterator

from stream.explain.basis import Basis
from stream.explain.evidence import Evidence, as_read, moment_of
from stream.profile import sessions
from stream.profile.activity import MAX_PEAKS, PEAK_RATIO
from stream.terminal import counted
from stream.windows import WINDOW_DAYS

_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_SHOWN = 3


def explain(basis: Basis) -> Iterator[Evidence]:
    """Evidence of counts, sessions and hours."""
    activity = basis.portrait.activity
    events = counted(sum(activity.counts.values()), "event")
    yield Evidence(
        "activity.window",
        f"{as_read(activity.window.start)} to {as_read(activity.window.end)}",
        f"{WINDOW_DAYS} days before `as_of`, the start rounded down to the hour",
    )
    yield Evidence("activity.counts", events, _kinds(activity.counts))
    yield basis.because("activity.active_days", f"different local dates of the {events}")
    yield from _sessions(basis)
    yield from _hours(basis)


def _kinds(counts: dict[str, int]) -> str:
    ranked = sorted(counts.items(), key=lambda entry: -entry[1])
    return ", ".join(f"{count} {name}" for name, count in ranked) or "no event in the window"


def _sessions(basis: Basis) -> Iterator[Evidence]:
    visits, carted, ordered = sessions.count(basis.state.sessions, basis.as_of_ms)
    gap = f"visits that a gap of more than {sessions.GAP_S // 60} minutes separates"
    if visits:
        gap += f"; the newest began at {moment_of(basis.state.sessions[-1].start_s * 1000)}"
    yield basis.because("activity.sessions", gap)
    yield basis.because(
        "activity.conversion.view_to_cart",
        f"a product was put into the cart in {carted} of {counted(visits, 'session')}"
        if visits
        else "no session in the window",
    )
    yield basis.because(
        "activity.conversion.cart_to_order",
        f"an order was completed in {ordered} of {counted(carted, 'session')} with a cart"
        if carted
        else "no session with a cart in the window",
    )


def _hours(basis: Basis) -> Iterator[Evidence]:
    hours = basis.portrait.activity.hours
    total = sum(hours.by_hour)
    yield Evidence(
        "activity.hours.by_hour",
        " ".join(map(str, hours.by_hour)),
        f"{counted(total, 'event')} by local hour, 0 to 23",
    )
    busiest = sorted((-count, hour) for hour, count in enumerate(hours.by_weekday_hour) if count)
    named = ", ".join(
        f"{_WEEKDAYS[hour // 24]} {hour % 24} h {-count}" for count, hour in busiest[:_SHOWN]
    )
    yield Evidence(
        "activity.hours.by_weekday_hour",
        named or "none",
        f"the busiest of {counted(len(busiest), 'hour')} of the week with events"
        if busiest
        else "no event in the window",
    )
    yield basis.because("activity.hours.peak_hours", _peaks(basis, total))


def _peaks(basis: Basis, total: int) -> str:
    if not total:
        return "no event in the window"
    hours = basis.portrait.activity.hours
    even = f"{PEAK_RATIO} times the even share of {total} / 24 = {total / 24:.2f}"
    if not hours.peak_hours:
        return f"no hour reaches {even}; the busiest has {counted(max(hours.by_hour), 'event')}"
    found = ", ".join(f"{hours.by_hour[hour]} at {hour} h" for hour in hours.peak_hours)
    most = f"; at most {MAX_PEAKS}" if len(hours.peak_hours) == MAX_PEAKS else ""
    return f"events: {found}; a peak has at least {even}{most}"
