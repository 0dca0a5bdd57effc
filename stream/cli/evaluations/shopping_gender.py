"""`portrait evaluate shopping-gender`: how well the shopping gender is inferred."""

import click
import msgspec

from stream.evaluate.shopping_gender import Evaluation, cross_validate, train_and_test
from stream.replay.labelled_sessions import read_sessions


@click.command("shopping-gender")
@click.argument("sessions")
@click.argument("labels")
@click.option(
    "--test",
    nargs=2,
    metavar="SESSIONS LABELS",
    help="Judge these, by a table learned from all of the first pair.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(sessions: str, labels: str, test: tuple[str, str] | None, as_json: bool) -> None:
    """Measure the shopping gender on labelled SESSIONS.

    Without --test it is cross-validated over ten contiguous blocks of rows, because neighbouring
    rows are alike. Intervals are of 95 %, by a bootstrap of blocks.
    """
    found = read_sessions(sessions, labels)
    if test is None:
        evaluation = cross_validate(found)
    else:
        evaluation = train_and_test(found, read_sessions(*test))
    if as_json:
        click.echo(msgspec.json.encode(evaluation))
    else:
        _print(evaluation)


def _print(evaluation: Evaluation) -> None:
    how = "a test set apart" if evaluation.folds is None else f"{evaluation.folds} contiguous folds"
    click.echo(f"shopping gender of {evaluation.n} sessions, {evaluation.men} of men, by {how}")
    click.echo(f"{evaluation.model}, learned from {evaluation.learned_from} sessions")
    rows = (
        ("balanced accuracy", evaluation.balanced_accuracy, evaluation.balanced_accuracy_interval),
        ("AUC", evaluation.auc, evaluation.auc_interval),
    )
    for name, figure, (low, high) in rows:
        click.echo(f"{name:<20} {figure:.4f}   95 % {low:.4f} to {high:.4f}")
    click.echo(f"{'calibration error':<20} {evaluation.calibration_error:.4f}")
    click.echo(f"{'without evidence':<20} {evaluation.unknown} sessions")
