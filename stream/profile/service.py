"""Service: what the customer asks support for, gives back, complains of and how they rate."""

from typing import Annotated
from zlib import crc32

from msgspec import Meta, Struct

from stream.events import SupportContacted
from stream.profile import tally
from stream.profile.days import SUBJECTS_PER_DAY, DayTiles, tile_of
from stream.profile.occurrence import Occurrence
from stream.profile.social import SocialState
from stream.windows import HOUR_MS, first_hour

#: Cases kept of one customer, those with the newest contact.
MAX_CASES = 16
TOP_SUBJECTS = 10
#: What a contact without a subject is counted under.
NO_SUBJECT = "other"
#: Characters of a subject that are kept.
SUBJECT_LENGTH = 40


class Subject(Struct, frozen=True):
    """What support was contacted for."""

    name: Annotated[
        str,
        Meta(description="`subject` of the contacts, cut at 40 characters; `other` without one."),
    ]
    count: Annotated[int, Meta(ge=1, description="Contacts for it in the window.")]


class Service(Struct, frozen=True):
    """Support, refunds, complaints and ratings."""

    contacts_30d: Annotated[
        int, Meta(description="`support_contacted` events of `activity.window`.")
    ]
    subjects: Annotated[
        tuple[Subject, ...],
        Meta(
            description="Contacts by subject over the window in whole UTC days, most frequent "
            "first, at most ten; of one day four subjects are told apart, more count as `other`."
        ),
    ]
    open_complaints: Annotated[
        int,
        Meta(
            description="Cases with a contact in `activity.window` that says `complaint` and no "
            "later one that says `resolved`, of the 16 cases with the newest word; a complaint "
            "without a case id is a case of its own."
        ),
    ]
    refunds_30d: Annotated[int, Meta(description="`order_refunded` events of `activity.window`.")]
    ratings: Annotated[int, Meta(description="Product ratings ever given.")]
    average_rating: Annotated[
        Annotated[float, Meta(ge=1, le=5)] | None,
        Meta(description="Mean of the ratings ever given, 1 to 5 stars; null without any."),
    ]


class Case(Struct, array_like=True, order=True):
    """The newest word on a case: when, ms, and whether it complains or says it is resolved."""

    at_ms: int
    is_open: bool


#: hash of the case's id -> the newest contact that complained or resolved it
Cases = dict[int, Case]


def add(tiles: DayTiles, cases: Cases, occurrence: Occurrence) -> None:
    """Count a contact; other events are passed over."""
    event = occurrence.event
    if not isinstance(event, SupportContacted):
        return
    name = (event.subject or NO_SUBJECT)[:SUBJECT_LENGTH]
    tally.add(tile_of(tiles, occurrence.at_ms).subjects, name, 1, SUBJECTS_PER_DAY)
    if event.complaint or event.resolved:
        case_id = event.case_id or event.event_id
        is_open = not event.resolved
        _keep(cases, crc32(case_id.encode()), Case(occurrence.at_ms, is_open))


def merge(a: Cases, b: Cases) -> Cases:
    """The cases of both histories."""
    merged = dict(a)
    for key, case in b.items():
        _keep(merged, key, case)
    return merged


def _keep(cases: Cases, key: int, case: Case) -> None:
    known = cases.get(key)
    if known is None or case > known:
        cases[key] = case
    if len(cases) > MAX_CASES:
        # A case comes back only with a newer contact, and only the newest counts: what is left
        # does not depend on the order.
        del cases[min(cases, key=lambda kept: (cases[kept], kept))]


def prune(cases: Cases, newest_ms: int) -> None:
    """Drop what is outside the window of the customer's newest event, now and for ever."""
    oldest = first_hour(newest_ms)
    for key in [key for key, case in cases.items() if case.at_ms // HOUR_MS < oldest]:
        del cases[key]


def describe(
    subjects: dict[str, int],
    cases: Cases,
    social: SocialState,
    *,
    counts: dict[str, int],
    as_of_ms: int,
) -> Service:
    """The section; ``subjects`` are those of the day tiles, ``counts`` those of `activity`."""
    reviews = social.reviews
    return Service(
        contacts_30d=counts.get("support_contacted", 0),
        subjects=_top(subjects),
        open_complaints=sum(case.is_open for case in current(cases, as_of_ms)),
        refunds_30d=counts.get("order_refunded", 0),
        ratings=reviews,
        average_rating=round(social.rating_sum / reviews, 2) if reviews else None,
    )


def current(cases: Cases, as_of_ms: int) -> list[Case]:
    """The cases with their newest contact in the window."""
    oldest = first_hour(as_of_ms)
    return [case for case in cases.values() if case.at_ms // HOUR_MS >= oldest]


def subjects_of(tiles: DayTiles, days: list[int]) -> dict[str, int]:
    """Contacts by subject over some days."""
    subjects: dict[str, int] = {}
    for day in days:
        for name, count in tiles[day].subjects.items():
            known = name or NO_SUBJECT  # what did not fit a day counts as other
            subjects[known] = subjects.get(known, 0) + count
    return subjects


def _top(subjects: dict[str, int]) -> tuple[Subject, ...]:
    ranked = sorted(subjects.items(), key=lambda entry: (-entry[1], entry[0]))[:TOP_SUBJECTS]
    return tuple(Subject(name, count) for name, count in ranked)
