"""Records delivered again and events sent again change nothing."""

from hypothesis import given
from hypothesis import strategies as st

from stream.profile.fold import Folded, fold_record
from stream.profile.seen import MEMORY_IDS, TICK_MS
from stream.profile.state import State, prune
from stream.tables import codec
from tests.support.events import INTERNAL, Wire, occur, to_ms, to_text, viewed
from tests.support.strategies import DAY_MS, HOUR_MS, histories, logs


def run(state: State, log: list[tuple[str, int, Wire]]) -> list[Folded]:
    return [fold_record(state, source, offset, occur(event)) for source, offset, event in log]


@given(st.data(), histories(erasable=True))
def test_records_delivered_again_change_nothing(data: st.DataObject, history: list[Wire]) -> None:
    log = data.draw(logs(history))
    state = State()
    run(state, log)
    prune(state)
    stored = codec.encode(state)
    again = run(state, log[data.draw(st.integers(0, len(log))) :])
    prune(state)
    assert set(again) <= {Folded.REPLAYED}
    assert codec.encode(state) == stored


@given(st.data(), histories(erasable=True))
def test_a_crash_before_the_store_is_undone_by_folding_again(
    data: st.DataObject, history: list[Wire]
) -> None:
    log = data.draw(logs(history))
    stored_until = data.draw(st.integers(0, len(log)))
    rewound_to = data.draw(st.integers(0, stored_until))
    undisturbed, disturbed = State(), State()
    run(undisturbed, log)
    run(disturbed, log[:stored_until])
    disturbed = decoded_after_prune(disturbed)
    run(disturbed, log[rewound_to:])
    prune(undisturbed)
    prune(disturbed)
    assert disturbed == undisturbed


def decoded_after_prune(state: State) -> State:
    prune(state)
    return codec.decode(codec.encode(state))


@given(st.data(), histories())
def test_events_sent_again_within_a_day_of_the_newest_change_nothing(
    data: st.DataObject, history: list[Wire]
) -> None:
    log = data.draw(logs(history))
    state = State()
    run(state, log)
    state = decoded_after_prune(state)
    assert state.newest_ms is not None
    horizon_ms = state.newest_ms - DAY_MS + TICK_MS
    remembered = [e for e in history if to_ms(e["occurred_at"]) > horizon_ms]
    acts = [event for event in remembered if event["type"] not in INTERNAL]
    before = codec.encode(state)
    resent = [("clicks:7", n, event) for n, event in enumerate(acts)]
    assert set(run(state, resent)) == {Folded.DUPLICATE}
    prune(state)
    del state.marks["clicks:7"]
    assert codec.encode(state) == before


@given(st.data(), histories())
def test_what_others_mean_changes_nothing_when_sent_again_however_old(
    data: st.DataObject, history: list[Wire]
) -> None:
    state = State()
    run(state, data.draw(logs(history)))
    prune(state)
    before = codec.encode(state)
    internal = [event for event in history if event["type"] in INTERNAL]
    again = data.draw(st.permutations(internal * 2))
    run(state, [("referrals:7", n, event) for n, event in enumerate(again)])
    prune(state)
    state.marks.pop("referrals:7", None)
    assert codec.encode(state) == before


@given(st.lists(st.integers(0, 30 * HOUR_MS), min_size=200, max_size=320, unique=True))
def test_no_more_than_256_ids_of_one_day_are_remembered_and_they_are_the_newest(
    ages_ms: list[int],
) -> None:
    newest_ms = to_ms("2024-05-05T05:05:05Z")
    state = State()
    for number, age_ms in enumerate(ages_ms):
        fold_record(state, "clicks:0", number, occur(viewed(to_text(newest_ms - age_ms))))
    prune(state)
    assert state.newest_ms is not None
    ticks = [(newest_ms - age_ms) // TICK_MS for age_ms in ages_ms]
    within_a_day = [tick for tick in ticks if tick > (state.newest_ms - DAY_MS) // TICK_MS]
    assert sorted(state.seen.values()) == sorted(within_a_day)[-MEMORY_IDS:]
