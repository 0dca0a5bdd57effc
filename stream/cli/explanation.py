"""`portrait show --explain`: the evidence behind a portrait, for people or as JSON."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import groupby, zip_longest

from msgspec import Struct
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from stream.cli.options import new_view
from stream.explain.evidence import Evidence
from stream.explain.portrait import explain
from stream.measures.reference import BUILTIN_VERSION
from stream.profile.portrait import Portrait, difference
from stream.query import described, read_document
from stream.tables import codec
from stream.tables.table import PortraitTable
from stream.windows import to_ms

#: Columns that values have at most; longer ones are wrapped.
_VALUE_WIDTH = 28
_GAP = 2
#: Columns that the evidence has at least: on a narrower terminal its lines are broken.
_NARROWEST = 24


class Explained(Struct, frozen=True):
    """A portrait that was described anew, with its evidence.

    ``differs`` are the sections in which it is not what was published for the same instant.
    """

    portrait: Portrait
    evidence: tuple[Evidence, ...]
    differs: tuple[str, ...] = ()

    @property
    def remark(self) -> str | None:
        """What to know before believing that this explains the published document."""
        if not self.differs:
            return None
        return (
            f"{', '.join(self.differs)}: not as published, since tiers, targets, rules, weights, "
            "the gender table or the reference are others than then; explained is the portrait "
            "by those used here"
        )


async def explained(
    table: PortraitTable, key: str, as_of_ms: int | None, reference: str | None
) -> Explained | None:
    """The evidence as of an instant, or behind the document as it was published last.

    The latter by the reference that it names, as long as that is kept. None for an unknown or
    erased customer. Raises :class:`~stream.profile.portrait.NotYetKnown` before the newest event.
    """
    (record,) = await table.load([key])
    if record is None or record.document is None:
        return None
    published = read_document(record.document)
    if as_of_ms is None and reference is None:
        reference = await _kept(table, published.reference)
    at_ms = to_ms(datetime.fromisoformat(published.as_of)) if as_of_ms is None else as_of_ms
    view = await new_view(table, at_ms, reference)
    portrait = described(key, record, view)
    evidence = tuple(explain(portrait, codec.decode(record.state), view.standards))
    differs = difference(published, portrait) if as_of_ms is None else None
    return Explained(portrait, evidence, differs or ())


async def _kept(table: PortraitTable, version: str) -> str | None:
    """The version where it can still be read, else None, which is the one in use."""
    kept = {name for name, _ in await table.references()}
    return version if version in kept or version == BUILTIN_VERSION else None


def evidence_lines(evidence: Iterable[Evidence], console: Console) -> Iterator[Text]:
    """The evidence section by section, wrapped to the console, without spaces at the end."""
    for section, found in groupby(evidence, key=lambda each: each.path.partition(".")[0]):
        yield from _section_lines(section, list(found), console)


def _section_lines(section: str, found: list[Evidence], console: Console) -> Iterator[Text]:
    labels = [Text(f"  {each.path.partition('.')[2]}") for each in found]
    if len(found) == 1 and found[0].path == section:
        labels = [Text(section, "bold")]
    else:
        yield Text(section, "bold")
    path_width = max(label.cell_len for label in labels) + _GAP
    longest = max(cell_len(each.value) for each in found)
    value_width = min(
        longest, _VALUE_WIDTH, max((console.width - path_width) // 3, _NARROWEST // 2)
    )
    widths = path_width, value_width + _GAP
    before = None
    for label, each in zip(labels, found, strict=True):
        # Entries of a list share a path: it is said once.
        yield from _wrapped(Text() if each.path == before else label, each, widths, console)
        before = each.path


def _wrapped(
    label: Text, evidence: Evidence, widths: tuple[int, int], console: Console
) -> Iterator[Text]:
    path_width, left = widths[0], sum(widths)
    values = Text(evidence.value).wrap(console, widths[1] - _GAP)
    because = Text(evidence.because, "dim").wrap(console, max(console.width - left, _NARROWEST))
    for number, (value, reason) in enumerate(zip_longest(values, because, fillvalue=Text())):
        line = label.copy() if number == 0 else Text()
        line.pad_right(path_width - line.cell_len)
        line.append_text(value)
        line.pad_right(left - line.cell_len)
        line.append_text(reason)
        line.rstrip()
        yield line
