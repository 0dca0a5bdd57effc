"""The contract of the fact table, kept by Redis in production and by memory in tests.

What it knows is of many customers at once: who shares a device, and how all of a store sign in.
"""

from collections.abc import Iterator, Sequence
from typing import Protocol

from msgspec import Struct
from msgspec.structs import astuple

from stream.risk.facts import Answer, Question
from stream.risk.records import Features, SignInCounts

#: Members of a scope that are kept, the newest.
MEMBERS = 1_000
#: Others that an answer names, at most.
OTHERS = 20
#: A scope goes so long after somebody was last added to it, and its longest window. Whom it has
#: forgotten would count as new; addresses come and go, and are not kept like devices.
EXPIRY_S = 20 * 24 * 3600


class CountedSignIn(Struct, frozen=True):
    """A sign-in to be counted: where its record stands in the source, who, and what it shows."""

    offset: int
    store_id: str
    key: str
    features: Features


class FactTable(Protocol):
    """Facts about many customers; every method may raise :class:`~stream.errors.Transient`.

    Calling again is always safe: it notes nothing twice, and the answers differ only by what others
    did meanwhile.
    """

    async def ask(self, questions: Sequence[tuple[str, Question]]) -> list[Answer]:
        """The answers to questions, each with its store, one after the other; in one round trip.

        A member comes first, then the counts; the newest :data:`MEMBERS` of a scope are kept. At
        most :data:`OTHERS` others within the first window are named, the newest first.
        """
        ...

    async def count_sign_ins(
        self, source: str, sign_ins: Sequence[CountedSignIn]
    ) -> list[SignInCounts]:
        """Count sign-ins of a source, each record once, in one round trip; by rising offset.

        The answer is, for each, what its store had come to before it: without itself, and those
        after it in ``sign_ins``, whenever they were counted.
        """
        ...

    async def close(self) -> None:
        """Give back connections."""
        ...


class Totals(Struct):
    """What a store came to: sign-ins by name, and distinct customers."""

    counts: dict[str, int]
    customers: int


#: The counts that a sign-in adds to: all sign-ins, and one for each of its features in turn.
Names = tuple[str, ...]


def names(features: Features) -> Names:
    """The counts that a sign-in with these features adds to."""
    return ("n", *(f"{place}:{value}" for place, value in enumerate(astuple(features))))


def before(named: Sequence[Names], brought: Sequence[bool], after: Totals) -> list[SignInCounts]:
    """The counts before each sign-in of a store, from what they are after all of them.

    ``named`` are the counts that each added to, ``brought`` says whether it was its customer's
    first. Uses ``after`` up.
    """
    return list(_backwards(named, brought, after))[::-1]


def _backwards(
    named: Sequence[Names], brought: Sequence[bool], after: Totals
) -> Iterator[SignInCounts]:
    counts = after.counts
    for mine, first in zip(reversed(named), reversed(brought), strict=True):
        for name in mine:
            counts[name] -= 1
        after.customers -= first
        sign_ins, *features = map(counts.__getitem__, mine)
        yield SignInCounts(sign_ins, after.customers, *features)
