"""The live picture: what the terminal shows of figures, crowd and faces, line by line."""

from collections.abc import Iterator, Sequence
from itertools import zip_longest

from rich.cells import cell_len, set_cell_size
from rich.text import Text

from stream.demo.attackers.caught import Watch
from stream.demo.crowd import Crowd, Named
from stream.demo.figures import Face, Figures, rates
from stream.demo.plain import aim_words, peaks
from stream.terminal import RULER, bars, counted

#: Columns of what stands before a line, of a segment's names, of a label's, and between these two;
#: with five for each count they make 80.
_LABEL, _SEGMENT, _NAMED, _GAP = 16, 36, 31, 3
#: Columns of a figure's name and of its value.
_FIGURE, _VALUE = 14, 10
#: Lines of labels where there are fewer segments.
_LABELS = 8


def picture(
    note: str,
    before: Figures,
    now: Figures,
    crowd: Crowd,
    faces: Sequence[Face],
    *,
    height: int,
) -> list[Text]:
    """Lines that are as wide as the terminal at most, and no more than `height`.

    Where that is too few, faces are left out first, and then what is at the end.
    """
    day = [_day("visitors", crowd.visitors, crowd.visitor_peaks)] if any(crowd.visitors) else []
    if any(crowd.buyers):
        day.append(_day("buyers", crowd.buyers, crowd.buyer_peaks))
    others = [
        Text.assemble((f"Portrait Stream: a simulated shop, {now.elapsed_s:.0f} s", "bold")),
        *_figures(before, now),
        *_groups(crowd),
    ]
    if note:
        others[0].append(f"  {note}", "dim")
    last = [*_aims(crowd), *_watched(crowd.watch), *_moves(crowd)]
    ruler = [Text.assemble(" " * _LABEL, (f"{RULER}local hours", "dim"))]
    room = max(0, height - len(others) - len(day) - len(ruler) - len(last))
    day += [_face(one) for one in faces[:room]]
    lines = [*others, *day, *(ruler if day else ()), *last][: max(1, height)]
    for line in lines:
        line.rstrip()
        line.no_wrap, line.overflow = True, "ellipsis"
    return lines


def _figures(before: Figures, now: Figures) -> Iterator[Text]:
    events, changes = rates(before, now)
    for row in (
        (("events in", now.events_in), ("processed", now.processed), ("lag", now.lag)),
        (("events in/s", events), ("changes/s", changes), ("dead letters", now.dead_letters)),
        (("portraits", now.portraits), ("changes", now.changes), ("segment moves", now.moves)),
    ):
        line = Text()
        for name, value in row:
            line.append(f"{name:<{_FIGURE}}", "dim").append(f"{value:>{_VALUE},.0f}   ")
        yield line


def _groups(crowd: Crowd) -> Iterator[Text]:
    """Segments, and beside them the labels that most have."""
    if not crowd.customers:
        return
    left = [_size(each, _SEGMENT) for each in crowd.segments]
    right = [_size(each, _NAMED) for each in crowd.labels[: max(_LABELS, len(left))]]
    titles = Text.assemble((_cut("segments", _SEGMENT + 5 + _GAP), "bold"))
    yield titles.append("most frequent labels", "bold")
    for segment, label in zip_longest(left, right, fillvalue=Text()):
        segment.append(" " * (_SEGMENT + 5 + _GAP - segment.cell_len))
        yield segment.append_text(label)


def _size(each: Named, width: int) -> Text:
    return Text.assemble(_cut(each.title, width), (f"{each.customers:>5}", "cyan"))


def _day(name: str, by_hour: Sequence[int], peak_hours: Sequence[int]) -> Text:
    return Text.assemble(
        (f"{name:<{_LABEL}}", "bold"), (bars(by_hour), "green"), f"  {peaks(by_hour, peak_hours)}"
    )


def _face(one: Face) -> Text:
    bought = f"{counted(one.orders, 'order')} {one.amount}".rstrip()
    likes = (f"likes {', '.join(one.favourites)}",) if one.favourites else ()
    return Text.assemble(
        (_cut(one.customer, _LABEL), "dim"),
        (bars(one.by_hour), "cyan"),
        f"  {', '.join([bought, *one.manner, *likes, one.home])}",
    )


def _aims(crowd: Crowd) -> Iterator[Text]:
    for number, aim in enumerate(crowd.aims):
        yield _labelled("" if number else "target portrait", aim_words(aim))


def _watched(watch: Watch) -> Iterator[Text]:
    """In two lines, since five kinds would not fit into one."""
    if watch.attacks:
        named = [f"{each.attack} {each.high} of {each.customers}" for each in watch.attacks]
        named.append(f"honest {watch.accused} of {watch.honest}")
        yield _labelled("simulated", ", ".join(named[:3]))
        yield _labelled("attackers found", ", ".join(named[3:]))


def _moves(crowd: Crowd) -> Iterator[Text]:
    for number, move in enumerate(crowd.moves):
        line = _labelled("" if number else "moved last", f"{move.at} {move.customer} ")
        style = "green" if move.move == "entered" else "red"
        yield line.append(move.move, style).append(f" {move.segment}")


def _labelled(label: str, words: str) -> Text:
    return Text.assemble((f"{label:<{_LABEL}}", "bold"), words)


def _cut(text: str, width: int) -> str:
    """The text in exactly so many columns."""
    if cell_len(text) < width:
        return set_cell_size(text, width)
    return set_cell_size(text, width - 2) + "… "
