"""How well the probability of buying again tells who will, against recency and frequency alone."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime

from msgspec import Struct, field

from stream.decode import place
from stream.errors import Fatal, Rejected
from stream.evaluate.figures import auc_of_rows, intervals
from stream.events import OrderCompleted
from stream.learn.repurchase import History, fit
from stream.measures.repurchase import RepurchaseModel, probability
from stream.money import Rates
from stream.profile.fold import fold
from stream.profile.state import State
from stream.replay import cdnow, uci_retail
from stream.replay.source import Found, Skipped
from stream.windows import DAY_MS, to_ms

#: Formats measured on -> their currency.
CURRENCIES = {"cdnow": cdnow.CURRENCY, "uci-retail": uci_retail.CURRENCY}

Interval = tuple[float, float]


class Figures(Struct, frozen=True, kw_only=True):
    """Of ``n`` customers with an order before the cut, ``bought`` of whom ordered again after it.

    ``auc`` is that of the model, ``auc_recency`` that of how lately the newest order came and
    ``auc_frequency`` that of the number of orders: 0.5 is a guess, 1 is never wrong. The intervals
    are at 95 % by bootstrap over customers, those of the differences paired. ``expected`` is the
    sum of the probabilities, to be held against ``bought``. ``model`` is the version of the model,
    which was fitted to what came before the cut where there was enough. ``skipped`` counts what of
    the input was no event, or one that a worker would reject. ``note`` says where the figures are
    not what was asked for.
    """

    n: int
    bought: int
    expected: float
    model: str
    skipped: int
    note: str | None
    auc: float
    auc_interval: Interval
    auc_recency: float
    auc_recency_interval: Interval
    auc_frequency: float
    auc_frequency_interval: Interval
    auc_minus_recency: float
    auc_minus_recency_interval: Interval
    auc_minus_frequency: float
    auc_minus_frequency_interval: Interval


class _Read(Struct):
    """States at the cut, who ordered after it, how much was no event, and the newest of all."""

    states: dict[str, State] = field(default_factory=dict)
    later: set[str] = field(default_factory=set)
    skipped: int = 0
    newest_ms: int = 0


class Features(Struct, frozen=True, kw_only=True):
    """What the state at the cut holds of a customer's orders; ms since the epoch."""

    history: History
    last_order_ms: int


def evaluate(
    events: Iterable[Found], currency: str, until_ms: int, predict_until_ms: int
) -> Figures:
    """Measure on the events before ``until_ms`` who orders from then to ``predict_until_ms``.

    Both bounds exclude the instant itself. Raises :class:`Fatal` where there is nothing to
    measure.
    """
    read = _read(events, currency, until_ms, predict_until_ms)
    customers = {
        customer: found
        for customer, state in sorted(read.states.items())
        if (found := features(state)) is not None
    }
    outcomes = [customer in read.later for customer in customers]
    if len(set(outcomes)) < 2:
        raise Fatal(_nothing(outcomes, until_ms, predict_until_ms, read.skipped))
    horizon_days = (predict_until_ms - until_ms) / DAY_MS
    at_cut = list(customers.values())
    model = fit([each.history for each in at_cut], until_ms=until_ms, horizon_days=horizon_days)
    chances = [chance(model, each, until_ms, horizon_days) for each in at_cut]
    note = _cut_short(read.newest_ms, predict_until_ms)
    return _figures(
        at_cut, chances, outcomes, version=model.version, skipped=read.skipped, note=note
    )


def features(state: State) -> Features | None:
    """The orders in a state; None without any."""
    spending = state.spending
    if spending.last_order_ms is None:
        return None
    return Features(history=History.of(spending), last_order_ms=spending.last_order_ms)


def chance(model: RepurchaseModel, customer: Features, as_of_ms: int, horizon_days: float) -> float:
    """The probability as a portrait has it."""
    return probability(
        model,
        orders=customer.history.orders,
        amount_minor=customer.history.amount_minor,
        order_days=customer.history.order_days,
        last_order_ms=customer.last_order_ms,
        as_of_ms=as_of_ms,
        horizon_days=horizon_days,
    )


def _read(events: Iterable[Found], currency: str, until_ms: int, predict_until_ms: int) -> _Read:
    rates = Rates(currency)
    read = _Read()
    for event in events:
        if isinstance(event, Skipped):
            read.skipped += 1
            continue
        at_ms = to_ms(event.occurred_at)
        read.newest_ms = max(read.newest_ms, at_ms)
        if at_ms >= predict_until_ms:
            continue
        try:
            occurrence = place(event, now_ms=predict_until_ms, rates=rates)
        except Rejected:
            read.skipped += 1
            continue
        if at_ms < until_ms:
            fold(read.states.setdefault(event.customer_id, State()), occurrence)
        elif isinstance(event, OrderCompleted):
            read.later.add(event.customer_id)
    return read


def _figures(
    customers: Sequence[Features],
    chances: Sequence[float],
    outcomes: Sequence[bool],
    *,
    version: str,
    skipped: int,
    note: str | None,
) -> Figures:
    model = auc_of_rows(chances, outcomes)
    recency = auc_of_rows([each.last_order_ms for each in customers], outcomes)
    frequency = auc_of_rows([each.history.orders for each in customers], outcomes)

    def measure(rows: Sequence[int]) -> tuple[float, ...]:
        a, r, f = model(rows), recency(rows), frequency(rows)
        return a, r, f, a - r, a - f

    figures = [round(figure, 4) for figure in measure(range(len(outcomes)))]
    bounds = [(round(low, 4), round(high, 4)) for low, high in intervals(len(outcomes), measure)]
    return Figures(
        n=len(outcomes),
        bought=sum(outcomes),
        expected=round(sum(chances), 1),
        model=version,
        skipped=skipped,
        note=note,
        auc=figures[0],
        auc_interval=bounds[0],
        auc_recency=figures[1],
        auc_recency_interval=bounds[1],
        auc_frequency=figures[2],
        auc_frequency_interval=bounds[2],
        auc_minus_recency=figures[3],
        auc_minus_recency_interval=bounds[3],
        auc_minus_frequency=figures[4],
        auc_minus_frequency_interval=bounds[4],
    )


def _cut_short(newest_ms: int, predict_until_ms: int) -> str | None:
    """What to say where the file ends before the days that are predicted do."""
    if (newest_ms // DAY_MS + 1) * DAY_MS >= predict_until_ms:
        return None
    return (
        f"the newest event is of {_date(newest_ms)}, before the end of what is predicted "
        f"({_date(predict_until_ms)}): who orders later counts as one who does not"
    )


def _date(ms: int) -> date:
    return datetime.fromtimestamp(ms / 1000, UTC).date()


def _nothing(outcomes: Sequence[bool], until_ms: int, predict_until_ms: int, skipped: int) -> str:
    until, predict_until = _date(until_ms), _date(predict_until_ms)
    if not outcomes:
        return (
            f"no customer has an order before {until}, and {skipped} lines hold no event; "
            "is --format right, and is --calibrate-until within the file?"
        )
    return (
        f"{sum(outcomes)} of {len(outcomes)} customers order again from {until} to before "
        f"{predict_until}, which tells nothing apart; choose dates within the file"
    )
