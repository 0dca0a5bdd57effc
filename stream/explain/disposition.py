"""Evidence of each inclination; and of those that are absent, what is missing."""

from collections.abc import Iterator
from typing import get_args

from stream.explain.basis import Basis
from stream.explain.evidence import Evidence, as_read
from stream.profile import disposition, journey
from stream.profile.disposition import BrandPoints, Inclination, Name
from stream.terminal import counted

_PATH = "disposition.inclinations"


def explain(basis: Basis) -> Iterator[Evidence]:
    """Evidence of the inclinations, as the document has them; then of the absent ones."""
    brands = disposition.brand_points(basis.state.days, basis.days)
    found = basis.portrait.disposition.inclinations
    for each in found:
        yield Evidence(_PATH, f"{each.name} {as_read(each.score)}", _because(each, brands))
    present = {each.name for each in found}
    for name in get_args(Name):
        if name not in present:
            yield Evidence(_PATH, f"{name} absent", _missing(name, basis, brands))


def _because(inclination: Inclination, brands: BrandPoints) -> str:
    figures = {name: as_read(value) for name, value in inclination.evidence.items()}
    level = f"{figures.get('price_level')} / {disposition.TOP_PERCENTILE}"
    bought = f"{figures.get('products_bought')} products bought after a view"
    median = f"{figures.get('median_hours_to_order')} hours in the median"
    match inclination.name:
        case "price-driven":
            return f"mean of sensitivity {figures['sensitivity']} and of 1 - price level {level}"
        case "quality-driven":
            return (
                f"mean of price level {level} and of full price share "
                + (figures["full_price_share"])
            )
        case "impulsive":
            return f"{figures['within_an_hour']} of {bought} came within an hour; {median}"
        case "deliberate":
            return f"{figures['after_a_day']} of {bought} came a day or more later; {median}"
        case "novelty-seeking":
            return (
                f"{brands.fresh} of {brands.later} brand points after the first of "
                f"{brands.days} days went to brands not met before"
            )
        case "loyal":
            return (
                f"squared shares of {counted(len(brands.by_name), 'brand')} in "
                f"{figures['brand_points']} points, added up; the largest share is "
                f"{figures['top_share']}"
            )


def _missing(name: Name, basis: Basis, brands: BrandPoints) -> str:
    missing: list[str] = []
    match name:
        case "price-driven" | "quality-driven":
            orders = basis.portrait.spending.orders
            _need(missing, orders, disposition.MIN_ORDERS, "orders")
            if not basis.portrait.preferences.price_band:
                missing.append("no product with a price in the window")
            elif not missing:
                missing.append("the store's buyers have met no price to compare with")
        case "impulsive" | "deliberate":
            bought = len(journey.durations(basis.state.days, basis.days))
            _need(missing, bought, disposition.MIN_BOUGHT, "products bought after a view")
        case "novelty-seeking" | "loyal":
            points = sum(brands.by_name.values())
            _need(missing, points, disposition.MIN_BRAND_POINTS, "brand points")
            if name == "novelty-seeking":
                _need(missing, brands.days, disposition.MIN_BRAND_DAYS, "days with a brand")
    return "; ".join(missing)


def _need(missing: list[str], found: int, needed: int, what: str) -> None:
    if found < needed:
        missing.append(f"{found} of {needed} {what}")
