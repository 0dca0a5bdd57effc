"""A store's own model of buying again, fitted to what its customers did lately."""

import hashlib
import math
from collections.abc import Iterable, Mapping, Sequence
from statistics import median
from typing import Self

import msgspec
from msgspec import Struct

from stream.learn.hazard import concordance, fit_hazard
from stream.measures.repurchase import (
    BUILTIN,
    RepurchaseModel,
    covariates,
    exposure_days,
    older_orders,
    stepped_days,
)
from stream.profile.spending import SpendingState
from stream.windows import DAY_MS, month_of

#: Below so many customers, or so many outcomes of either kind, the built-in model is the better.
MIN_CUSTOMERS = 100
MIN_OUTCOMES = 30
#: Customers looked at, at most: more would make the parameters no better than they need to be.
MAX_CUSTOMERS = 2000
#: Windows looked at, at most, one after the other back from the newest day.
WINDOWS = 4

#: Windows are not made shorter than so many days because of customers who order too often.
_LEAST_WINDOW = 3
#: Order days before a cut that tell the pace of older ones.
_LEAST_DAYS = 4
#: Part of a cut's customers who may be unknown at it, and are left out. They are those who order
#: most: without more of them, the others would tell of another store.
_MAX_UNKNOWN = 0.01
#: A model may rank customers so much worse than the built-in one, by chance.
_RANKING_TOLERANCE = 0.005

#: Of momentum, waiting and spend.
_Slopes = tuple[float, float, float]
_BUILTIN_SLOPES: _Slopes = (BUILTIN.momentum, BUILTIN.waiting, BUILTIN.spend)
#: Directions along which slopes are looked for: a basis of all there are, and of some.
_Basis = tuple[_Slopes, ...]
_FREE: _Basis = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
_RESTRICTED: tuple[_Basis, ...] = (
    ((1.0, 0.0, 0.0), (0.0, 0.0, 1.0)),  # silence says no more than that orders fade
    ((0.05, -1.0, 0.0), (0.0, 0.0, 1.0)),  # nearly all that tells is silence
    (_BUILTIN_SLOPES,),  # the ranking of the built-in model; only how many buy again is learned
)

_VERSION_BYTES = 6


class History(Struct, frozen=True, kw_only=True):
    """What the state holds of a customer's orders.

    ``orders`` and ``amount_minor`` are those ever completed, ``months`` the same by UTC month for
    the last ones (see :func:`~stream.windows.month_of`), ``order_days`` the newest distinct
    UTC days since the epoch with an order, in any order.
    """

    orders: int
    amount_minor: int
    months: Mapping[int, tuple[int, int]]
    order_days: Sequence[int]

    @classmethod
    def of(cls, spending: SpendingState) -> Self:
        """The history in a customer's state."""
        return cls(
            orders=spending.orders,
            amount_minor=spending.amount,
            months=spending.months,
            order_days=spending.order_days,
        )

    def average_minor(self, month: int) -> float:
        """Average order of the months before; 0 without any.

        What came after a cut must not tell what the customer was at it.
        """
        later = [sums for key, sums in self.months.items() if key >= month]
        orders = self.orders - sum(count for count, _ in later)
        amount = self.amount_minor - sum(amount for _, amount in later)
        return amount / orders if orders > 0 else 0.0

    @property
    def older(self) -> int:
        """Orders before the days that are kept, whatever the cut."""
        return older_orders(self.orders, self.order_days)

    def days_before(self, cut: int) -> list[int] | None:
        """Order days before a UTC day; None where too few are kept to tell the pace of the older.

        The many orders since have crowded them out: without the older ones the customer would seem
        to have ordered less than they did.
        """
        days = [day for day in self.order_days if day < cut]
        return None if self.older and len(days) < _LEAST_DAYS else days


class _Row(Struct, frozen=True):
    """A customer at the beginning of a window: covariates, and whether an order came in it."""

    values: tuple[float, float, float]
    bought: bool


def fit(histories: Sequence[History], *, until_ms: int, horizon_days: float) -> RepurchaseModel:
    """Fit the model by maximum likelihood to histories that are complete until ``until_ms``.

    The past is cut at up to four days, a horizon apart or less where it is too short for that, or
    where customers order so often that no more is known of them then: what came before each is to
    say whether there was an order until the next. Of more than ``MAX_CUSTOMERS`` an even selection
    in the order given is used, so the same histories give the same model. Returns the built-in
    model where the histories are too few or tell nothing.
    """
    buyers = [history for history in histories if history.order_days and history.orders]
    if len(buyers) < MIN_CUSTOMERS:
        return BUILTIN
    count = min(len(buyers), MAX_CUSTOMERS)
    chosen = [buyers[place * len(buyers) // count] for place in range(count)]
    typical_minor = median(history.amount_minor / history.orders for history in chosen)
    window, cuts = _windows(chosen, until_ms // DAY_MS, horizon_days)
    samples = [_rows(chosen, cut, window, typical_minor) for cut in cuts]
    outcomes = [row.bought for rows in samples for row in rows]
    bought = sum(outcomes)
    if min(bought, len(outcomes) - bought) < MIN_OUTCOMES:
        return BUILTIN
    return _best(samples, window, typical_minor)


def _best(samples: Sequence[Sequence[_Row]], window: int, typical_minor: float) -> RepurchaseModel:
    """The free model where it is sound, else the restricted one that ranks the newest sample best.

    Sound is what does not rank that sample clearly worse than the built-in model, and has orders
    lose weight with age. Where silence says so much that they seem to gain some, the free model
    has a rate that would grow without end.
    """
    rows = [row for sample in samples for row in sample]
    newest = samples[0]
    best = BUILTIN
    ranking = _ranking(_BUILTIN_SLOPES, newest) - _RANKING_TOLERANCE
    for basis in (_FREE, *_RESTRICTED):
        found = _fit_along(basis, rows)
        if found is None:
            continue
        base, slopes = found
        reached = _ranking(slopes, newest)
        if slopes[0] > 0 and reached >= ranking:
            best, ranking = _model(base, slopes, window, typical_minor), reached
            if basis is _FREE:
                break
    return best


def _fit_along(basis: _Basis, rows: Sequence[_Row]) -> tuple[float, _Slopes] | None:
    """Intercept and slopes, these in the span of the basis; None where there is no maximum."""
    values = [[_dot(direction, row.values) for direction in basis] for row in rows]
    found = fit_hazard(values, [row.bought for row in rows])
    if found is None:
        return None
    momentum, waiting, spend = (_dot(found[1:], column) for column in zip(*basis, strict=True))
    return found[0], (momentum, waiting, spend)


def _ranking(slopes: _Slopes, rows: Sequence[_Row]) -> float:
    return concordance([_dot(slopes, row.values) for row in rows], [row.bought for row in rows])


def _windows(
    histories: Sequence[History], until: int, horizon_days: float
) -> tuple[int, list[int]]:
    """The days of each window and their first ones, newest first; all within the history.

    Windows are halved until there is one at whose beginning nearly all customers are known.
    """
    first = min(min(history.order_days) for history in histories)
    window = max(1, min(round(horizon_days), (until - first) // WINDOWS))
    while True:
        cuts = [until - window * back for back in range(1, WINDOWS + 1)]
        cuts = [cut for cut in cuts if cut - first >= window and _is_known(histories, cut)]
        if cuts or window // 2 < _LEAST_WINDOW:
            return window, cuts
        window //= 2


def _is_known(histories: Sequence[History], cut: int) -> bool:
    """Whether leaving out the customers who are unknown at the cut leaves out hardly any."""
    found = [history.days_before(cut) for history in histories]
    unknown = sum(days is None for days in found)
    return unknown <= _MAX_UNKNOWN * (unknown + sum(bool(days) for days in found))


def _rows(histories: Sequence[History], cut: int, window: int, typical_minor: float) -> list[_Row]:
    month = month_of(cut * DAY_MS)
    rows = []
    for history in histories:
        days = history.days_before(cut)
        if not days:
            continue
        # The order came some time in its day: less than a day later, one day fewer has passed.
        recency = stepped_days((cut - max(days)) * DAY_MS - 1)
        average = history.average_minor(month)
        values = covariates(days, history.older, recency, average, typical_minor)
        bought = any(cut <= day < cut + window for day in history.order_days)
        rows.append(_Row(values, bought))
    return rows


def _dot(a: Iterable[float], b: Iterable[float]) -> float:
    return sum(x * y for x, y in zip(a, b, strict=True))


def _model(base: float, slopes: _Slopes, window: int, typical_minor: float) -> RepurchaseModel:
    momentum, waiting, spend = slopes
    model = RepurchaseModel(
        version="",
        base=round(base - math.log(exposure_days(window)), 4),
        momentum=round(momentum, 4),
        waiting=round(waiting, 4),
        spend=round(spend, 4),
        typical_order_minor=typical_minor,
    )
    digest = hashlib.blake2b(msgspec.json.encode(model), digest_size=_VERSION_BYTES).hexdigest()
    return msgspec.structs.replace(model, version=digest)
