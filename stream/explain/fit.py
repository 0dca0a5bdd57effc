"""Evidence of how the customer meets the shop's target portrait, criterion by criterion."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from stream.explain.basis import Basis
from stream.explain.evidence import Evidence, as_read
from stream.measures import fit
from stream.measures.fit import Criterion
from stream.measures.kinds import Kind

#: Entries of a list that are quoted.
_SHOWN = 4


def explain(basis: Basis) -> Iterator[Evidence]:
    """Evidence of the score and of each criterion."""
    kind = basis.portrait.attributes.kind
    target = fit.target_of(basis.standards.targets, basis.portrait)
    if target is None or basis.portrait.fit is None:
        yield basis.because("fit", f"the shop describes no target portrait for a {kind}")
        return
    found = fit.explain(target, basis.portrait)
    yield basis.because("fit.target", f"the first target portrait for a {kind}")
    reached = sum(each.criterion.weight for each in found if each.met)
    total = sum(each.criterion.weight for each in found)
    yield basis.because("fit.score", f"the criteria met weigh {reached:g} of {total:g}, in percent")
    for met in (True, False):
        those = [each for each in found if each.met is met]
        path = "fit.met" if met else "fit.unmet"
        if not those:
            yield basis.because(path, f"no criterion is {'met' if met else 'unmet'}")
        for each in those:
            criterion = each.criterion
            because = (
                f"{criterion.path.text}: found {_found(basis, criterion, each.value)}; "
                f"wanted {_wanted(basis, criterion)}; weight {criterion.weight:g}"
            )
            yield Evidence(path, criterion.name, because)


def _found(basis: Basis, criterion: Criterion, value: Any) -> str:
    if isinstance(value, list | tuple):
        # What was wanted may be far down the list: where it is met, that is what to quote.
        wanted = [each for each in value if criterion.any_of and criterion.passes([each])]
        listed = wanted or value
        shown = ", ".join(as_read(each) for each in listed[:_SHOWN]) or "none"
        return f"{shown} and {len(listed) - _SHOWN} more" if len(listed) > _SHOWN else shown
    return _text(basis, criterion, value)


def _text(basis: Basis, criterion: Criterion, value: Any) -> str:
    if criterion.path.kind is Kind.MONEY and isinstance(value, Decimal | int | float):
        return basis.priced(str(value))
    return as_read(value)


def _wanted(basis: Basis, criterion: Criterion) -> str:
    if criterion.any_of:
        return "one of " + ", ".join(as_read(each) for each in criterion.any_of)
    low, high = criterion.at_least, criterion.at_most
    bounds = []
    if low is not None:
        bounds.append(f"at least {_text(basis, criterion, low)}")
    if high is not None:
        bounds.append(f"at most {_text(basis, criterion, high)}")
    return " and ".join(bounds)
