"""The live picture stays within the terminal, and says what it shows."""

import pytest

from stream.demo.crowd import Aim, Crowd, Moved, Named
from stream.demo.figures import HOURS, Face, Figures
from stream.demo.picture import picture

CROWD = Crowd(
    customers=43_210,
    segments=tuple(Named("Customers who were here", "很久没有来的客户", n) for n in range(8)),
    labels=tuple(Named("Former buyer, visiting again", "回流客户", 12_345) for _ in range(20)),
    visitors=(0,) * 20 + (1, 2, 4, 8),
    visitor_peaks=(23, 22, 21, 20, 19, 18),
    buyers=(8, 4, 2, 1) + (0,) * 20,
    buyer_peaks=(0, 1),
    aims=(Aim("stylish regular", 425, 142, 56.1), Aim("nobody yet", 0, 0, 0.0)),
    moves=tuple(Moved("12:34:56", "customer-00001", "entered", "Win back 召回") for _ in range(3)),
)
FACES = [
    Face(
        customer=f"customer-0000{number}",
        home="America/Argentina/Buenos_Aires, morning type",
        by_hour=[1] * HOURS,
        favourites=["kitchen/mugs", "bedroom/linen"],
        orders=12,
        amount="12345.00 USD",
        manner=["platinum", "novelty-seeking"],
    )
    for number in range(4)
]
BUSY = Figures(elapsed_s=86_400, events_in=17_280_000, processed=17_279_000, changes=9_000_000)
#: Lines of the hint above it, on 80 columns, and of what ends it below.
OTHER_LINES = 4


def lines(crowd=CROWD, faces=FACES, height=30 - OTHER_LINES, note="ready in 5.3 s"):
    return picture(note, Figures(), BUSY, crowd, faces, height=height)


def text(**shown):
    return "\n".join(line.plain for line in lines(**shown))


def test_on_eighty_columns_and_thirty_lines_everything_has_its_place():
    assert len(lines()) == len(lines(height=1000)) <= 30 - OTHER_LINES
    shown = text()
    for part in (
        "17,280,000",
        "Customers who were here 很久没有来",
        "Former buyer, visiting again",
        "12345",
        "▁▂▄█  peak hours 23, 22, 21, 20, 19, 18",
        "stylish regular: 142 of 425 meet 80 % of it, 56 % on average",
        "nobody yet: nobody to compare",
        "12:34:56 customer-00001 entered Win back 召回",
        "12 orders 12345.00 USD, platinum, novelty-seeking, likes kitchen/mugs",
    ):
        assert part in shown


def test_columns_stay_in_line_under_chinese_names():
    assert {line.cell_len for line in lines() if "Former buyer" in line.plain} == {80}


def test_what_may_be_longer_than_the_terminal_is_cut_and_never_wrapped():
    assert all(line.no_wrap and line.overflow == "ellipsis" for line in lines())
    faces = [line for line in lines() if line.plain.startswith("customer-")]
    others = [line for line in lines() if not line.plain.startswith("customer-")]
    assert len(faces) == 4
    assert all(line.cell_len <= 80 for line in others)


@pytest.mark.parametrize(("height", "faces"), [(26, 4), (24, 3), (21, 0)])
def test_on_a_low_terminal_faces_give_way(height, faces):
    shown = lines(height=height)
    assert len(shown) <= height
    assert sum(line.plain.startswith("customer-") for line in shown) == faces
    assert shown[-1].plain.endswith("entered Win back 召回")


def test_on_a_very_low_terminal_the_figures_stay():
    assert [line.plain.split()[0] for line in lines(height=3)] == ["Portrait", "events", "events"]


def test_before_anybody_is_counted_there_are_figures_only():
    assert len(lines(crowd=Crowd(), faces=[])) == 4
    assert "segments" not in text(crowd=Crowd(), faces=[])
