"""How likely a customer buys again, and how often they do.

The model is a rate of orders that fades while none comes. With ``recency`` in days since the newest
order, and a weight of ``2 ** (-days / 180)`` for each order day that is ``days`` before the newest,

    log(orders a day) = base
                      + momentum * (log(sum of the weights) - recency * log(2) / 180)
                      + waiting * log(recency + 7)
                      + spend * log(average order / typical order of the store)

The chance of an order within a horizon is ``1 - exp(-rate * exposure)``, the exposure being the
days of the horizon, the later ones faded by the same half-life. That is a proportional hazard in
grouped time (Prentice and Gloeckler 1978, Biometrics 34:57) of recency, frequency and money.
``waiting`` is where stores differ: below zero where silence means that a customer left, above zero
where what was bought lasts a while. BG/NBD (Fader, Hardie and Lee 2005) was measured and ranks the
customers of both public samples worse; ``portrait evaluate repurchase`` repeats it for this model.

Of a customer with many orders only the newest days are kept. The older orders count as if each had
had a day of its own, and had come at the mean pace of the days that are kept: else everybody who
orders weekly would look like everybody who orders daily.
"""

import math
from collections.abc import Sequence
from itertools import pairwise
from statistics import median

from msgspec import Struct

from stream.windows import DAY_MS

#: The half-life of an order day's weight. From 120 to 365 days the samples' figures are alike.
HALF_LIFE_DAYS = 180
_FADING = math.log(2) / HALF_LIFE_DAYS
#: Newest order days that a state keeps; the orders before them are known by number only.
KEPT_DAYS = 16
#: Evens out the first days after an order, where the logarithm would rule all else.
_FIRST_DAYS = 7
#: An average order counts as at most so many typical ones, and at least as their inverse.
_SPEND_BOUND = 10.0
#: Bounds of the logarithm of the rate: an order in 10^8 years, and thousands a day.
_LOG_RATE = (-25.0, 9.0)


class RepurchaseModel(Struct, frozen=True):
    """The parameters of the hazard; see the module for their meaning.

    ``typical_order_minor`` is the store's median of its customers' average orders, in minor units
    of the base currency; 0 for a model that does not know the store: money then has no say.
    """

    version: str
    base: float
    momentum: float
    waiting: float
    spend: float = 0.0
    typical_order_minor: float = 0.0


#: For a store too young for a model of its own: the mean of two fits over windows of 30 to 90
#: days, of base, momentum and waiting: -4.96, 0.98, -0.23 to the CDNOW sample of 1997-06 to
#: 1998-06, and -5.62, 1.15, 0.19 to that of UCI Online Retail, 2011-03 to 2011-07. They are of fits
#: to the newest 16 order days alone; the older orders move the means by 0.03, -0.04 and 0.00.
BUILTIN = RepurchaseModel(version="builtin-1", base=-5.29, momentum=1.07, waiting=-0.02)


def probability(
    model: RepurchaseModel,
    *,
    orders: int,
    amount_minor: int,
    order_days: Sequence[int],
    last_order_ms: int,
    as_of_ms: int,
    horizon_days: float,
) -> float:
    """Chance, 0..1, of at least one order within ``horizon_days`` after ``as_of_ms``.

    ``orders`` and ``amount_minor`` are those ever completed, ``order_days`` the newest distinct UTC
    days since the epoch on which there were any, in any order. Recency is stepped, see
    :func:`stepped_days`, so the chance changes by time only when :func:`next_step_ms` says. 0 for
    a customer without orders.
    """
    if not orders or not order_days or horizon_days <= 0:
        return 0.0
    momentum, waiting, spend = covariates(
        order_days,
        older_orders(orders, order_days),
        stepped_days(max(as_of_ms - last_order_ms, 0)),
        amount_minor / orders,
        model.typical_order_minor,
    )
    log_rate = (
        model.base + model.momentum * momentum + model.waiting * waiting + model.spend * spend
    )
    log_rate = min(max(log_rate, _LOG_RATE[0]), _LOG_RATE[1])
    return -math.expm1(-math.exp(log_rate) * exposure_days(horizon_days))


def older_orders(orders: int, order_days: Sequence[int]) -> int:
    """Orders, of all ever completed, that came before the days that are kept of them."""
    return max(orders - KEPT_DAYS, 0) if len(order_days) >= KEPT_DAYS else 0


def covariates(
    order_days: Sequence[int],
    older: int,
    recency_days: int,
    average_minor: float,
    typical_minor: float,
) -> tuple[float, float, float]:
    """What ``momentum``, ``waiting`` and ``spend`` are multiplied with; at least one order day.

    ``older`` is the number of orders before the oldest of the days, see :func:`older_orders`.
    """
    momentum = math.log(_weight(order_days, older)) - recency_days * _FADING
    waiting = math.log(recency_days + _FIRST_DAYS)
    if average_minor <= 0 or typical_minor <= 0:
        return momentum, waiting, 0.0
    ratio = min(max(average_minor / typical_minor, 1 / _SPEND_BOUND), _SPEND_BOUND)
    return momentum, waiting, math.log(ratio)


def _weight(order_days: Sequence[int], older: int) -> float:
    newest, oldest = max(order_days), min(order_days)
    weight = sum(math.exp((day - newest) * _FADING) for day in order_days)
    if not older or newest == oldest:
        return weight
    gap = (newest - oldest) / (len(order_days) - 1)
    # The sum of a geometric series: each gap further back, an order has faded by as much again.
    series = math.expm1(-older * gap * _FADING) / math.expm1(-gap * _FADING)
    return weight + math.exp((oldest - newest - gap) * _FADING) * series


def exposure_days(horizon_days: float) -> float:
    """The days of a horizon, the later ones faded: 28.33 of 30, 169 of 273, 260 of all to come."""
    return -math.expm1(-horizon_days * _FADING) / _FADING


def cycle(order_days: Sequence[int]) -> float | None:
    """Median days from one order day to the next; None below two distinct days."""
    days = sorted(set(order_days))
    if len(days) < 2:
        return None
    return float(median(later - day for day, later in pairwise(days)))


def stepped_days(elapsed_ms: int) -> int:
    """Whole days, rounded down to a step: exact below 16, then eight steps to each doubling.

    A step is at most an eighth of what it stands for, so that a portrait at rest changes seldom.
    """
    days = elapsed_ms // DAY_MS
    octave = _octave(days)
    return (days >> octave) << octave


def next_step_ms(elapsed_ms: int) -> int:
    """The elapsed time, ms, at which :func:`stepped_days` next changes; later than ``elapsed_ms``.

    For times not below 0.
    """
    days = elapsed_ms // DAY_MS
    octave = _octave(days)
    return (((days >> octave) + 1) << octave) * DAY_MS


def _octave(days: int) -> int:
    return max(days.bit_length() - 4, 0)
