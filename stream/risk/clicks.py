"""Findings of the part `order` in the clicks: machines that look at products.

Of clicks only the times of the newest :data:`~stream.risk.evidence.CLICKS` are kept, so these
findings name no events; their details say when the clicks were. Times are kept in ticks of
:data:`~stream.risk.evidence.CLICK_TICK_MS`: clicks every few ticks need not look regular, but they
are rapid.
"""

from bisect import bisect_right
from collections.abc import Iterator
from itertools import accumulate, pairwise
from math import sqrt

from stream.risk.findings import Finding, number_of
from stream.risk.reasons import KINDS
from stream.risk.subject import Subject
from stream.windows import to_rfc3339

#: A run of equal intervals is told when it comes to so many clicks. A finding for each click of it
#: would say no more, and each of them is weighed for every portrait.
_LENGTHS = (12, 16, 24, 32)
#: Intervals are a machine's if their standard deviation is below the 20th part of their mean.
#: Those of people are heavy-tailed: Barabási, "The origin of bursts and heavy tails in human
#: dynamics", Nature 435 (2005), 207-211.
_PARTS = 20
#: Means of intervals from here on, ms, are left alone: a page that is opened every quarter of an
#: hour may be a habit.
_LONGEST_MS = 600_000
#: Of 31 such intervals none is further from the mean than sqrt(30) deviations, so that no two
#: differ by as much as this factor.
_ALIKE = (_PARTS + sqrt(30)) / (_PARTS - sqrt(30))
_MINUTE_MS = 60_000


def find(subject: Subject) -> Iterator[Finding]:
    """What the clicks show."""
    clicks = subject.evidence.clicks
    if len(clicks) >= _LENGTHS[0]:
        yield from _regular(clicks)
        yield from _rapid(clicks)


def _regular(clicks: list[int]) -> Iterator[Finding]:
    """Runs of equal intervals, anchored at the click that made the run so long."""
    for first, last in _stretches(clicks):
        stretch = clicks[first : last + 1]
        intervals = (after - before for before, after in pairwise(stretch))
        sums = list(accumulate((each * each for each in intervals), initial=0))
        for end in range(_LENGTHS[0] - 1, len(stretch)):
            for start in (end - length + 1 for length in _LENGTHS if length <= end + 1):
                if _equal(stretch, sums, start, end) and not (
                    start and _equal(stretch, sums, start - 1, end)
                ):
                    yield _run(stretch[start : end + 1])


def _run(run: list[int]) -> Finding:
    seconds = (run[-1] - run[0]) / (len(run) - 1) / 1000
    number = number_of("regular_clicks", len(run))
    detail = f"{number} clicks at intervals of {seconds:.1f} s since {to_rfc3339(run[0])}"
    return Finding("regular_clicks", run[-1], len(run), (), detail)


def _stretches(clicks: list[int]) -> Iterator[tuple[int, int]]:
    """First and last index of clicks, twelve or more, whose neighbouring intervals are alike.

    Eleven intervals in a row hold every eleventh one, so it is enough to look around these.
    """
    step, reached = _LENGTHS[0] - 1, 0
    for middle in range(step, len(clicks), step):
        first = last = middle  # the interval that ends at that click
        while first > 1 and _alike(clicks, first - 1):
            first -= 1
        while last < len(clicks) - 1 and _alike(clicks, last):
            last += 1
        if last - first + 1 >= step and first > reached:
            reached = last
            yield first - 1, last


def _alike(clicks: list[int], place: int) -> bool:
    """Whether the intervals before and after a click may belong to one run."""
    before, after = clicks[place] - clicks[place - 1], clicks[place + 1] - clicks[place]
    return before < _ALIKE * after and after < _ALIKE * before


def _equal(clicks: list[int], sums: list[int], start: int, end: int) -> bool:
    """Whether the intervals from one click to another are a machine's, from the sums of their
    squares up to each click: variance < (mean / 20)², in integers.
    """
    n, total = end - start, clicks[end] - clicks[start]
    spread = n * (sums[end] - sums[start]) - total * total
    return 0 < total < n * _LONGEST_MS and _PARTS * _PARTS * spread < total * total


def _rapid(clicks: list[int]) -> Iterator[Finding]:
    """More clicks within a minute than a hand makes."""
    least = KINDS["rapid_clicks"].worth
    for at_ms in sorted(set(clicks[least - 1 :])):
        first = bisect_right(clicks, at_ms - _MINUTE_MS)
        count = bisect_right(clicks, at_ms) - first
        if count >= least:
            number = number_of("rapid_clicks", count)
            detail = f"{number} clicks within a minute since {to_rfc3339(clicks[first])}"
            yield Finding("rapid_clicks", at_ms, count, (), detail)
