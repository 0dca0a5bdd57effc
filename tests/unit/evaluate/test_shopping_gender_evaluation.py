"""The evaluation of the shopping gender: contiguous folds, honest figures, JSON."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner

from stream.cli.evaluations.shopping_gender import command
from stream.cli.learn import command as learn_command
from stream.errors import Fatal
from stream.evaluate.shopping_gender import FOLDS, as_portrayed, cross_validate, train_and_test
from stream.learn.shopping_gender import load_affinity
from stream.replay.labelled_sessions import Session, View

START = datetime(2014, 11, 14, 23, 59, 59, tzinfo=UTC)


def session(number: int, male: bool, *categories: str | None) -> Session:
    views = tuple(View(category, f"p{n}") for n, category in enumerate(categories))
    return Session(f"u{number}", START + timedelta(minutes=number), views, male)


def telling(rows: int) -> list[Session]:
    """Sessions whose category tells the gender: every fourth is of a man."""
    return [
        session(n, n % 4 == 0, "fashion/men/a" if n % 4 == 0 else "fashion/women/b")
        for n in range(rows)
    ]


def test_categories_that_tell_everything_are_judged_without_fault():
    evaluation = cross_validate(telling(400))
    assert (evaluation.balanced_accuracy, evaluation.auc) == (1.0, 1.0)
    assert (evaluation.n, evaluation.men, evaluation.unknown) == (400, 100, 0)
    assert (evaluation.folds, evaluation.learned_from) == (FOLDS, 360)
    assert evaluation.balanced_accuracy_interval == (1.0, 1.0)


def test_what_only_neighbouring_rows_share_is_of_no_use():
    # Each fold has a category of its own and one gender. Had the folds been drawn at random, the
    # category of every session would have been learned from its neighbours.
    rows = [
        session(fold * 40 + n, fold % 2 == 0, f"only-here-{fold}/a")
        for fold in range(FOLDS)
        for n in range(40)
    ]
    evaluation = cross_validate(rows)
    assert (evaluation.balanced_accuracy, evaluation.auc) == (0.5, 0.5)
    assert evaluation.unknown == len(rows)


def test_test_sessions_are_judged_by_what_the_training_sessions_teach():
    contrary = [
        Session(found.session_id, found.start, found.views, not found.male)
        for found in telling(100)
    ]
    evaluation = train_and_test(telling(400), contrary)
    assert (evaluation.balanced_accuracy, evaluation.auc) == (0.0, 0.0)
    assert (evaluation.n, evaluation.learned_from, evaluation.folds) == (100, 400, None)


def test_session_without_evidence_counts_as_a_woman_and_as_even_odds():
    test = [session(n, n < 5, None) for n in range(10)]
    evaluation = train_and_test(telling(400), test)
    assert evaluation.unknown == 10
    assert (evaluation.balanced_accuracy, evaluation.auc) == (0.5, 0.5)


def test_session_becomes_the_points_of_a_portrait():
    example = as_portrayed(session(1, True, "a/b", "a/b", None, "c"))
    assert (example.points, example.male) == ({"a/b": 2, "c": 1}, True)


@pytest.mark.parametrize("rows", [telling(5), [session(n, False, "a") for n in range(20)]])
def test_too_few_sessions_are_told(rows):
    with pytest.raises(Fatal, match="too few to evaluate"):
        cross_validate(rows)


@pytest.fixture
def files(tmp_path):
    rows, labels = tmp_path / "sessions.csv", tmp_path / "labels.csv"
    written = telling(200)
    rows.write_text(
        "".join(
            f"{found.session_id},{found.start:%F %T},{found.start:%F %T},"
            + ";".join(f"{view.category}/{view.product_id}/" for view in found.views)
            + "\n"
            for found in written
        )
    )
    labels.write_text("".join("male\n" if found.male else "female\n" for found in written))
    return str(rows), str(labels)


def test_command_prints_one_json_object(files):
    for arguments in (files, (*files, "--test", *files)):
        result = CliRunner().invoke(command, [*arguments, "--json"], catch_exceptions=False)
        figures = json.loads(result.stdout)
        assert figures["n"] == 200
        assert figures["balanced_accuracy"] == figures["auc"] == 1.0
        assert figures["balanced_accuracy_interval"] == figures["auc_interval"] == [1.0, 1.0]
        assert figures["folds"] == (None if "--test" in arguments else 10)


def test_command_prints_the_figures_for_people(files):
    output = CliRunner().invoke(command, list(files), catch_exceptions=False).output
    assert "200 sessions, 50 of men, by 10 contiguous folds" in output
    assert "balanced accuracy    1.0000   95 % 1.0000 to 1.0000" in output


def test_learn_command_writes_a_table_and_says_how_to_use_it(files, tmp_path):
    table = tmp_path / "table.json"
    result = CliRunner().invoke(
        learn_command, ["shopping-gender", *files, "--output", str(table)], catch_exceptions=False
    )
    assert f"PORTRAIT_GENDER_TABLE={table}" in result.output
    assert load_affinity(table).version in result.output
    assert load_affinity(table).sessions == 200
