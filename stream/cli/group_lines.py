"""A group on one screen: head figures, distributions as bars, the day, and the channels."""

from collections.abc import Iterator, Sequence
from itertools import zip_longest

from rich import box
from rich.cells import cell_len, set_cell_size
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from stream.groups.portrait import Channel, DayCurve, GroupPortrait, Part
from stream.measures.rules import Rule
from stream.terminal import RULER, bars, counted

#: What is said of a segment that has customers and no rule.
NO_LONGER = "no longer in the rule file"

_LABEL_WIDTH = 15
#: Parts of a distribution that are shown; the rest is named in a word.
_SHOWN = 6
#: Columns of a name, at least.
_NAME_WIDTH = 16
_BAR_WIDTH = 8
#: Columns of one distribution beside the names: bar, percent and customers, with spaces between
#: them; with the narrowest names two fit beside each other on 80 columns.
_FIGURES_WIDTH = _BAR_WIDTH + 14
_GAP = 3

#: Parts of a cell, an eighth each.
_EIGHTHS = " ▏▎▍▌▋▊▉"


def lines(
    portrait: GroupPortrait, rule: Rule | None, width: int, gone: str = NO_LONGER
) -> Iterator[Text]:
    """The group for people, without spaces at the end of a line; the channels have a table.

    ``gone`` is said of a segment without a rule. Distributions stand side by side where the
    terminal is so many columns wide.
    """
    yield _head(portrait, rule, gone)
    for label, value in _figures(portrait):
        yield _labelled(label, value)
    if not portrait.customers:
        return
    yield _labelled("visitors", _curve(portrait.hours.visitors, "green"))
    yield _labelled("buyers", _curve(portrait.hours.buyers, "cyan"))
    yield _labelled("", Text(f"{RULER}events by local hour, 30 days", "dim"))
    yield from _blocks(portrait, width)
    nothing = [name for name, parts in _distributions(portrait) if not _known(parts)]
    if not _known(portrait.channels):
        nothing.append("channel")
    if nothing:
        yield Text()
        yield _labelled("nothing known", Text(", ".join(nothing), "dim"))


def channel_table(portrait: GroupPortrait) -> Table | None:
    """How good the acquisition channels are; None where none is known."""
    if not _known(portrait.channels):
        return None
    table = Table(title="\nchannels they came by", title_justify="left", box=box.SIMPLE)
    table.add_column("channel", overflow="fold")
    for name in ("customers", "buyers", "bought", portrait.currency, "each", "refunded"):
        table.add_column(name, justify="right")
    for each in portrait.channels:
        table.add_row(
            Text("unknown", "dim") if each.name is None else escape(each.name),
            f"{each.customers:,}",
            f"{each.buyers:,}",
            _percent(each.conversion),
            each.amount,
            each.amount_per_customer,
            "-" if each.refund_rate is None else _percent(each.refund_rate),
        )
    return table


def _head(portrait: GroupPortrait, rule: Rule | None, gone: str) -> Text:
    name = "/".join(filter(None, (portrait.store_id, portrait.segment)))
    if rule is not None:
        about = " · ".join(dict.fromkeys(each for each in (rule.en, rule.zh) if each != name))
    else:
        about = "the whole store" if portrait.segment is None else gone
    return Text.assemble((name, "bold cyan"), (f"  {about}", "dim"))


def _figures(portrait: GroupPortrait) -> Iterator[tuple[str, str]]:
    customers, currency = portrait.customers, portrait.currency
    if not customers:
        yield "customers", "none now"
        return
    yield (
        "customers",
        f"{customers:,}, {_percent(portrait.active / customers)} active in 30 days, "
        f"{_percent(portrait.buyers / customers)} ever bought",
    )
    for label, orders, amount, average, more in (
        ("30 days", portrait.orders_30d, portrait.amount_30d, portrait.average_order_30d, ""),
        ("ever", portrait.orders, portrait.amount, portrait.average_order,
         f", {portrait.refunded} refunded"),
    ):  # fmt: skip
        mean = "" if average is None else f", {average} on average"
        yield label, f"{amount} {currency} in {counted(orders, 'order')}{mean}{more}"


def _distributions(portrait: GroupPortrait) -> Sequence[tuple[str, Sequence[Part]]]:
    return (
        ("gender", portrait.natural_gender),
        ("shops like", portrait.shopping_gender),
        ("age", portrait.age_band),
        ("country", portrait.country),
        ("tier", portrait.tier),
        (f"price met, {portrait.currency}", portrait.price_band),
        ("category", portrait.category),
        ("brand", portrait.brand),
        ("labels", portrait.labels),
    )


def _known(parts: Sequence[Part | Channel]) -> bool:
    return any(part.name is not None for part in parts)


def _blocks(portrait: GroupPortrait, width: int) -> Iterator[Text]:
    known = [(title, parts) for title, parts in _distributions(portrait) if _known(parts)]
    columns = 2 if width >= 2 * (_NAME_WIDTH + _FIGURES_WIDTH) + _GAP else 1
    room = (width - (columns - 1) * _GAP) // columns - _FIGURES_WIDTH
    longest = max((cell_len(part.name or "") for _, parts in known for part in parts), default=0)
    name_width = max(_NAME_WIDTH, min(room, longest))
    blocks = [_block(title, parts, name_width) for title, parts in known]
    for start in range(0, len(blocks), columns):
        yield Text()
        for row in zip_longest(*blocks[start : start + columns], fillvalue=Text()):
            yield _side_by_side(row, name_width + _FIGURES_WIDTH)


def _block(title: str, parts: Sequence[Part], name_width: int) -> list[Text]:
    # What is unknown is always shown: it says how far the others can be trusted.
    unknown = [part for part in parts if part.name is None]
    known = [part for part in parts if part.name is not None]
    # Bands say nothing unless all of them are there.
    shown = known if title == "age" or title.startswith("price") else known[:_SHOWN]
    more = f", the first {_SHOWN}" if len(shown) < len(known) else ""
    otherwise = "none" if title == "tier" else "unknown"
    return [
        Text.assemble((title, "bold"), (more, "dim")),
        *(_row(part, otherwise, name_width) for part in (*shown, *unknown)),
    ]


def _row(part: Part, otherwise: str, width: int) -> Text:
    name = otherwise if part.name is None else part.name
    short = name if cell_len(name) <= width else set_cell_size(name, width - 1) + "…"
    known = part.name is not None
    return Text.assemble(
        (set_cell_size(short, width), "" if known else "dim"),
        (f" {_bar(part.share):<{_BAR_WIDTH}}", "green" if known else "dim"),
        f" {_percent(part.share):>4}",
        (f" {part.customers:>7,}", "dim"),
    )


def _bar(share: float) -> str:
    """A part as a bar, to an eighth of a cell; not even the smallest is nothing."""
    eighths = max(1, round(share * _BAR_WIDTH * 8))
    full, part = divmod(eighths, 8)
    return "█" * full + (_EIGHTHS[part] if part else "")


def _curve(curve: DayCurve, style: str) -> Text:
    if not any(curve.by_hour):
        return Text("none in the last 30 days")
    peaks = ", ".join(map(str, curve.peak_hours)) or "none"
    return Text.assemble((bars(curve.by_hour), style), f" peak hours {peaks}")


def _side_by_side(row: Sequence[Text], width: int) -> Text:
    line = Text()
    for place, cell in enumerate(row):
        if place:
            line.append(" " * (place * (width + _GAP) - line.cell_len))
        line.append_text(cell)
    line.rstrip()
    return line


def _labelled(label: str, value: str | Text) -> Text:
    line = Text.assemble((f"{label:<{_LABEL_WIDTH}}", "bold"), value)
    line.rstrip()
    return line


def _percent(share: float) -> str:
    return f"{share:.0%}"
