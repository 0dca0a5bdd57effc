"""Fitted weights are judged on what came after what they were fitted to."""

from stream.evaluate.risk_fit import compare, hold_out
from stream.learn.risk import Labelled
from stream.risk.weights import Weights

WEIGHTS = Weights({"emulator": ((1, 10),), "new_device": ((1, 20),)})
EMULATOR, NEW_DEVICE = (("emulator", 10),), (("new_device", 20),)


def cases(count: int, reasons: tuple[tuple[str, int], ...], *, fraud: bool) -> list[Labelled]:
    return [Labelled(reasons, fraud)] * count


#: Emulators are of frauds, new devices of the honest: the weights have it the wrong way round.
MIXED = [*cases(35, EMULATOR, fraud=True), *cases(35, NEW_DEVICE, fraud=False)]


def test_what_the_past_teaches_ranks_what_comes_after_it() -> None:
    found = hold_out(
        [*MIXED, *cases(15, EMULATOR, fraud=True), *cases(15, NEW_DEVICE, fraud=False)], WEIGHTS
    )
    assert found is not None
    assert (found.n, found.fraud) == (30, 15)
    assert (found.before.auc, found.after.auc) == (0.0, 1.0)
    assert found.after.average_precision == 1.0


def test_what_comes_after_the_cut_teaches_nothing() -> None:
    # The newest 30 of 100 turn the sense about: the past is wrong about them, and stays so.
    later = [*cases(15, NEW_DEVICE, fraud=True), *cases(15, EMULATOR, fraud=False)]
    found = hold_out([*MIXED, *later], WEIGHTS)
    assert found is not None
    assert (found.before.auc, found.after.auc) == (1.0, 0.0)


def test_parts_of_one_kind_are_not_compared() -> None:
    honest = cases(70, (), fraud=False)
    assert hold_out([*honest, *MIXED[:30]], WEIGHTS) is None
    assert hold_out([*MIXED, *cases(30, (), fraud=True)], WEIGHTS) is None
    assert compare(honest, WEIGHTS, WEIGHTS) is None
