"""The same events give the same bytes, in whatever order and in whatever batches they come."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from stream.profile.fold import fold_record
from stream.profile.state import State, prune
from stream.tables import codec
from tests.support.events import Wire, folded, occur, portrait_bytes, to_ms
from tests.support.strategies import cuts, delays, histories, logs


def as_of(history: list[Wire], delay_ms: int) -> int:
    return max(to_ms(event["occurred_at"]) for event in history) + delay_ms


@given(st.data(), histories(erasable=True), delays)
def test_any_order_of_the_events_gives_the_same_bytes(
    data: st.DataObject, history: list[Wire], delay_ms: int
) -> None:
    shuffled = data.draw(st.permutations(history))
    instant = as_of(history, delay_ms)
    expected = portrait_bytes(folded(history), instant)
    assert portrait_bytes(folded(shuffled), instant) == expected


@given(st.data(), histories(erasable=True), delays)
def test_any_interleaving_of_topics_in_any_batches_gives_the_same_bytes(
    data: st.DataObject, history: list[Wire], delay_ms: int
) -> None:
    log = data.draw(logs(history))
    bounds = data.draw(cuts(len(log)))
    state = State()
    for first, last in itertools.pairwise(bounds):
        for source, offset, event in log[first:last]:
            fold_record(state, source, offset, occur(event))
        prune(state)
        state = codec.decode(codec.encode(state))
    instant = as_of(history, delay_ms)
    assert portrait_bytes(state, instant) == portrait_bytes(folded(history), instant)
    assert state.marks == {
        source: max(offset for other, offset, _ in log if other == source) for source, _, _ in log
    }


@given(st.data(), histories(erasable=True))
def test_the_pruned_state_itself_does_not_depend_on_the_order(
    data: st.DataObject, history: list[Wire]
) -> None:
    one, other = folded(history), folded(data.draw(st.permutations(history)))
    prune(one)
    prune(other)
    assert one == other


@given(st.data(), histories(erasable=True))
def test_a_resend_counts_alike_however_the_log_is_cut(
    data: st.DataObject, history: list[Wire]
) -> None:
    """Else a worker that died in the middle of a batch would leave other portraits behind."""
    log = [("clicks:0", offset, event) for offset, event in enumerate(history + history[:9])]
    states = []
    for bounds in ([0, len(log)], data.draw(cuts(len(log)))):
        state = State()
        for first, last in itertools.pairwise(bounds):
            for source, offset, event in log[first:last]:
                fold_record(state, source, offset, occur(event))
            prune(state)
        states.append(state)
    assert states[0] == states[1]
