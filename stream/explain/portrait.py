"""``explain``: the evidence behind every value of a portrait."""

from collections.abc import Iterator

from stream.explain import (
    activity,
    attributes,
    disposition,
    fit,
    labels,
    preferences,
    risk,
    service,
    social,
    spending,
)
from stream.explain.basis import Basis
from stream.explain.evidence import Evidence
from stream.measures.reference import BUILTIN_VERSION, MIN_BUYERS
from stream.measures.standards import Standards
from stream.profile.portrait import Portrait
from stream.profile.state import State

_SECTIONS = (
    attributes,
    activity,
    preferences,
    spending,
    social,
    disposition,
    service,
    fit,
    risk,
    labels,
)


def explain(portrait: Portrait, state: State, standards: Standards) -> Iterator[Evidence]:
    """Evidence in the order of the document; also for what is null or absent, and why.

    The portrait must have been described from this state, by these standards.
    """
    basis = Basis.of(portrait, state, standards)
    yield basis.because("reference", _reference(basis))
    for section in _SECTIONS:
        yield from section.explain(basis)


def _reference(basis: Basis) -> str:
    taken = basis.standards.reference
    if basis.portrait.reference != BUILTIN_VERSION:
        return f"quantiles of {basis.store.buyers} buyers, taken at {taken.taken_at}"
    if taken.version == BUILTIN_VERSION:
        return (
            f"described before a reference of {MIN_BUYERS} buyers was taken: round figures stand in"
        )
    return f"the store had not {MIN_BUYERS} buyers at {taken.taken_at}: round figures stand in"
