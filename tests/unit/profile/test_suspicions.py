"""What a state shows of a risk: the same, whether it was pruned or not."""

from stream.profile.state import State, next_change, prune
from tests.support.events import Wire, event, folded, ordered, to_ms, to_text, viewed

NOON_MS = to_ms("2024-05-06T12:00:00Z")
DAY_MS = 86_400_000


def at(days: float, ms: int = 0) -> str:
    """So many days before noon."""
    return to_text(NOON_MS - int(days * DAY_MS) + ms)


def codes(state: State) -> set[str]:
    return {finding.code for finding in state.suspicions()}


def assert_pruning_changes_nothing(state: State) -> None:
    before, upcoming = state.suspicions(), next_change(state, NOON_MS)
    prune(state)
    assert state.suspicions() == before
    assert next_change(state, NOON_MS) == upcoming


def test_clicks_that_are_to_be_dropped_show_nothing_any_more() -> None:
    machine = [viewed(at(8, second * 1000)) for second in range(20)]
    state = folded(machine)
    assert codes(state) == {"regular_clicks"}
    state = folded([*machine, viewed(at(0, 20_000))])
    assert codes(state) == set()
    assert_pruning_changes_nothing(state)


def test_sign_ins_that_are_to_be_forgotten_tell_nothing_any_more() -> None:
    def signed_in(days: float, number: int) -> Wire:
        context = {"device_id": f"d{number}", "ip": f"192.0.2.{number}"}
        return event("signed_in", at(days), context=context)

    crowd = [signed_in(40 - n, n) for n in range(22)]
    for number in range(22):
        state = folded([*crowd, signed_in(15, 30), signed_in(1, number)])
        assert_pruning_changes_nothing(state)


def test_an_order_is_held_against_the_browsing_before_it() -> None:
    order = ordered(at(0), "5.00")
    assert codes(folded([order])) == {"no_browsing"}
    assert codes(folded([order, viewed(at(0.5))])) == set()
    assert codes(folded([order, event("products_searched", at(0.5), query="mug")])) == set()
    assert codes(folded([order, viewed(at(2))])) == {"no_browsing"}


def test_who_has_no_events_shows_nothing() -> None:
    assert State().suspicions() == []
