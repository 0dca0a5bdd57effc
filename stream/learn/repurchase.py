"""A store's own model of buying again, fitted to what its customers did lately."""

import hashlib
import math
from collections.abc import Iterator, Mapping, Sequence
from statistics import median

import msgspec
from msgspec import Struct

from stream.learn.hazard import fit_hazard
from stream.measures.repurchase import (
    BUILTIN,
    RepurchaseModel,
    covariates,
    exposure_days,
    stepped_days,
)
from stream.windows import DAY_MS, month_of

#: Below so many customers, or so many outcomes of either kind, the built-in model is the better.
MIN_CUSTOMERS = 100
MIN_OUTCOMES = 30
#: Customers looked at, at most: more would make the parameters no better than they need to be.
MAX_CUSTOMERS = 2000
#: Windows looked at, at most, one after the other back from the newest day.
WINDOWS = 4

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

    def average_minor(self, month: int) -> float:
        """Average order of the months before; 0 without any.

        What came after a cut must not tell what the customer was at it.
        """
        later = [sums for key, sums in self.months.items() if key >= month]
        orders = self.orders - sum(count for count, _ in later)
        amount = self.amount_minor - sum(amount for _, amount in later)
        return amount / orders if orders > 0 else 0.0


#: Covariates of a customer at the beginning of a window, and whether an order came in it.
_Row = tuple[tuple[float, float, float], bool]


def fit(histories: Sequence[History], *, until_ms: int, horizon_days: float) -> RepurchaseModel:
    """Fit the model by maximum likelihood to histories that are complete until ``until_ms``.

    The past is cut at up to four days, a horizon apart or less where it is too short for that:
    what came before each is to say whether there was an order until the next. Of more than
    ``MAX_CUSTOMERS`` an even selection in the order given is used, so the same histories give the
    same model. Returns the built-in model where the histories are too few or tell nothing.
    """
    buyers = [history for history in histories if history.order_days and history.orders]
    if len(buyers) < MIN_CUSTOMERS:
        return BUILTIN
    count = min(len(buyers), MAX_CUSTOMERS)
    chosen = [buyers[place * len(buyers) // count] for place in range(count)]
    typical_minor = median(history.amount_minor / history.orders for history in chosen)
    cuts, window = _windows(chosen, until_ms // DAY_MS, horizon_days)
    rows = [row for cut in cuts for row in _rows(chosen, cut, window, typical_minor)]
    outcomes = [bought for _, bought in rows]
    bought = sum(outcomes)
    if min(bought, len(outcomes) - bought) < MIN_OUTCOMES:
        return BUILTIN
    values = [row for row, _ in rows]
    for candidates in (values, [(momentum, 0.0, spend) for momentum, _, spend in values]):
        found = fit_hazard(candidates, outcomes)
        # Where silence says so much that orders seem to gain weight with age, it must say less:
        # such a rate would grow without end.
        if found is not None and found[1] > 0:
            return _model(found, window, typical_minor)
    return BUILTIN


def _windows(
    histories: Sequence[History], until: int, horizon_days: float
) -> tuple[list[int], int]:
    """First days of the windows, newest first, and the days of each; all within the history."""
    first = min(min(history.order_days) for history in histories)
    window = max(1, min(round(horizon_days), (until - first) // WINDOWS))
    cuts = [until - window * back for back in range(1, WINDOWS + 1)]
    return [cut for cut in cuts if cut - first >= window], window


def _rows(
    histories: Sequence[History], cut: int, window: int, typical_minor: float
) -> Iterator[_Row]:
    month = month_of(cut * DAY_MS)
    for history in histories:
        before = [day for day in history.order_days if day < cut]
        if not before:
            continue
        # The order came some time in its day: less than a day later, one day fewer has passed.
        recency = stepped_days((cut - max(before)) * DAY_MS - 1)
        values = covariates(before, recency, history.average_minor(month), typical_minor)
        yield values, any(cut <= day < cut + window for day in history.order_days)


def _model(found: Sequence[float], window: int, typical_minor: float) -> RepurchaseModel:
    base, momentum, waiting, spend = found
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
