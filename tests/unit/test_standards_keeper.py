"""Files that change under a running worker: read again when they rest, refused with mistakes."""

import errno
import logging
import os
from pathlib import Path

import pytest
from msgspec.structs import replace

from stream import metrics
from stream.errors import Transient
from stream.measures.reference import NONE_TAKEN
from stream.measures.standards import Standards
from stream.settings import Settings
from stream.standards import load_standards
from stream.standards_keeper import StandardsKeeper
from stream.update import Updater
from tests.support.fakes import FaultyTable, Fuse, RecordingPublisher, World

GOOD = "labels: [{name: buyer, when: {field: spending.orders, at_least: 1}}]\n"
OTHER = "labels: [{name: shopper, when: {field: spending.orders, at_least: 1}}]\n"
WEIGHTS = "reasons: {emulator: {at_least: {1: 5}}}\n"
WRONG = "labels:\n  - name: buyer\n    when: {field: spending.ordres, at_least: 1}\n"


class Kept:
    """A keeper with the files that it looks at."""

    def __init__(self, directory: Path) -> None:
        self.labels, self.shop = directory / "labels.yaml", directory / "shop.yaml"
        self.labels.write_text(GOOD)
        self.shop.write_text("tiers: [{name: gold, orders_365d: 1}]\n")
        self.risk = directory / "risk.yaml"
        self.risk.write_text(WEIGHTS)
        settings = Settings(labels=self.labels, shop=self.shop, risk=self.risk)
        world = World()
        self.fuse = Fuse()
        self.updater = Updater(
            FaultyTable(world.table, self.fuse),  # type: ignore[arg-type]
            RecordingPublisher([]),
            world.clock,
            world.products,
            standards=load_standards(settings),
            hot_customers=10,
        )
        self.keeper = StandardsKeeper(self.updater, settings)

    async def looks(self, times: int = 3) -> bool:
        """Whether any of some looks brought other standards."""
        return any([await self.keeper.refresh(lambda: [0]) for _ in range(times)])

    @property
    def names(self) -> list[str]:
        return [rule.name for rule in self.updater.standards.rules.labels]


@pytest.fixture
def kept(tmp_path: Path) -> Kept:
    metrics.STANDARDS_REFUSED.set(0)
    return Kept(tmp_path)


def refused() -> float:
    return float(metrics.STANDARDS_REFUSED._value.get())


def unreadable(_file: Path) -> bytes:
    raise OSError(errno.EIO, os.strerror(errno.EIO))


async def test_files_that_do_not_change_leave_the_very_same_standards(kept: Kept) -> None:
    before = kept.updater.standards
    assert not await kept.looks()
    assert kept.updater.standards is before


async def test_a_changed_rule_file_is_in_force_and_has_a_version_of_its_own(kept: Kept) -> None:
    before = kept.updater.standards
    await kept.looks()
    kept.labels.write_text(OTHER)
    assert await kept.looks()
    assert kept.names == ["shopper"]
    assert kept.updater.standards.version != before.version
    assert not await kept.looks()


async def test_a_changed_shop_file_is_in_force(kept: Kept) -> None:
    kept.shop.write_text("tiers: [{name: diamond, orders_365d: 1}]\n")
    assert await kept.looks()
    assert [tier.name for tier in kept.updater.standards.tiers] == ["diamond"]


async def test_a_changed_file_of_weights_is_in_force_and_has_a_version_of_its_own(
    kept: Kept,
) -> None:
    before = kept.updater.standards
    assert before.risk.steps == {"emulator": ((1, 5),)}
    kept.risk.write_text(WEIGHTS.replace("5", "9"))
    assert await kept.looks()
    assert kept.updater.standards.risk.steps == {"emulator": ((1, 9),)}
    assert kept.updater.standards.version != before.version


async def test_a_mistake_in_the_weights_leaves_them_in_force(
    kept: Kept, caplog: pytest.LogCaptureFixture
) -> None:
    await kept.looks()
    before = kept.updater.standards
    kept.risk.write_text(WEIGHTS.replace("emulator", "emulater"))
    assert not await kept.looks()
    assert kept.updater.standards is before
    assert refused() == 1
    assert f"{kept.risk}, line 1: unknown key 'emulater'; did you mean emulator?" in caplog.text


async def test_a_file_that_changed_while_the_worker_started_is_noticed(tmp_path: Path) -> None:
    metrics.STANDARDS_REFUSED.set(0)
    kept = Kept(tmp_path)
    settings = Settings(labels=kept.labels, shop=kept.shop)
    kept.labels.write_text(OTHER)
    kept.keeper = StandardsKeeper(kept.updater, settings)  # the standards were read before
    assert await kept.looks()
    assert kept.names == ["shopper"]


async def test_a_file_that_is_still_being_written_is_left_alone(kept: Kept) -> None:
    await kept.looks()
    before = kept.updater.standards
    kept.labels.write_text(GOOD.partition("[")[0])  # a good file as well, without any rules
    assert not await kept.looks(1)
    kept.labels.write_text(OTHER)
    assert not await kept.looks(1)
    assert kept.updater.standards is before
    assert await kept.looks(1)
    assert kept.names == ["shopper"]


async def test_a_mistake_leaves_the_standards_in_force_and_says_file_line_and_meaning(
    kept: Kept, caplog: pytest.LogCaptureFixture
) -> None:
    await kept.looks()
    before = kept.updater.standards
    kept.labels.write_text(WRONG)
    with caplog.at_level(logging.ERROR):
        assert not await kept.looks()
    assert kept.updater.standards is before
    assert refused() == 1
    (line,) = [record.getMessage() for record in caplog.records]  # once, not at every look
    assert f"{kept.labels}, line 3: " in line
    assert "spending.orders" in line


async def test_an_empty_file_takes_no_label_away(
    kept: Kept, caplog: pytest.LogCaptureFixture
) -> None:
    await kept.looks()
    kept.labels.write_text("")
    with caplog.at_level(logging.ERROR):
        assert not await kept.looks()
    assert (kept.names, refused()) == (["buyer"], 1)
    assert f"{kept.labels} is empty; write `labels: []`" in caplog.text


async def test_a_file_that_cannot_be_read_yet_is_tried_again_and_complained_of_once(
    kept: Kept, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    await kept.looks()
    kept.labels.write_text(OTHER)
    with monkeypatch.context() as disk, caplog.at_level(logging.ERROR):
        disk.setattr(Path, "read_bytes", unreadable)
        assert not await kept.looks()
    assert (kept.names, refused()) == (["buyer"], 1)
    assert [record.getMessage() for record in caplog.records] == [
        f"the rules in force stay as they are: {kept.shop}: Input/output error"
    ]
    assert await kept.looks(1)  # the file is what it was, to the last bit of its times
    assert (kept.names, refused()) == (["shopper"], 0)


async def test_a_mistake_that_comes_again_after_a_good_file_is_complained_of_again(
    kept: Kept, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        for text in (WRONG, GOOD, WRONG):
            kept.labels.write_text(text)
            await kept.looks()
    assert len(caplog.records) == 2


async def test_a_file_of_which_only_the_rights_have_changed_is_read_again(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    await kept.looks()
    looks: list[Settings] = []

    def load(settings: Settings) -> Standards:
        looks.append(settings)
        return load_standards(settings)

    monkeypatch.setattr("stream.standards_keeper.load_standards", load)
    await kept.looks()
    assert looks == []
    before = kept.labels.stat().st_ctime_ns
    while kept.labels.stat().st_ctime_ns == before:  # the clock of files is a coarse one
        kept.labels.chmod(0o600)
        kept.labels.chmod(0o640)
    assert not await kept.looks()
    assert len(looks) == 1


async def test_partitions_are_claimed_before_new_standards_are_in_force(kept: Kept) -> None:
    version = kept.updater.standards.version
    await kept.updater.described.begin(0, version)
    kept.labels.write_text(OTHER)
    kept.fuse.arm("before pin", Transient)
    with pytest.raises(Transient):
        await kept.looks()
    assert (kept.names, kept.updater.standards.version) == (["buyer"], version)
    assert await kept.looks(1)  # what could not be adopted is tried again
    assert kept.names == ["shopper"]
    assert not await kept.updater.described.is_by(0, version)
    assert not await kept.updater.described.is_by(0, kept.updater.standards.version)


async def test_the_next_good_file_is_taken_after_a_mistake(kept: Kept) -> None:
    kept.labels.write_text(WRONG)
    await kept.looks()
    kept.labels.write_text(OTHER)
    assert await kept.looks()
    assert (kept.names, refused()) == (["shopper"], 0)


async def test_a_mistake_that_is_taken_back_is_forgotten_without_a_change(kept: Kept) -> None:
    kept.labels.write_text(WRONG)
    await kept.looks()
    before = kept.updater.standards
    kept.labels.write_text(GOOD)
    assert not await kept.looks()
    assert kept.updater.standards is before
    assert refused() == 0


async def test_a_mistake_that_is_taken_back_is_told_once(
    kept: Kept, caplog: pytest.LogCaptureFixture
) -> None:
    await kept.looks()
    with caplog.at_level(logging.WARNING):
        for text in (WRONG, GOOD, f"{GOOD}# the same\n", GOOD):
            kept.labels.write_text(text)
            await kept.looks()
    _mistake, again, *_others = [record.getMessage() for record in caplog.records]
    assert again == "the files are right again, the rules are unchanged"
    assert caplog.text.count("right again") == 1


async def test_a_file_that_is_gone_changes_nothing_until_it_is_back(kept: Kept) -> None:
    await kept.looks()
    kept.labels.unlink()
    assert not await kept.looks()
    assert (kept.names, refused()) == (["buyer"], 1)
    kept.labels.write_text(OTHER)
    assert await kept.looks()
    assert (kept.names, refused()) == (["shopper"], 0)


async def test_a_file_of_the_same_size_that_replaces_another_is_noticed(kept: Kept) -> None:
    await kept.looks()
    twin = kept.labels.with_name("twin.yaml")
    twin.write_text(GOOD.replace("buyer", "payer"))
    twin.replace(kept.labels)
    assert await kept.looks()
    assert kept.names == ["payer"]


async def test_the_reference_taken_meanwhile_stays(kept: Kept) -> None:
    reference = replace(NONE_TAKEN, version="taken")
    kept.updater.standards = replace(kept.updater.standards, reference=reference)
    kept.labels.write_text(OTHER)
    assert await kept.looks()
    assert kept.updater.standards.reference is reference
