"""How well marketing sensitivity finds the households that will redeem coupons."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from msgspec import Struct, field

from stream.decode import place
from stream.errors import Fatal, Rejected
from stream.evaluate.figures import interval
from stream.events import CouponRedeemed, Event, OrderCompleted
from stream.money import Rates
from stream.profile import marketing
from stream.profile.marketing import MarketingState
from stream.replay.completejourney.baskets import CURRENCY
from stream.replay.source import Found, Skipped
from stream.windows import to_ms, to_rfc3339

#: Part of the households that is looked at.
TOP = 0.2


class Figures(Struct, frozen=True):
    """Of ``n`` households with an event before the cut, and what they redeemed after it.

    ``top_fifth_lift`` is redemptions per household in the top fifth by sensitivity / over all
    households, 0..5, with its 95 % interval by bootstrap over households. ``skipped`` counts what
    of the input could not be used.
    """

    n: int
    redemptions: int
    top_fifth_lift: float
    top_fifth_lift_interval: tuple[float, float]
    skipped: int


class _Household(Struct):
    state: MarketingState = field(default_factory=MarketingState)
    orders: int = 0
    amount_minor: int = 0
    redemptions: int = 0

    @property
    def sensitivity(self) -> float:
        described = marketing.describe(
            self.state, orders=self.orders, amount_minor=self.amount_minor
        )
        return described.sensitivity or 0.0


def evaluate(history: Iterable[Found], until_ms: int, predict_until_ms: int) -> Figures:
    """Sensitivity of what came before ``until_ms`` against redemptions before ``predict_until_ms``.

    Both bounds are exclusive, in ms since the epoch. Raises :class:`Fatal` where nobody has an
    event before the cut, or nobody of them redeems after it.
    """
    households, skipped = _read(history, until_ms, predict_until_ms)
    sensitivities = [household.sensitivity for household in households]
    redemptions = [household.redemptions for household in households]
    if not households:
        raise Fatal(
            f"no household has an event before {to_rfc3339(until_ms)}: take a later date to learn"
            " until"
        )
    if not any(redemptions):
        raise Fatal(
            f"no coupon was redeemed from {to_rfc3339(until_ms)} to {to_rfc3339(predict_until_ms)}"
            " by a household known before: take other dates, and see that the folder has"
            " coupon_redemptions.csv.gz"
        )

    def lift(rows: Sequence[int]) -> float:
        return top_fifth_lift(
            [sensitivities[row] for row in rows], [redemptions[row] for row in rows]
        )

    low, high = interval(len(households), lift)
    return Figures(
        n=len(households),
        redemptions=sum(redemptions),
        top_fifth_lift=round(lift(range(len(households))), 4),
        top_fifth_lift_interval=(round(low, 4), round(high, 4)),
        skipped=skipped,
    )


def top_fifth_lift(scores: Sequence[float], responses: Sequence[int]) -> float:
    """Responses per row in the fifth with the highest scores / responses per row, 0..5.

    The fifth is of ``len(scores) / 5`` rows, fractions included. Rows of equal score on its border
    count with the share of them that fits in: the mean over all ways to break the tie. Raises
    ValueError without any response.
    """
    total = sum(responses)
    if not total:
        raise ValueError("a lift needs at least one response")
    rows: dict[float, int] = defaultdict(int)
    sums: dict[float, int] = defaultdict(int)
    for score, response in zip(scores, responses, strict=True):
        rows[score] += 1
        sums[score] += response
    size = room = TOP * len(scores)
    inside = 0.0
    for score in sorted(rows, reverse=True):
        if rows[score] >= room:
            inside += sums[score] * room / rows[score]
            break
        inside += sums[score]
        room -= rows[score]
    return (inside / size) / (total / len(scores))


def _read(
    history: Iterable[Found], until_ms: int, predict_until_ms: int
) -> tuple[list[_Household], int]:
    """The households with an event before the cut, and how much of the input was not used."""
    known: dict[str, _Household] = defaultdict(_Household)
    redeemed: dict[str, int] = defaultdict(int)
    rates = Rates(CURRENCY)
    skipped = 0
    for found in history:
        if isinstance(found, Skipped):
            skipped += 1
            continue
        at_ms = to_ms(found.occurred_at)
        if at_ms >= until_ms:
            redeemed[found.customer_id] += (
                isinstance(found, CouponRedeemed) and at_ms < predict_until_ms
            )
            continue
        try:
            _count(known, found, at_ms, rates)
        except Rejected:
            skipped += 1
    for customer_id, household in known.items():
        household.redemptions = redeemed.get(customer_id, 0)
    return list(known.values()), skipped


def _count(known: dict[str, _Household], event: Event, at_ms: int, rates: Rates) -> None:
    occurrence = place(event, now_ms=at_ms, rates=rates)
    household = known[event.customer_id]
    marketing.add(household.state, occurrence)
    if isinstance(event, OrderCompleted):
        household.orders += 1
        household.amount_minor += occurrence.amount_minor
