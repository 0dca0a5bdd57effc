"""Evidence of how the customer compares with the store's buyers: RFM scores and power."""

from collections.abc import Iterator

from stream.explain.basis import Basis
from stream.explain.evidence import Evidence
from stream.measures.reference import STEP_PERCENT, Quantiles, percentile
from stream.money import to_text
from stream.profile.consumption import LEVELS, average_minor
from stream.terminal import counted

_FIFTHS = (20, 40, 60, 80)
_NONE = "no orders"


def explain_scores(basis: Basis) -> Iterator[Evidence]:
    """Evidence of recency, frequency and monetary value."""
    spending, store = basis.portrait.spending, basis.store
    if spending.rfm is None or spending.recency_days is None:
        yield basis.because("spending.rfm", _NONE)
        return
    recency, amount = counted(spending.recency_days, "day"), basis.priced(spending.amount)
    orders, currency = counted(spending.orders, "order"), basis.standards.currency
    decimals = basis.standards.decimals
    crowd, first, last = basis.crowd, "the first scoring 5", "the last scoring 5"
    for name, figure, distribution, unit, places, best in (
        ("r", f"{recency} since the newest order", store.recency_days, "days", 0, first),
        ("f", orders, store.orders, "orders", 0, last),
        ("m", amount, store.amount, currency, decimals, last),
    ):
        ends = _ends(distribution, places)
        yield basis.because(
            f"spending.rfm.{name}", f"{figure}; the fifths of {crowd} end at {ends} {unit}, {best}"
        )


def _ends(distribution: Quantiles, decimals: int) -> str:
    bounds = (distribution[percent // STEP_PERCENT - 1] for percent in _FIFTHS)
    return ", ".join(to_text(bound, decimals) for bound in bounds)


def explain_power(basis: Basis) -> Iterator[Evidence]:
    """Evidence of the purchasing power."""
    power, average = basis.portrait.spending.power, average_minor(basis.state.spending)
    if power is None or average is None:
        yield basis.because("spending.power", _NONE)
        return
    percent = percentile(basis.store.average_order, average)
    compared = f"an average order of {basis.money(average)} is above that of {percent} % of"
    mean = (
        ""
        if power.price_level is None
        else f"; mean of {percent} and the price level {power.price_level}, rounded down"
    )
    yield basis.because("spending.power.score", f"{compared} {basis.crowd}{mean}")
    step = 100 // len(LEVELS)
    low = step * LEVELS.index(power.level)
    yield basis.because(
        "spending.power.level", f"score {power.score} lies between {low} and {low + step - 1}"
    )
    yield basis.because("spending.power.price_level", _price_level(basis))


def _price_level(basis: Basis) -> str:
    band, level = basis.portrait.preferences.price_band, basis.portrait.spending.power
    if band is None:
        return "no product with a price in the window"
    if level is None or level.price_level is None:
        return f"no buyer of reference {basis.portrait.reference} has met a price"
    return (
        f"a median price met of {basis.priced(band.p50)} is above that of {level.price_level} % of "
        f"{basis.crowd}"
    )
