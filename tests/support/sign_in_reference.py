"""The model of sign-ins the plain way: whole histories, counted anew, in exact fractions.

Shares nothing with the code under test. A sign-in is a dict of what was sent; what is not in it was
not sent.
"""

from fractions import Fraction

SignIn = dict[str, str]

SPLITS = (
    {"ip": Fraction(60, 100), "asn": Fraction(30, 100), "country": Fraction(10, 100)},
    {
        "user_agent": Fraction(53, 100),
        "browser": Fraction(27, 100),
        "os": Fraction(19, 100),
        "kind": Fraction(1, 100),
    },
)


def reference_ratio(log: list[tuple[str, SignIn]], customer: str, now: SignIn) -> float | None:
    """The ratio for a sign-in of ``customer`` after all those in the log, (customer, sign-in)."""
    everybodys = [sign_in for _, sign_in in log]
    own = [sign_in for name, sign_in in log if name == customer]
    if not own:
        return None
    attacked = Fraction(1, len({name for name, _ in log}))
    legitimate = Fraction(len(own), len(everybodys))
    ratio = attacked / legitimate
    for split in SPLITS:
        likelihood = Fraction(0)
        own_likelihood = Fraction(0)
        for part, weight in split.items():
            value = now.get(part)
            likelihood += weight * _among_all(value, [each.get(part) for each in everybodys])
            own_likelihood += weight * _among_own(
                value, [each.get(part) for each in own], [each.get(part) for each in everybodys]
            )
        ratio *= likelihood / own_likelihood
    return float(ratio)


def _among_all(value: str | None, seen: list[str | None]) -> Fraction:
    """Seen values share all but the mass 1 / (N + 1), which a value not seen yet has alone."""
    reserved = Fraction(1, len(seen) + 1)
    if value not in seen:
        return reserved
    return Fraction(seen.count(value), len(seen)) * (1 - reserved)


def _among_own(value: str | None, seen: list[str | None], everybodys: list[str | None]) -> Fraction:
    """Of the reserved mass a value has its share among all customers."""
    reserved = Fraction(1, len(seen) + 1)
    frequency = Fraction(seen.count(value), len(seen))
    return frequency * (1 - reserved) + reserved * _among_all(value, everybodys)
