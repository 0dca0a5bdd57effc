"""What is stored is what is read back; what is no state is refused, and never half read."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.errors import Fatal
from stream.money import MAX_MINOR
from stream.profile.preference import DayTile
from stream.profile.spending import SpendingState
from stream.profile.state import State, prune
from stream.tables import codec
from tests.support.events import Wire, folded
from tests.support.strategies import histories

marks = st.dictionaries(st.sampled_from(["clicks:0", "orders:31"]), st.integers(0, 2**62))

#: 2024-02-29 23:30 UTC, 05:00 on 1 March in India.
AT_MS = 1_709_249_400_000
GOLDEN = State(
    marks={"clicks:3": 41, "orders:3": 7},
    seen={0x0123456789AB: AT_MS // 2_000, 0xFFFFFFFFFFFF: AT_MS // 2_000 - 43_199},
    first_ms=AT_MS - 400 * 86_400_000,
    newest_ms=AT_MS,
    activity={(474_791 << 6) | 38: {0: 2, 8: 1}, (474_790 << 6) | 32: {3: 1}},
    preferences={
        19_782: DayTile({"书/小说": 8, "": 3}, {"Acme": 9}, {15: 1, 16: 2, 88: 1}),
        19_770: DayTile({"toys": 1}, {}, {}),
    },
    spending=SpendingState(
        orders=3,
        amount=10**15,
        refunded=5,
        last_order_ms=AT_MS,
        hours={474_791: (1, 12_345)},
    ),
    traits={"vip": (AT_MS, True), "size": (AT_MS - 1, None), "weight": (5, 1.5)},
)
#: Schema 1 as it was first written. Stored states look like this: should this test fail, do not
#: change the bytes, raise `codec.SCHEMA` and write the upgrade.
GOLDEN_BYTES = bytes.fromhex(
    "019c82a8636c69636b733a3329a86f72646572733a3307cf00000185eb444cc0cf0000018df7340cc0c41000"
    "000123456789aba8bfffffffffffffce00073ea6826682000208012081030194aae4b9a62fe5b08fe8afb4a0"
    "a441636d65a4746f7973cd4d3a92940c8200080103810209830f0110025801940081030180809503cf00038d"
    "7ea4c6800005cf0000018df7340cc081ce00073ea79201cd30399392cf0000018df7340cc081a3766970c392"
    "cf0000018df7340cbf81a473697a65c0920581a6776569676874cb3ff8000000000000c2"
)


@given(histories(erasable=True), marks)
def test_a_pruned_state_comes_back_as_it_was(history: list[Wire], at: dict[str, int]) -> None:
    state = folded(history)
    prune(state)
    state.marks = at
    assert codec.decode(codec.encode(state)) == state


def test_states_without_events_come_back_as_they_were() -> None:
    for state in (State(), State(marks={"customers:0": 1}, erased=True)):
        assert codec.decode(codec.encode(state)) == state


def test_states_stored_by_the_first_version_are_read() -> None:
    assert codec.decode(GOLDEN_BYTES) == GOLDEN
    assert codec.encode(GOLDEN) == GOLDEN_BYTES


def test_a_newer_schema_is_refused_with_what_to_do() -> None:
    with pytest.raises(Fatal, match=r"schema 2.*reads up to 1: upgrade all workers"):
        codec.decode(b"\x02" + GOLDEN_BYTES[1:])


def test_a_schema_that_was_never_written_is_refused() -> None:
    with pytest.raises(Fatal, match="schema 0, which no version ever wrote"):
        codec.decode(b"\x00" + GOLDEN_BYTES[1:])


def test_a_state_that_is_cut_off_anywhere_is_refused() -> None:
    for length in range(len(GOLDEN_BYTES)):
        with pytest.raises(Fatal):
            codec.decode(GOLDEN_BYTES[:length])


def test_the_amounts_of_a_very_large_customer_can_be_stored() -> None:
    state = State(spending=SpendingState(orders=100_000, amount=100_000 * MAX_MINOR))
    assert codec.decode(codec.encode(state)) == state


def test_bytes_behind_a_state_are_refused() -> None:
    with pytest.raises(Fatal, match="damaged"):
        codec.decode(GOLDEN_BYTES + b"\x00")


def test_text_that_is_no_utf8_is_refused() -> None:
    with pytest.raises(Fatal, match="damaged"):
        codec.decode(GOLDEN_BYTES.replace(b"toys", b"to\xffs"))


@given(st.data())
def test_damaged_bytes_are_refused_or_read_and_nothing_else(data: st.DataObject) -> None:
    places = data.draw(
        st.lists(st.integers(0, len(GOLDEN_BYTES) - 1), min_size=1, max_size=8, unique=True)
    )
    damaged = bytearray(GOLDEN_BYTES)
    for place in places:
        damaged[place] = data.draw(st.integers(0, 255))
    assert_read_or_refused(bytes(damaged))


@given(st.binary(max_size=64))
def test_any_bytes_are_refused_or_read_and_nothing_else(data: bytes) -> None:
    assert_read_or_refused(data)
    assert_read_or_refused(bytes([codec.SCHEMA]) + data)


def assert_read_or_refused(data: bytes) -> None:
    with contextlib.suppress(Fatal):
        assert isinstance(codec.decode(data), State)
