"""Labelled sessions: what a visitor looked at, and whether it was a woman or a man.

CSV, gzipped or not, one session a row: ``session,start,end,products`` and, where the labels have
no file of their own, the label as a fifth column. Products are joined by ``;``, each the path of
its categories with the product last, such as ``A00002/B00002/C00003/D00003/``. A header is
tolerated. A file of labels has one label a row, in the order of the sessions. This is the form of
the PAKDD'15 data mining competition.
"""

import csv
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from msgspec import Struct

from stream.errors import Fatal
from stream.learn.shopping_gender import Example
from stream.replay.source import as_text, open_binary

_MALE = {"female": False, "f": False, "male": True, "m": True}
_HEADS_OF_SESSIONS = {"session", "session_id"}
_HEADS_OF_LABELS = {"label", "gender"}


class View(Struct, frozen=True):
    """A product that was looked at; without a category where its path has one part."""

    category: str | None
    product_id: str


class Session(Struct, frozen=True):
    """One row; times without an offset are taken to be UTC."""

    session_id: str
    start: datetime
    views: tuple[View, ...]
    male: bool

    @property
    def example(self) -> Example:
        """What the session teaches: a point a view, as in the portrait."""
        return Example(Counter(view.category for view in self.views if view.category), self.male)


def read_sessions(sessions: str | Path, labels: str | Path | None = None) -> list[Session]:
    """All sessions of a file, in its order, with their labels.

    Raises :class:`Fatal` with file and line where a row is not as it must be, where sessions and
    labels differ in number, and where there are none.
    """
    if labels is None:
        found = [_session(sessions, line, row, row[-1]) for line, row in _rows(sessions, columns=5)]
    else:
        rows = list(_rows(sessions, columns=4))
        genders = list(_labels(labels))
        if len(rows) != len(genders):
            raise Fatal(
                f"{sessions} has {len(rows)} sessions but {labels} has {len(genders)} labels: "
                "one label a row is needed, in the order of the sessions"
            )
        found = [
            _session(sessions, line, row, gender)
            for (line, row), gender in zip(rows, genders, strict=True)
        ]
    if not found:
        raise Fatal(f"{sessions} holds no session")
    return found


def _rows(path: str | Path, columns: int) -> Iterator[tuple[int, list[str]]]:
    """The rows that are not empty, with their line numbers, without a header."""
    with open_binary(path) as stream:
        reader = csv.reader(as_text(stream))
        first = True
        try:
            for row in reader:
                if not row:
                    continue
                if not (first and row[0].strip().lower() in _HEADS_OF_SESSIONS):
                    _check_columns(path, reader.line_num, row, columns)
                    yield reader.line_num, row
                first = False
        except csv.Error as exc:
            raise Fatal(f"{path}, line {reader.line_num}: no CSV ({exc})") from None


def _check_columns(path: str | Path, line: int, row: list[str], columns: int) -> None:
    if len(row) == columns:
        return
    names = "session,start,end,products" + (",label" if columns == 5 else "")
    hint = ""
    if (len(row), columns) == (4, 5):
        hint = "; name the file of the labels too, or add them as a fifth column"
    raise Fatal(f"{path}, line {line}: {len(row)} columns where {names} are expected{hint}")


def _session(path: str | Path, line: int, row: list[str], label: str) -> Session:
    male = _MALE.get(label.strip().lower())
    if male is None:
        raise Fatal(f"{path}, line {line}: the label {label[:32]!r} is neither female nor male")
    try:
        start = datetime.fromisoformat(row[1].strip())
    except ValueError:
        raise Fatal(
            f"{path}, line {line}: the start {row[1][:32]!r} is not a time "
            "such as 2014-11-14 00:02:14"
        ) from None
    if start.tzinfo is None:
        start = start.replace(tzinfo=UTC)
    views = tuple(view for path in row[3].split(";") if (view := _view(path)))
    return Session(row[0], start, views, male)


def _view(path: str) -> View | None:
    names = [name for part in path.split("/") if (name := part.strip())]
    if not names:
        return None
    return View("/".join(names[:-1]) or None, names[-1])


def _labels(path: str | Path) -> Iterator[str]:
    """One label a row; a row that holds none would shift all those after it."""
    with open_binary(path) as stream:
        labels = as_text(stream).read().rstrip().splitlines()
    for line, label in enumerate(labels, start=1):
        name = label.strip().strip('"').lower()
        if line == 1 and name in _HEADS_OF_LABELS:
            continue
        if name not in _MALE:
            raise Fatal(f"{path}, line {line}: {label[:32]!r} is neither female nor male")
        yield name
