"""The tables of the data set: where they lie and how their rows are read."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from zoneinfo import ZoneInfo

from stream.errors import Fatal
from stream.replay.rows import Row, read_rows
from stream.replay.source import Meter, Skipped, open_binary

#: Local time of the households.
NEW_YORK = ZoneInfo("America/New_York")

_SUFFIXES = (".csv.gz", ".csv")


def find(folder: Path, table: str) -> Path | None:
    """The file of a table, if the folder has it."""
    candidates = (folder / f"{table}{suffix}" for suffix in _SUFFIXES)
    return next((path for path in candidates if path.is_file()), None)


def read_table(
    path: Path, columns: Sequence[str], meter: Meter | None = None
) -> Iterator[Row | Skipped]:
    """The rows of a table; what is skipped and what is fatal names its file."""
    with open_binary(path, meter) as stream:
        try:
            for row in read_rows(stream, columns):
                if isinstance(row, Skipped):
                    yield skip(path, row.line, row.reason, row.detail)
                else:
                    yield row
        except Fatal as exc:
            raise Fatal(f"{path.name}: {exc}") from None


def skip(path: Path, line: int, reason: str, detail: str) -> Skipped:
    """A skipped row that names its file, since line numbers of several files mix."""
    return Skipped(line, reason, f"{path.name}: {detail}")
