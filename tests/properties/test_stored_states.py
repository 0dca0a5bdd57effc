"""What is stored is what is read back; what is no state is refused, and never half read."""

import contextlib
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from stream.errors import Fatal
from stream.fields import Context
from stream.money import MAX_MINOR
from stream.profile import devices
from stream.profile.days import DayTile
from stream.profile.fold import fold
from stream.profile.spending import SpendingState
from stream.profile.state import State, merge, next_change, prune
from stream.risk import evidence
from stream.risk.evidence import Evidence
from stream.risk.records import (
    Dated,
    Features,
    Known,
    Order,
    SignIn,
    SignInCounts,
    Undone,
    features_of,
    hash_of,
)
from stream.tables import codec
from stream.tables.stored import to_stored
from stream.windows import DAY_MS, HOUR_MS
from tests.support.events import Wire, event, folded, occur, portrait, referred, viewed
from tests.support.sign_ins import history
from tests.support.strategies import histories

marks = st.dictionaries(st.sampled_from(["clicks:0", "orders:31"]), st.integers(0, 2**62))

#: 2024-02-29 23:30 UTC, 05:00 on 1 March in India.
AT_MS = 1_709_249_400_000
#: What the bytes below say, as far as they say it: sessions, devices and all else that schema 1 did
#: not keep is empty, and of the orders only those in the window are known one by one.
UPGRADED = State(
    marks={"clicks:3": 41, "orders:3": 7},
    seen={0x0123456789AB: AT_MS // 2_000, 0xFFFFFFFFFFFF: AT_MS // 2_000 - 43_199},
    first_ms=AT_MS - 400 * 86_400_000,
    newest_ms=AT_MS,
    hours={(474_791 << 6) | 38: {0: 2, 8: 1}, (474_790 << 6) | 32: {3: 1}},
    days={
        19_782: DayTile({"书/小说": 8, "": 3}, {"Acme": 9}, {15: 1, 16: 2, 88: 1}),
        19_770: DayTile({"toys": 1}, {}, {}),
    },
    spending=SpendingState(
        orders=3,
        amount=10**15,
        refunded=5,
        last_order_ms=AT_MS,
        hours={474_791: (1, 12_345)},
        first_order_ms=474_791 * HOUR_MS,
        months={2024 * 12 + 1: (1, 12_345)},
        order_days=[19_782],
    ),
    traits={"vip": (AT_MS, True), "size": (AT_MS - 1, None), "weight": (5, 1.5)},
)
#: A state of schema 1 as it was stored. It stays as it is: such states are out there.
SCHEMA_1 = bytes.fromhex(
    "019c82a8636c69636b733a3329a86f72646572733a3307cf00000185eb444cc0cf0000018df7340cc0c41000"
    "000123456789aba8bfffffffffffffce00073ea6826682000208012081030194aae4b9a62fe5b08fe8afb4a0"
    "a441636d65a4746f7973cd4d3a92940c8200080103810209830f0110025801940081030180809503cf00038d"
    "7ea4c6800005cf0000018df7340cc081ce00073ea79201cd30399392cf0000018df7340cc081a3766970c392"
    "cf0000018df7340cbf81a473697a65c0920581a6776569676874cb3ff8000000000000c2"
)


def rich() -> State:
    """A pruned state with something of everything that is kept."""
    at = "2024-03-01T05:00:00+05:30"
    phone = {"device_id": "d1", "os": "Android", "country": "IN", "channel": "search"}
    mug = {"product_id": "p1", "category": "mugs", "brand": "Acme", "price": "9.50"}
    envelope = {"store_id": "main", "customer_id": "c1", "occurred_at": at, "context": phone}
    bodies: list[Wire] = [
        {"type": "signed_up"},
        {"type": "product_viewed", "product": {**mug, "gender": "female"}},
        {"type": "products_searched", "query": "mug"},
        {"type": "product_added", "product": mug},
        {"type": "product_reviewed", "product": mug, "rating": 4},
        {"type": "promotion_viewed", "promotion_id": "spring"},
        {"type": "coupon_redeemed", "coupon": "TEN"},
        {"type": "invite_accepted", "invited_by": "c2"},
        {"type": "support_contacted", "subject": "delivery", "complaint": True},
        {"type": "customer_identified", "traits": {"kind": "company", "size": "M"}},
    ]
    money = {"order_id": "o1", "total": "9.50", "currency": "USD", "items": [mug]}
    bodies += [
        {"type": name, **money} for name in ("order_completed", "order_cancelled", "order_refunded")
    ]
    events = [{**envelope, **body, "event_id": f"e{n}"} for n, body in enumerate(bodies)]
    earlier = {**events[-3], "event_id": "e20", "occurred_at": "2023-01-31T00:00:00Z"}
    state = folded([*events, earlier, referred(at, "friend", 1, "20.00")])
    state.risk = evidence.merge(state.risk, suspicious())
    prune(state)
    state.marks = {"clicks:3": 41, "orders:3": 7, "elsewhere:1": 9}
    return state


def suspicious() -> Evidence:
    """Something of all evidence of a risk; one fact is newer than the customer's newest event."""
    home, away = Features(1, 2, 3, 4, 5, 6, 7), Features(11, 0, 13, 4, 5, 6, 0xFF_FFFF)
    counts = SignInCounts(90_000, 800, 70, 60, 50, 40, 30, 20, 10)
    return Evidence(
        sign_ins=[
            SignIn(AT_MS - 20 * DAY_MS, "s1", home, 8, "IN", None),
            SignIn(AT_MS - HOUR_MS, "s2", away, 18, "", counts, 3, Dated(AT_MS - 7, "s4")),
        ],
        history=history((home, 8, 300), (Features(), 0, 1)),
        failures=[Dated(AT_MS - 3, "f1"), Dated(AT_MS - 2, "f2")],
        resets=[Dated(AT_MS - DAY_MS, "r1")],
        orders=[Order(AT_MS - 300 * DAY_MS, "o1", 21, 10**12, 0, False)],
        undone=[Undone(AT_MS - 9, "u1", 21, True)],
        redeemed=[Dated(AT_MS - 8, "c1")],
        clicks=[AT_MS // 20 * 20 - DAY_MS, AT_MS // 20 * 20 - 20, AT_MS // 20 * 20 - 20],
        known={
            "accounts_on_device": [Known(AT_MS - 5, 100, "s2"), Known(AT_MS + 5, 2, "other")],
            "emulator": [Known(AT_MS, 1, "f2")],
        },
    )


def large() -> State:
    """A pruned state that is stored compressed."""
    at = "2024-03-01T05:00:00+05:30"
    return folded(viewed(at, category=f"kitchen/mugs/{n}", brand=f"brand {n}") for n in range(60))


RICH, LARGE = rich(), large()
RICH_BYTES, LARGE_BYTES = codec.encode(RICH), codec.encode(LARGE)
#: A state of schema 2 as it was stored, made of `rich()`; it stays as it is, too.
SCHEMA_2 = bytes.fromhex(
    "02dc00128330293207ab656c736577686572653a3109cf0000018df7340cc0cf00000007f2147cc0c4680000"
    "5ed85062756f0000fcb3209c5d09000067943d06722100005064628682b20000e88bddf672680000583484e7"
    "01f80000ac145cbd03c90000c3acd6640fd00000b35bd9b23919000021d1c06132110000cea9229423480000"
    "c6b6c1ea861e00001f3c1ccdef9dce00073ea781268d0c010001020105010b01140116011801190111010801"
    "09010a0194cd07080001019591a46d75677391a441636d6591a36d756791a864656c697665727992a0a7416e"
    "64726f6964cd4d46919400850001020f030f04010501813e04c407016b33eb6b33eb9a02cd076ccd03b60101"
    "cf00000007f2147cc00081009201cd03b681009201cd03b69200cd018a9600010000010096000001049192cf"
    "0000018df7340cc0a2633281ce55eeac619401cd07d0cf0000018cc251f400c281ce7151358392cf0000018d"
    "f7340cc0c39192008208a7636f6d70616e79a473697a65a14d81ce1196bc6694cd018a00060794cf00000007"
    "f2147cc09200a6736561726368c092cf00000007f2147cc0a2494ec2"
)
#: A state of schema 3 as it was stored, made of `rich()`, likewise.
SCHEMA_3 = bytes.fromhex(
    "03dc00138330293207ab656c736577686572653a3109cf0000018df7340cc0cf00000007f2147cc0c4680000"
    "5ed85062756f0000fcb3209c5d09000067943d06722100005064628682b20000e88bddf672680000583484e7"
    "01f80000ac145cbd03c90000c3acd6640fd00000b35bd9b23919000021d1c06132110000cea9229423480000"
    "c6b6c1ea861e00001f3c1ccdef9dce00073ea781268d0c010001020105010b01140116011801190111010801"
    "09010a0194cd07080001019591a46d75677391a441636d6591a36d756791a864656c697665727992a0a7416e"
    "64726f6964cd4d46919400850001020f030f04010501813e04c407016b33eb6b33eb9a02cd076ccd03b60101"
    "cf00000007f2147cc00081009201cd03b681009201cd03b69200cd018a9600010000010096000001049192cf"
    "0000018df7340cc0a2633281ce55eeac619401cd07d0cf0000018cc251f400c281ce7151358392cf0000018d"
    "f7340cc0c39192008208a7636f6d70616e79a473697a65a14d81ce1196bc6694cd018a00060794cf00000007"
    "f2147cc09200a6736561726368c092cf00000007f2147cc0a2494ec29e9ea27331a27332a26631a26632a272"
    "31a3653230a26f31a3653130a27531a3653131a3653132a26331a26536a56f74686572c42700000200000300"
    "000400000500000600000700000800000b00000dffffff0000126265ad000015c4100305060708090a0b0c00"
    "0d0708090e0f9294ce66ff300000a2494ec094ce0036ee8001a0c40c90bf05a006463c32281e140a81019303"
    "ce0036ee79a27334c422ad020203ac020001020506ac02000001020708090aac020000000001020bac020001"
    "92030291ce05265c009395cf00000007f2147cc010cd03b600c295cf0000000608f3d00011cf000000e8d4a5"
    "100000c2950010cd03b600c293930911c3930010c3930010c2920800c407000100ffd5870282159293056401"
    "93fb020d239193000103c0"
)
#: Stored states of every kind.
STORED = (SCHEMA_1, SCHEMA_2, SCHEMA_3, RICH_BYTES, LARGE_BYTES)


@given(histories(erasable=True), marks)
def test_a_pruned_state_comes_back_as_it_was(history: list[Wire], at: dict[str, int]) -> None:
    state = folded(history)
    prune(state)
    state.marks = at
    assert codec.decode(codec.encode(state)) == state


def test_states_without_events_come_back_as_they_were() -> None:
    for state in (State(), State(marks={"customers:0": 1}, erased=True)):
        assert codec.decode(codec.encode(state)) == state


def test_something_of_everything_comes_back_as_it_was() -> None:
    empty = State()
    same = [name for name in State.__struct_fields__ if getattr(RICH, name) == getattr(empty, name)]
    assert same == ["erased"]
    nothing = Evidence()
    parts = Evidence.__struct_fields__
    assert all(getattr(RICH.risk, name) != getattr(nothing, name) for name in parts)
    assert codec.decode(RICH_BYTES) == RICH
    assert codec.encode(codec.decode(RICH_BYTES)) == RICH_BYTES


def test_a_large_state_is_stored_smaller_and_comes_back_as_it_was() -> None:
    assert codec.decode(LARGE_BYTES) == LARGE
    assert len(LARGE_BYTES) < len(msgspec.msgpack.encode(to_stored(LARGE)))


def test_as_much_evidence_as_can_be_comes_back_as_it_was() -> None:
    state = State(newest_ms=AT_MS, first_ms=AT_MS)
    for n in range(40):
        named = {"device_id": f"d{n}", "device_model": f"m{n}", "os": f"o{n}", "browser": f"b{n}"}
        shown = Context(**named, ip=f"i{n}", asn=n, country=f"c{n}", user_agent=f"u{n}")
        devices.see(state.devices, shown, AT_MS)
        state.risk.history.add(features_of(shown), hash_of(f"d{n}"), n)
        order = Order(AT_MS, f"e{n}", hash_of(f"order {n}"), n, hash_of(f"card {n}"), True)
        state.risk.orders.append(order)
        state.risk.first_order = Dated(AT_MS - DAY_MS, "the first one")
        state.risk.undone.append(Undone(AT_MS, f"u{n}", hash_of(f"undone {n}"), False))
    risk = state.risk
    risk.history.bound()
    del risk.orders[evidence.ORDERS :], risk.undone[evidence.UNDONE :]
    assert codec.decode(codec.encode(state)) == state


def test_states_stored_by_the_third_version_are_read() -> None:
    assert codec.decode(SCHEMA_3) == RICH


def test_states_stored_by_the_second_version_are_read_and_have_no_evidence() -> None:
    assert codec.decode(SCHEMA_2) == replace(RICH, risk=Evidence())
    assert codec.decode(codec.encode(codec.decode(SCHEMA_2))) == codec.decode(SCHEMA_2)


def test_evidence_of_a_state_of_the_second_version_begins_with_its_next_event() -> None:
    state = codec.decode(SCHEMA_2)
    fold(state, occur(event("signed_in", "2024-03-01T06:00:00+05:30")))
    assert [sign_in.at_ms for sign_in in state.risk.sign_ins] == [AT_MS + HOUR_MS]
    assert codec.decode(codec.encode(state)).risk == state.risk


def test_states_stored_by_the_first_version_are_read() -> None:
    assert codec.decode(SCHEMA_1) == UPGRADED
    assert codec.encode(UPGRADED)[0] == codec.SCHEMA
    assert codec.decode(codec.encode(UPGRADED)) == UPGRADED


def test_upgraded_states_have_a_portrait_and_go_on() -> None:
    state = codec.decode(SCHEMA_1)
    described = portrait(state, AT_MS)
    assert described.activity.counts == {
        "product_viewed": 2,
        "product_added_to_wishlist": 1,
        "order_completed": 1,
    }
    assert (described.spending.orders, described.spending.orders_365d) == (3, 1)
    assert described.spending.first_order_at == "2024-02-29T23:00:00.000Z"
    assert described.preferences.brands[0].name == "Acme"
    assert next_change(state, AT_MS) is not None
    merged = merge(state, folded([referred("2024-03-01T00:00:00Z", "friend", 1, "5.00")]))
    assert portrait(merged, AT_MS).social.customers_brought == 1


def test_states_without_events_of_the_first_version_are_read() -> None:
    #                  marks first newest seen    hour hours names day days
    empty: list[Any] = [{}, None, None, b"", 0, {}, [], 0, []]
    for erased in (False, True):
        fields = [*empty, [0, 0, 0, None, {}], [], erased]
        assert codec.decode(b"\x01" + msgspec.msgpack.encode(fields)) == State(erased=erased)


def test_a_newer_schema_is_refused_with_what_to_do() -> None:
    with pytest.raises(Fatal, match=r"schema 4.*reads up to 3: upgrade all workers"):
        codec.decode(b"\x04" + RICH_BYTES[1:])


def test_a_schema_that_was_never_written_is_refused() -> None:
    with pytest.raises(Fatal, match="schema 0, which no version ever wrote"):
        codec.decode(b"\x00" + SCHEMA_1[1:])


@pytest.mark.parametrize("stored", STORED)
def test_a_state_that_is_cut_off_anywhere_is_refused(stored: bytes) -> None:
    for length in range(len(stored)):
        with pytest.raises(Fatal):
            codec.decode(stored[:length])


def test_the_amounts_of_a_very_large_customer_can_be_stored() -> None:
    state = State(spending=SpendingState(orders=100_000, amount=100_000 * MAX_MINOR))
    assert codec.decode(codec.encode(state)) == state


@pytest.mark.parametrize("stored", STORED)
def test_bytes_behind_a_state_are_refused(stored: bytes) -> None:
    with pytest.raises(Fatal, match="damaged"):
        codec.decode(stored + b"\x00")


@pytest.mark.parametrize(("stored", "name"), [(SCHEMA_1, b"toys"), (RICH_BYTES, b"mugs")])
def test_text_that_is_no_utf8_is_refused(stored: bytes, name: bytes) -> None:
    assert name in stored
    with pytest.raises(Fatal, match="damaged"):
        codec.decode(stored.replace(name, b"to\xffs"))


@given(st.data(), st.sampled_from(STORED))
def test_damaged_bytes_are_refused_or_read_and_nothing_else(
    data: st.DataObject, stored: bytes
) -> None:
    places = data.draw(
        st.lists(st.integers(1, len(stored) - 1), min_size=1, max_size=8, unique=True)
    )
    damaged = bytearray(stored)
    for place in places:
        damaged[place] = data.draw(st.integers(0, 255))
    assert_read_or_refused(bytes(damaged))


@given(st.binary(max_size=64))
def test_any_bytes_are_refused_or_read_and_nothing_else(data: bytes) -> None:
    assert_read_or_refused(data)
    for schema in range(1, codec.SCHEMA + 1):
        assert_read_or_refused(bytes([schema]) + data)


def assert_read_or_refused(data: bytes) -> None:
    with contextlib.suppress(Fatal):
        assert isinstance(codec.decode(data), State)
