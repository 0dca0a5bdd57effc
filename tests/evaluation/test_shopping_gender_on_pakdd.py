"""Shopping gender on the sample of PAKDD'15: real sessions of women and men."""

import pytest

from stream.evaluate.shopping_gender import FOLDS, Evaluation, cross_validate
from stream.replay.labelled_sessions import read_sessions
from tests.support.shared_data import shared_data


@pytest.fixture(scope="module")
def evaluation() -> Evaluation:
    sessions = shared_data("pakdd15_gender_sessions.csv.gz")
    return cross_validate(read_sessions(sessions, shared_data("pakdd15_gender_labels.csv.gz")))


def test_balanced_accuracy_is_at_least_three_quarters(evaluation: Evaluation) -> None:
    assert evaluation.balanced_accuracy >= 0.75
    assert evaluation.auc >= 0.77


def test_every_session_is_judged_once_by_the_other_contiguous_folds(
    evaluation: Evaluation,
) -> None:
    # That the folds are contiguous is held in test_shopping_gender_evaluation.
    assert (evaluation.n, evaluation.men) == (5000, 1171)
    assert (evaluation.folds, evaluation.learned_from) == (FOLDS, 4500)


def test_confidence_is_an_honest_probability(evaluation: Evaluation) -> None:
    assert evaluation.calibration_error < 0.07


def test_interval_owns_that_neighbouring_rows_are_alike(evaluation: Evaluation) -> None:
    # Rows drawn one by one would give 0.03: labels come in runs, and are fewer than they seem.
    low, high = evaluation.balanced_accuracy_interval
    assert low < evaluation.balanced_accuracy < high
    assert high - low > 0.06
