"""Evidence of support, complaints, refunds and ratings."""

from collections.abc import Iterator

from stream.explain.basis import Basis
from stream.explain.evidence import Evidence, date_of
from stream.profile import service
from stream.profile.service import MAX_CASES
from stream.terminal import counted


def explain(basis: Basis) -> Iterator[Evidence]:
    """Evidence of the section."""
    found, state = basis.portrait.service, basis.state.social
    yield basis.because("service.contacts_30d", "`support_contacted` events of the window")
    yield Evidence(
        "service.subjects",
        ", ".join(f"{each.name} {each.count}" for each in found.subjects) or "none",
        "contacts by subject over the window in whole UTC days"
        if found.subjects
        else "no contact in the window",
    )
    yield basis.because("service.open_complaints", _complaints(basis))
    yield basis.because("service.refunds_30d", "`order_refunded` events of the window")
    yield basis.because("service.ratings", "`product_reviewed` events, ever")
    yield basis.because(
        "service.average_rating",
        f"{state.rating_sum} stars / {counted(found.ratings, 'rating')}"
        if found.ratings
        else "no ratings",
    )


def _complaints(basis: Basis) -> str:
    cases = service.current(basis.state.cases, basis.as_of_ms)
    if not cases:
        return "no complaint in the window"
    newest = date_of(max(case.at_ms for case in cases))
    still = sum(case.is_open for case in cases)
    most = f"; at most {MAX_CASES} cases are kept" if len(cases) == MAX_CASES else ""
    return (
        f"{still} of {counted(len(cases), 'case')} open: a complaint, and no later word that it "
        f"is resolved; last word {newest}{most}"
    )
