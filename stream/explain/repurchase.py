"""Evidence of the customer's rhythm of buying, and of the chance that they buy again."""

from collections.abc import Iterator
from itertools import pairwise
from math import exp

from stream.explain.basis import Basis
from stream.explain.evidence import Evidence, as_read
from stream.measures.repurchase import covariates, exposure_days, older_orders
from stream.profile.consumption import HORIZON_DAYS
from stream.profile.spending import ORDER_DAYS
from stream.terminal import counted


def explain(basis: Basis) -> Iterator[Evidence]:
    """Evidence of the rhythm and the probability."""
    rhythm = basis.portrait.spending.repurchase
    if rhythm is None:
        yield basis.because("spending.repurchase", "no orders")
        return
    yield basis.because("spending.repurchase.median_days", _cycle(basis))
    expected, overdue = "no rhythm yet", "no rhythm yet"
    if rhythm.median_days is not None:
        last = as_read(basis.portrait.spending.last_order_at)
        expected = f"{last} plus {as_read(rhythm.median_days)} days"
        passed = "has passed" if rhythm.overdue else "is yet to come"
        overdue = f"{as_read(rhythm.next_expected_at)} {passed} at `as_of`"
    yield basis.because("spending.repurchase.next_expected_at", expected)
    yield basis.because("spending.repurchase.overdue", overdue)
    yield basis.because("spending.repurchase.probability_30d", _probability(basis))


def _cycle(basis: Basis) -> str:
    days = sorted(basis.state.spending.order_days)
    if len(days) < 2:
        return "orders on one UTC day only"
    gaps = ", ".join(str(later - day) for day, later in pairwise(days))
    newest = "the newest " if len(days) == ORDER_DAYS else ""
    return f"{gaps} days between {newest}{len(days)} UTC days with an order"


def _probability(basis: Basis) -> str:
    model, spending = basis.store.repurchase, basis.state.spending
    recency = basis.portrait.spending.recency_days or 0
    older = older_orders(spending.orders, spending.order_days)
    terms = covariates(
        spending.order_days,
        older,
        recency,
        spending.amount / spending.orders,
        model.typical_order_minor,
    )
    momentum, waiting, spend = terms
    log_rate = (
        model.base + model.momentum * momentum + model.waiting * waiting + model.spend * spend
    )
    money = f" {model.spend:+g} * spend {spend:.3f}" if model.spend else ""
    rate = (
        f"exp({model.base:g} {model.momentum:+g} * momentum {momentum:.3f} "
        f"{model.waiting:+g} * waiting {waiting:.3f}{money})"
    )
    before = f" and {counted(older, 'order')} before them" if older else ""
    return (
        f"{counted(len(spending.order_days), 'order day')}{before}, the newest "
        f"{counted(recency, 'day')} ago: orders a day {exp(log_rate):.5f} = {rate}; "
        f"1 - exp(-orders a day * {exposure_days(HORIZON_DAYS):.2f} days); model {model.version}"
    )
