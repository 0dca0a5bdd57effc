"""The basis of an explanation: a portrait and everything that it was made of."""

from datetime import datetime
from operator import attrgetter
from typing import Self

from msgspec import Struct

from stream.explain.evidence import Evidence, as_read
from stream.measures.reference import BUILTIN_VERSION, StoreReference
from stream.measures.standards import Standards
from stream.money import to_text
from stream.profile import days, preference
from stream.profile.portrait import Portrait
from stream.profile.preference import Totals
from stream.profile.state import State
from stream.windows import to_ms


class Basis(Struct, frozen=True, kw_only=True):
    """What ``describe`` started from, and what it added up on its way.

    ``store``   distributions that the customer is compared with
    ``days``    UTC days of the window with a tile, oldest first
    ``totals``  their tiles added up, and ``categories`` the points by category without weights
    """

    portrait: Portrait
    state: State
    standards: Standards
    as_of_ms: int
    store: StoreReference
    days: list[int]
    totals: Totals
    categories: dict[str, int]

    @classmethod
    def of(cls, portrait: Portrait, state: State, standards: Standards) -> Self:
        """The basis of a portrait that was described from this state, by these standards."""
        as_of_ms = to_ms(datetime.fromisoformat(portrait.as_of))
        in_window = days.in_window(state.days, as_of_ms)
        return cls(
            portrait=portrait,
            state=state,
            standards=standards,
            as_of_ms=as_of_ms,
            store=standards.reference.of(portrait.store_id, standards.decimals)[1],
            days=in_window,
            totals=preference.add_up(state.days, in_window),
            categories=preference.category_points(state.days, in_window),
        )

    def because(self, path: str, because: str) -> Evidence:
        """Evidence for the value that the document has at a path."""
        return Evidence(path, as_read(attrgetter(path)(self.portrait)), because)

    def money(self, minor: int) -> str:
        """An amount with its currency: ``12.50 USD``."""
        return self.priced(to_text(minor, self.standards.decimals))

    def priced(self, amount: str | None) -> str:
        """An amount of the document with its currency."""
        return f"{amount} {self.standards.currency}"

    @property
    def crowd(self) -> str:
        """Whom the customer is compared with."""
        if self.portrait.reference == BUILTIN_VERSION:
            return f"the buyers of a general shop (reference {BUILTIN_VERSION})"
        return f"{self.store.buyers} buyers (reference {self.portrait.reference})"
