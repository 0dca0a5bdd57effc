"""Evidence of the shopping gender: its witnesses, and how their log-odds add up."""

from collections.abc import Iterator
from math import log2

from stream.explain.basis import Basis
from stream.explain.evidence import Evidence
from stream.measures.affinity import OWN_GENDER_LOG_ODDS, GenderEvidence, known_points, score
from stream.terminal import counted

_PATH = "attributes.shopping_gender"
_CATEGORY = "category "
_WHOM = {"products for women": "female", "products for men": "male"}


def explain(basis: Basis) -> Iterator[Evidence]:
    """Evidence of the value and its confidence, and of each witness."""
    found = basis.portrait.attributes.shopping_gender
    affinity, totals = basis.standards.affinity, basis.totals
    log_odds = score(affinity, basis.categories, totals.genders)
    points = _points(basis)
    if found.value == "unknown":
        why = "its witnesses are balanced" if points else _without(basis)
        yield basis.because(f"{_PATH}.value", why)
        yield basis.because(f"{_PATH}.confidence", "0 while the value is unknown")
    else:
        sense = "above 0 speaks for a man, below for a woman"
        yield basis.because(f"{_PATH}.value", f"log-odds {log_odds:+.2f} in all; {sense}")
        odds = f"1 / (1 + exp(-{abs(log_odds):.2f})), women and men being equally likely before"
        yield basis.because(f"{_PATH}.confidence", odds)
    if not found.evidence:
        yield basis.because(f"{_PATH}.evidence", "no witness speaks for a gender")
    witnesses = sum(log2(1 + each) for each in points.values())
    for each in found.evidence:
        count = log2(1 + points[each.name])
        because = (
            f"log2(1 + {counted(points[each.name], 'point')}) = {count:.2f} witnesses of log-odds "
            f"{_each(basis, each):.3f}, / root of {witnesses:.2f} witnesses in all"
        )
        yield Evidence(f"{_PATH}.evidence", f"{each.name} {each.weight} {each.towards}", because)


def _points(basis: Basis) -> dict[str, int]:
    """Points of the window by witness, as the document names them."""
    affinity, totals = basis.standards.affinity, basis.totals
    known = {} if affinity is None else known_points(affinity.log_odds, basis.categories)
    points = {_CATEGORY + path: count for path, count in known.items()}
    return points | {
        name: totals.genders[gender] for name, gender in _WHOM.items() if totals.genders.get(gender)
    }


def _each(basis: Basis, evidence: GenderEvidence) -> float:
    """Log-odds of one witness, without the sign."""
    affinity = basis.standards.affinity
    if affinity is None or evidence.name in _WHOM:
        return OWN_GENDER_LOG_ODDS
    return abs(affinity.scale * affinity.log_odds[evidence.name.removeprefix(_CATEGORY)])


def _without(basis: Basis) -> str:
    own = "no product for women or for men was met in the window"
    if basis.standards.affinity is None:
        return f"{own}, and no table of categories is in use (`portrait learn shopping-gender`)"
    return f"{own}, and no category that the table {basis.standards.affinity.version} knows"
