"""The formats that `portrait replay` reads, and the way from a path to events."""

from collections.abc import Iterator
from pathlib import Path

from stream.errors import Fatal
from stream.replay import cdnow, fraud_ecommerce, native, rees46, uci_retail
from stream.replay.completejourney import history
from stream.replay.ip_countries import beside
from stream.replay.segment import calls
from stream.replay.source import STANDARD_INPUT, Found, Meter, ReadStream, open_binary

#: The format whose addresses a table beside the file places in countries.
FRAUD_ECOMMERCE = "fraud-ecommerce"
#: Formats of one file: name -> source.
FILES: dict[str, ReadStream] = {
    "native": native.read,
    "segment": calls.read,
    "uci-retail": uci_retail.read,
    "rees46": rees46.read,
    "cdnow": cdnow.read,
    FRAUD_ECOMMERCE: fraud_ecommerce.read,
}
#: The format of a folder of tables.
COMPLETE_JOURNEY = "completejourney"

FORMATS: tuple[str, ...] = (*FILES, COMPLETE_JOURNEY)


def read_events(path: str, format_name: str, meter: Meter | None = None) -> Iterator[Found]:
    """The events of a file, a folder or standard input (``-``).

    The file is open while the iterator is in use. Raises :class:`~stream.errors.Fatal`, on the
    first step, where the file cannot be read or is of another format.
    """
    if format_name == COMPLETE_JOURNEY:
        if path == STANDARD_INPUT:
            raise Fatal(f"{COMPLETE_JOURNEY} is a folder of tables; standard input holds one file")
        yield from history.read(Path(path), meter)
        return
    with open_binary(path, meter) as stream:
        if format_name == FRAUD_ECOMMERCE:
            yield from fraud_ecommerce.read(stream, beside(path))
        else:
            yield from FILES[format_name](stream)
