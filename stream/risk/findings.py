"""A finding: a reason that evidence gives, from an instant on and for as long as it holds."""

from msgspec import Struct

from stream.risk.reasons import holds_ms


class Finding(Struct, frozen=True):
    """``value`` in the unit of the code; the events that show it, oldest first; in words."""

    code: str
    at_ms: int
    value: int
    events: tuple[str, ...]
    detail: str

    @property
    def ends_ms(self) -> int:
        """When it holds no more."""
        return self.at_ms + holds_ms(self.code)

    def holds(self, as_of_ms: int) -> bool:
        """Whether it holds at an instant; it may lie a little ahead, brought by another's event."""
        return as_of_ms < self.ends_ms
