"""Evidence of what the customer buys: sums, rates and tier."""

from collections.abc import Iterator

from stream.explain import repurchase, standing
from stream.explain.basis import Basis
from stream.explain.evidence import Evidence, as_read
from stream.measures.tiers import Tier
from stream.terminal import counted
from stream.windows import DAY_MS, first_month

_NONE = "no orders"


def explain(basis: Basis) -> Iterator[Evidence]:
    """Evidence of the section."""
    yield basis.because("spending.currency", "base currency of the shop")
    yield from _sums(basis)
    yield from _times(basis)
    yield from _rates(basis)
    yield from standing.explain_scores(basis)
    yield basis.because("spending.tier", _tier(basis))
    yield from repurchase.explain(basis)
    yield from standing.explain_power(basis)


def _sums(basis: Basis) -> Iterator[Evidence]:
    spending, state = basis.portrait.spending, basis.state.spending
    since = as_read(basis.portrait.activity.window.start)
    yield basis.because("spending.orders_30d", f"orders completed since {since}")
    yield basis.because("spending.amount_30d", f"sum of these {spending.orders_30d}")
    year, month = divmod(first_month(basis.as_of_ms), 12)
    yield basis.because(
        "spending.orders_365d",
        f"orders completed since {year}-{month + 1:02}-01, the month 365 days before `as_of`",
    )
    yield basis.because("spending.amount_365d", f"sum of these {spending.orders_365d}")
    yield basis.because("spending.orders", "orders ever completed")
    yield basis.because("spending.amount", f"sum of these {spending.orders}")
    yield basis.because("spending.refunded", f"sum of {counted(state.refunds, 'refund')}")
    yield basis.because(
        "spending.average_order",
        f"{basis.priced(spending.amount)} / {counted(spending.orders, 'order')}"
        if spending.orders
        else _NONE,
    )


def _times(basis: Basis) -> Iterator[Evidence]:
    state = basis.state.spending
    orders = counted(state.orders, "completed order")
    first, last = (f"the oldest of {orders}", f"the newest of {orders}")
    last_ms = state.last_order_ms
    yield basis.because("spending.first_order_at", first if state.orders else _NONE)
    yield basis.because("spending.last_order_at", last if state.orders else _NONE)
    if last_ms is None:
        yield basis.because("spending.recency_days", _NONE)
        return
    days, shown = (basis.as_of_ms - last_ms) // DAY_MS, basis.portrait.spending.recency_days
    step = "" if days == shown else f", rounded down to a step: {shown}"
    yield basis.because(
        "spending.recency_days",
        f"{counted(days, 'whole day')} from `last_order_at` to `as_of`{step}",
    )


def _rates(basis: Basis) -> Iterator[Evidence]:
    spending, state = basis.portrait.spending, basis.state.spending
    refunded = f"{basis.priced(spending.refunded)} refunded / {basis.priced(spending.amount)}"
    capped = ", at most 1" if state.refunded > state.amount else ""
    yield basis.because(
        "spending.refund_rate", refunded + capped if state.amount else "nothing was spent"
    )
    capped = ", at most 1" if state.cancelled > state.orders else ""
    yield basis.because(
        "spending.cancellation_rate",
        f"{state.cancelled} cancelled / {state.orders} completed{capped}"
        if state.orders
        else _NONE,
    )


def _tier(basis: Basis) -> str:
    spending, tiers = basis.portrait.spending, basis.standards.tiers
    names = [tier.name for tier in tiers]
    bought = (
        f"{counted(spending.orders_365d, 'order')} and {basis.priced(spending.amount_365d)} "
        "in 365 days"
    )
    if spending.tier is None:
        reached, above = f"{bought} reach no tier", tiers
    else:
        at = names.index(spending.tier)
        reached = f"{bought} reach {spending.tier} ({_minima(basis, tiers[at])})"
        above = tiers[at + 1 :]
    if not above:
        return f"{reached}, the highest tier" if tiers else "no tiers are set"
    return f"{reached}; {above[0].name} needs {_minima(basis, above[0])}"


def _minima(basis: Basis, tier: Tier) -> str:
    minima = []
    if tier.orders_365d:
        minima.append(counted(tier.orders_365d, "order"))
    if tier.amount_minor_365d:
        minima.append(basis.money(tier.amount_minor_365d))
    return ", ".join(minima) or "nothing"
