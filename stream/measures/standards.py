"""Standards: what ``describe`` measures a customer by, apart from the customer's own events."""

from msgspec import Struct

from stream.measures.affinity import Affinity
from stream.measures.fit import Target
from stream.measures.reference import NONE_TAKEN, Reference
from stream.measures.rules import NO_RULES, Rules
from stream.measures.tiers import Tier, builtin_tiers
from stream.money import exponent
from stream.risk.weights import NO_WEIGHTS, Weights


class Standards(Struct, frozen=True, kw_only=True):
    """Data that the shop sets, learned or measured; the same standards give the same document.

    ``currency``   base currency of all amounts
    ``tiers``      lowest first
    ``targets``    target portraits that customers are held against
    ``affinity``   learned table of what women and men look at; None before it was learned
    ``rules``      which labels and segments there are
    ``risk``       points of the reasons of a risk, and how they are read
    ``reference``  how the buyers of each store are distributed, and when they buy again
    ``version``    stands for all of it but the reference, which has a version of its own
    """

    currency: str
    tiers: tuple[Tier, ...]
    targets: tuple[Target, ...] = ()
    affinity: Affinity | None = None
    rules: Rules = NO_RULES
    risk: Weights = NO_WEIGHTS
    reference: Reference = NONE_TAKEN
    version: str = "default"

    @property
    def decimals(self) -> int:
        """Decimals of the base currency."""
        return exponent(self.currency)


def default_standards(currency: str) -> Standards:
    """The standards of a shop that has set and learned nothing."""
    return Standards(currency=currency, tiers=builtin_tiers(exponent(currency)))
