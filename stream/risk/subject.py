"""The subject: all that the risk of one customer is judged by."""

from collections.abc import Collection

from msgspec import Struct

from stream.risk.evidence import Evidence
from stream.risk.reasons import keeps_ms


class Subject(Struct):
    """Evidence, and the little besides it that the rest of the customer's state knows.

    ``registered_ms``   first sign-up, None where none was seen
    ``first_order_ms``  first completed order
    ``newest_ms``       newest event
    ``browsed``         UTC hours (``ms // HOUR_MS``) of the last 30 days with a click, a search, a
                        wish or something put into the cart
    """

    evidence: Evidence
    registered_ms: int | None
    first_order_ms: int | None
    newest_ms: int
    browsed: Collection[int]

    def since_ms(self, code: str) -> int:
        """A finding anchored there or before it is over, and no level remembers it any more."""
        return self.newest_ms - keeps_ms(code)
