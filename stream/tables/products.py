"""The contract of the product table, kept by Redis in production and by memory in tests."""

from collections.abc import Sequence
from typing import Protocol

from stream.groups.acceptance import ProductFacts
from stream.profile.encounters import Encounter


class ProductTable(Protocol):
    """When each product first appeared in a store, and who first viewed and bought it when.

    Every method may raise :class:`~stream.errors.Transient`; calling again is always safe.
    """

    async def note(self, encounters: Sequence[Encounter]) -> None:
        """Keep the earliest time of each fact; in any order, and any number of times.

        Views and purchases may be left out that lie
        :data:`~stream.groups.acceptance.ACCEPTANCE_DAYS` or more after the product's appearance.
        """
        ...

    async def of(self, store_id: str, product_id: str) -> ProductFacts | None:
        """What is kept of a product; None for one that never appeared."""
        ...

    async def newest(self, store_id: str, limit: int) -> list[tuple[str, int]]:
        """At most ``limit`` (>= 1) products and when they appeared, ms; the newest first."""
        ...

    async def close(self) -> None:
        """Give back connections."""
        ...
