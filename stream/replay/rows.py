"""Rows of a CSV file with a header, each with its line number."""

import csv
from collections.abc import Iterator, Sequence
from operator import itemgetter
from typing import BinaryIO

from stream.errors import Fatal
from stream.replay.source import Skipped, as_text

#: A row with more, fewer or unreadable fields.
MALFORMED_ROW = "malformed_row"

#: Line number and the wanted columns, in the order they were asked for.
Row = tuple[int, tuple[str, ...]]


def read_rows(
    stream: BinaryIO, columns: Sequence[str], optional: Sequence[str] = ()
) -> Iterator[Row | Skipped]:
    """The wanted columns of every row; rows that do not fit the header are skipped.

    The header may hold more columns, in any order. At least two columns must be wanted. Optional
    ones come after the others, empty where the header lacks them. Raises :class:`Fatal` where it
    lacks another: then the file is of another format.
    """
    reader = csv.reader(as_text(stream))
    header = next(reader, [])
    missing = [name for name in columns if name not in header]
    if missing:
        raise Fatal(f"the header lacks the column {', '.join(missing)}; is --format right?")
    places = {name: place for place, name in enumerate(header)}
    pick = itemgetter(*(places.get(name, len(header)) for name in (*columns, *optional)))
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as exc:
            yield Skipped(reader.line_num, MALFORMED_ROW, str(exc))
            continue
        if len(row) == len(header):
            yield reader.line_num, pick([*row, ""])
        elif row:
            detail = f"{len(row)} fields, expected {len(header)}"
            yield Skipped(reader.line_num, MALFORMED_ROW, detail)
