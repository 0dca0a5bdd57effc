"""On real orders the model tells who buys again better than recency or frequency alone."""

from datetime import UTC, datetime
from functools import cache

import pytest

from stream.evaluate.repurchase import CURRENCIES, Figures, evaluate
from stream.measures.repurchase import BUILTIN
from stream.replay.formats import read_events
from stream.replay.source import Found
from stream.windows import to_ms
from tests.support.shared_data import shared_data


@cache
def found_in(name: str, format_name: str) -> list[Found]:
    return list(read_events(str(shared_data(name)), format_name))


@cache
def measured(name: str, format_name: str, until: str, predict_until: str) -> Figures:
    events = found_in(name, format_name)
    until_ms, predict_until_ms = (
        to_ms(datetime.fromisoformat(day).replace(tzinfo=UTC)) for day in (until, predict_until)
    )
    return evaluate(events, CURRENCIES[format_name], until_ms, predict_until_ms)


def test_cdnow_customers_of_the_next_39_weeks_are_told_better_than_by_recency() -> None:
    figures = measured("cdnow_sample.txt", "cdnow", "1997-09-30", "1998-06-30")
    assert (figures.n, figures.bought) == (2357, 684)
    assert figures.auc_recency == pytest.approx(0.766, abs=0.002)
    assert figures.auc_frequency == pytest.approx(0.751, abs=0.002)
    assert figures.auc >= 0.775
    assert figures.auc_minus_recency >= 0.01
    assert figures.auc_minus_recency_interval[0] > 0
    assert figures.auc_minus_frequency_interval[0] > 0.01


def test_as_many_cdnow_customers_are_expected_as_come() -> None:
    figures = measured("cdnow_sample.txt", "cdnow", "1997-09-30", "1998-06-30")
    assert figures.expected == pytest.approx(figures.bought, rel=0.15)


@pytest.mark.parametrize(
    ("until", "predict_until"),
    [
        ("2011-03-01", "2011-03-31"),
        ("2011-04-01", "2011-05-01"),
        ("2011-05-01", "2011-05-31"),
        ("2011-06-01", "2011-07-01"),
        ("2011-06-15", "2011-07-15"),
        ("2011-07-01", "2011-07-31"),
    ],
)
def test_uci_customers_of_the_next_30_days_are_told_better_than_by_frequency(
    until: str, predict_until: str
) -> None:
    figures = measured("uci_online_retail.csv.gz", "uci-retail", until, predict_until)
    assert figures.model != BUILTIN.version
    assert 0.70 < figures.auc_frequency < 0.76
    assert figures.auc_minus_frequency > 0.005
    assert figures.auc_minus_recency_interval[0] > 0.03
