"""`portrait evaluate attackers`: what it prints."""

import json

import pytest
from click.testing import CliRunner

from stream.cli.evaluations import attackers
from stream.cli.main import portrait
from stream.evaluate.attackers import Accused, Crawlers, Figures, Found

FIGURES = Figures(
    seed=4,
    customers=1_000,
    events=60_310,
    attacks=(
        Found("account_takeover", 16, 15, 0.9375, 16, 246.0, 42.0),
        Found("brushing", 16, 0, 0.0, 0, None, None),
    ),
    honest=Accused(813, 1, 0.0012, 4, 0.0049, {"emulator": 1}, {"emulator": 3, "new_device": 1}),
    crawlers=Crawlers(customers=5, high=0),
    absent=62,
)


@pytest.fixture(autouse=True)
def evaluated(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    asked = []

    async def evaluate(seed: int, customers: int, *_: object) -> Figures:
        asked.append((seed, customers))
        return FIGURES

    monkeypatch.setattr(attackers, "evaluate", evaluate)
    return asked


def test_figures_are_told_in_a_table_that_says_they_are_simulated(evaluated):
    result = CliRunner().invoke(portrait, ["evaluate", "attackers", "--seed", "4"])
    assert result.exit_code == 0, result.output
    assert evaluated == [(4, 1_000)]
    assert result.output.splitlines() == [
        "simulated shop of seed 4: 1,000 customers, 60,310 events; nobody in it exists",
        "",
        "simulated attack       customers   high    share   median to high   to elevated",
        "account takeover              16     15    93.8%          4.1 min          42 s",
        "brushing                      16      0     0.0%                -             -",
        "",
        "honest customers      1 of 813 ever at high or above, 0.12%",
        "                        emulator 1",
        "                      4 of 813 ever at elevated or above, 0.49%",
        "                        emulator 3, new_device 1",
        "crawlers              0 of 5 at high",
        "without any event     62",
    ]


def test_json_has_every_figure(evaluated):
    result = CliRunner().invoke(portrait, ["evaluate", "attackers", "--customers", "300", "--json"])
    assert evaluated == [(1, 300)]
    found = json.loads(result.output)
    assert found["attacks"][0]["high_share"] == 0.9375
    assert found["honest"]["reasons_high"] == {"emulator": 1}
