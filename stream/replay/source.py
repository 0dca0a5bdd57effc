"""What a source of events is, and how the file under it is opened."""

import gzip
import io
import sys
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO, TextIO

from msgspec import Struct

from stream.errors import Fatal
from stream.events import Event

#: FILE that stands for standard input.
STANDARD_INPUT = "-"

#: ISO 4217 for no currency: amounts of a file that states none. The replay puts the base currency
#: of its settings there.
NO_CURRENCY = "XXX"

_GZIP_MAGIC = b"\x1f\x8b"


class Skipped(Struct, frozen=True):
    """A piece of the input that became no event.

    ``line`` counts from 1 as an editor does; ``reason`` is one of the few codes of the format;
    ``detail`` says what was wrong without repeating the customer's data.
    """

    line: int
    reason: str
    detail: str


#: What a source yields, in order of time as far as the format allows.
Found = Event | Skipped

#: A source over one file. It reads as it is asked, so a file of any size passes through.
ReadStream = Callable[[BinaryIO], Iterator[Found]]


class Meter:
    """How far the files of one replay have been read, in bytes on disk."""

    def __init__(self) -> None:
        self._files: list[tuple[BinaryIO, int]] = []
        self._closed = 0
        self.total = 0

    def add(self, file: BinaryIO, size: int) -> None:
        """Count an open file of ``size`` bytes."""
        self._files.append((file, size))
        self.total += size

    @property
    def done(self) -> int:
        """Bytes read so far; a closed file counts as read."""
        return sum(size if file.closed else file.tell() for file, size in self._files)


@contextmanager
def open_binary(path: str | Path, meter: Meter | None = None) -> Iterator[BinaryIO]:
    """Open a plain or gzipped file, or standard input for ``-``; gzip is told by its first bytes.

    The name says nothing of it on purpose: a pipe has none. Raises :class:`Fatal` where the file
    cannot be opened or read, which includes a gzip stream that ends in the middle.
    """
    try:
        with ExitStack() as files:
            if str(path) == STANDARD_INPUT:
                raw: BinaryIO = sys.stdin.buffer
            else:
                raw = files.enter_context(open(path, "rb"))
                if meter is not None:
                    meter.add(raw, Path(path).stat().st_size)
            buffered = io.BufferedReader(raw)  # type: ignore[type-var]
            if buffered.peek(2)[:2] == _GZIP_MAGIC:
                yield files.enter_context(gzip.open(buffered))  # type: ignore[misc]
            else:
                yield buffered
    except (EOFError, zlib.error) as exc:
        raise Fatal(f"cannot read {path}: the gzip stream is damaged ({exc})") from None
    except OSError as exc:
        raise Fatal(f"cannot read {path}: {exc.strerror or exc}") from None


def as_text(stream: BinaryIO) -> TextIO:
    """Decode UTF-8 with or without byte order mark; a wrong byte spoils its field, not the file."""
    return io.TextIOWrapper(stream, encoding="utf-8-sig", errors="replace", newline="")
