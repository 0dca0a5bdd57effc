"""Evidence of what the customer turns to, and of how they respond to marketing."""

from collections.abc import Iterator, Mapping, Sequence

from stream.explain.basis import Basis
from stream.explain.evidence import Evidence, as_read
from stream.profile import marketing
from stream.profile.preference import HALF_LIFE_DAYS, UNIT, Preference, bucket_price
from stream.profile.tally import OTHER, Tally
from stream.terminal import counted
from stream.windows import to_date


def explain(basis: Basis) -> Iterator[Evidence]:
    """Evidence of preferences."""
    found, totals, tiles = basis.portrait.preferences, basis.totals, basis.state.days
    categories = {day: tiles[day].categories for day in basis.days}
    brands = {day: tiles[day].brands for day in basis.days}
    yield from _ranked("categories", "category", found.categories, categories, totals.categories)
    yield from _ranked("brands", "brand", found.brands, brands, totals.brands)
    yield basis.because("preferences.price_band", _prices(basis))
    searches = sum(totals.searches.values())
    yield Evidence(
        "preferences.searches",
        ", ".join(f"{each.query} {each.count}" for each in found.searches) or "none",
        f"{counted(searches, 'search', 'searches')} by query over the window in whole UTC days"
        if searches
        else "no search in the window",
    )
    yield from _marketing(basis)


def _ranked(
    path: str,
    noun: str,
    ranked: Sequence[Preference],
    by_day: Mapping[int, Tally],
    aged: Mapping[str, int],
) -> Iterator[Evidence]:
    if not ranked:
        yield Evidence(f"preferences.{path}", "none", f"no product with a {noun} in the window")
    total = sum(aged.values()) / UNIT
    for each in ranked:
        points = {day: tally[each.name] for day, tally in by_day.items() if each.name in tally}
        yield Evidence(
            f"preferences.{path}",
            f"{each.name} {as_read(each.share)}",
            f"{counted(sum(points.values()), 'point')} on {counted(len(points), 'day')}, the "
            f"newest {to_date(max(points))}; {each.score:.2f} of {total:.2f} once halved for every "
            f"{HALF_LIFE_DAYS} days of age",
        )
    if rest := aged.get(OTHER):
        yield Evidence(
            f"preferences.{path}",
            "others",
            f"{rest / UNIT:.2f} of {total:.2f} points are of names that did not fit into their day",
        )


def _prices(basis: Basis) -> str:
    prices = basis.totals.prices
    if not prices:
        return "no product with a price in the window"
    low, high = (basis.money(bucket_price(bucket)) for bucket in (min(prices), max(prices)))
    count = counted(sum(prices.values()), "price")
    return f"quartiles of {count} met in the window, from about {low} to {high}"


def _marketing(basis: Basis) -> Iterator[Evidence]:
    state, spent = basis.state.marketing, basis.state.spending
    orders = counted(spent.orders, "order")
    used = counted(marketing.coupons_used(state), "coupon")
    told = f"{counted(state.coupon_orders, 'order')} with one, {state.coupons_redeemed} redeemed"
    path = "preferences.marketing"
    yield basis.because(
        f"{path}.coupon_rate", f"{used} used ({told}) / {orders}" if spent.orders else "no orders"
    )
    yield basis.because(
        f"{path}.promotion_click_rate",
        f"{state.promotions_clicked} clicked / {state.promotions_viewed} viewed, ever"
        if state.promotions_viewed
        else "no promotion was viewed",
    )
    full_price = spent.amount + state.discounts
    discounts = f"{basis.money(state.discounts)} off {basis.money(full_price)}"
    without = "the orders were free" if spent.orders else "no orders"
    yield basis.because(
        f"{path}.discount_share", f"{discounts}, over {orders}" if full_price else without
    )
    yield basis.because(f"{path}.sensitivity", _sensitivity(basis))


def _sensitivity(basis: Basis) -> str:
    if basis.portrait.preferences.marketing.sensitivity is None:
        return "no order, coupon or promotion yet"
    state, orders = basis.state.marketing, basis.state.spending.orders
    used, clicked = marketing.coupons_used(state), state.promotions_clicked
    discounted, whole = state.discounted_orders, marketing.COUPON
    responses = (
        used + clicked * marketing.CLICK / whole + discounted * marketing.DISCOUNTED_ORDER / whole
    )
    bare, ignored = max(0, orders - used), max(0, state.promotions_viewed - clicked)
    held_back, tenth = marketing.HELD_BACK // whole, whole // marketing.DECLINED
    return (
        f"r / (r + {held_back} + d / {tenth}): r {responses:.2f} = {counted(used, 'coupon')} used "
        f"+ {counted(clicked, 'click')} / {whole // marketing.CLICK} + {discounted} discounted "
        f"/ {whole // marketing.DISCOUNTED_ORDER}; d {bare + ignored} = {bare} without a coupon "
        f"+ {counted(ignored, 'promotion')} without a click"
    )
