"""Evidence of how the customer meets the shop's target portrait, criterion by criterion."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from stream.explain.basis import Basis
from stream.explain.evidence import Evidence, as_read
from stream.explain.labels import found_in
from stream.measures import fit
from stream.measures.fit import Criterion
from stream.measures.kinds import Kind
from stream.measures.operators import Operator


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
                f"{criterion.path.text}: found {found_in(basis, criterion.condition, each.value)}; "
                f"wanted {_wanted(basis, criterion)}; weight {criterion.weight:g}"
            )
            yield Evidence(path, criterion.name, because)


def _text(basis: Basis, criterion: Criterion, value: Any) -> str:
    if criterion.path.kind is Kind.MONEY and isinstance(value, Decimal | int | float):
        return basis.priced(str(value))
    return as_read(value)


def _wanted(basis: Basis, criterion: Criterion) -> str:
    return " and ".join(_asked(basis, criterion, each) for each in criterion.condition.operators)


def _asked(basis: Basis, criterion: Criterion, operator: Operator) -> str:
    values = [_text(basis, criterion, each) for each in operator.values]
    match operator.name:
        case "known":
            return "any value" if operator.values[0] else "no value"
        case "is" | "in" if len(values) > 1:
            return f"one of {', '.join(values)}"
        case "is" | "in":
            return values[0]
        case name:
            return f"{name.replace('_', ' ')} {', '.join(values)}"
