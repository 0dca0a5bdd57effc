"""Countries of IPv4 addresses, by a table of ranges: lower bound, upper bound, country."""

from bisect import bisect_right
from pathlib import Path
from typing import BinaryIO

from stream.replay.amounts import to_name
from stream.replay.rows import MALFORMED_ROW, Row, read_rows
from stream.replay.source import STANDARD_INPUT, Skipped, open_binary

COLUMNS = ("lower_bound_ip_address", "upper_bound_ip_address", "country")

#: Names that the table may have beside the file whose addresses it places.
FILES = ("ip_to_country.csv.gz", "ip_to_country.csv")


class IpCountries:
    """Which country an address belongs to; bounds are closed, ranges do not overlap.

    ``skipped`` are the rows of the table that could not be read: what they would tell is unknown.
    """

    def __init__(self) -> None:
        self._lower: list[int] = []
        self._upper: list[int] = []
        self._names: list[str] = []
        self.skipped: list[Skipped] = []

    def country(self, address: int) -> str | None:
        """The name as the table has it; None for an address in none of its ranges."""
        place = bisect_right(self._lower, address) - 1
        if place < 0 or address > self._upper[place]:
            return None
        return self._names[place]

    def read(self, stream: BinaryIO, name: str) -> None:
        """Take in a table; ``name`` is the file's, for what is skipped.

        A name in the last row that is but the beginning of another, and stands nowhere else, was
        cut with the file. Raises :class:`~stream.errors.Fatal` where the header lacks a column.
        """
        ranges: list[tuple[int, int, str]] = []
        line = 0
        for row in read_rows(stream, COLUMNS):
            if isinstance(row, Skipped):
                self._skip(row.line, name, row.detail)
                continue
            line = row[0]
            try:
                ranges.append(_to_range(row))
            except ValueError as exc:
                self._skip(line, name, str(exc))
        if ranges and _is_cut(ranges[-1][2], {country for *_, country in ranges[:-1]}):
            ranges.pop()
            self._skip(line, name, "the last row is cut")
        ranges.sort()
        self._lower, self._upper = [low for low, *_ in ranges], [high for _, high, _ in ranges]
        self._names = [country for *_, country in ranges]

    def _skip(self, line: int, name: str, detail: str) -> None:
        self.skipped.append(Skipped(line, MALFORMED_ROW, f"{name}: {detail}"))


def beside(path: str | Path) -> IpCountries:
    """The table in the folder of a file; one that knows no country where there is none.

    Standard input lies in no folder.
    """
    countries = IpCountries()
    if str(path) == STANDARD_INPUT:
        return countries
    found = next((table for n in FILES if (table := Path(path).parent / n).is_file()), None)
    if found is not None:
        with open_binary(found) as stream:
            countries.read(stream, found.name)
    return countries


def to_address(text: str) -> int:
    """The 32 bits of an IPv4 address, written as a decimal number; ValueError for no such.

    The published sets went through R, which wrote integers of that size as floats, some with a
    fraction that stands for nothing.
    """
    number = float(text)
    if not 0 <= number < 2**32:
        raise ValueError(f"{text[:24]!r} is no IPv4 address")
    return int(number)


def _to_range(row: Row) -> tuple[int, int, str]:
    _, (lower, upper, country) = row
    name = to_name(country)
    if name is None:
        raise ValueError("the country is empty")
    return to_address(lower), to_address(upper), name


def _is_cut(last: str, others: set[str]) -> bool:
    return last not in others and any(other.startswith(last) for other in others)
