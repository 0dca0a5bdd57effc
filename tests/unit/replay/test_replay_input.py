"""Opening of the input: plain, gzipped, damaged, standard input."""

import gzip
import io
import sys

import pytest

from stream.errors import Fatal
from stream.replay.formats import FORMATS, read_events
from stream.replay.shift import rereadable
from stream.replay.source import Meter, open_binary

LINE = (
    b'{"type":"signed_in","event_id":"e1","customer_id":"c1",'
    b'"occurred_at":"2026-01-02T03:04:05Z"}\n'
)


class Stdin:
    """Stands in for ``sys.stdin``."""

    def __init__(self, content: bytes) -> None:
        self.buffer = io.BytesIO(content)


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_file_is_unpacked_by_its_first_bytes_whatever_its_name(tmp_path, pack):
    path = tmp_path / "events.txt"
    path.write_bytes(pack(LINE))
    assert [event.event_id for event in read_events(str(path), "native")] == ["e1"]


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_standard_input_is_unpacked_by_its_first_bytes(monkeypatch, pack):
    monkeypatch.setattr(sys, "stdin", Stdin(pack(LINE)))
    assert [event.event_id for event in read_events("-", "native")] == ["e1"]


def test_standard_input_can_be_read_twice_when_spooled(monkeypatch):
    monkeypatch.setattr(sys, "stdin", Stdin(gzip.compress(LINE)))
    with rereadable("-") as path:
        first, second = (list(read_events(path, "native")) for _ in range(2))
    assert len(first) == 1
    assert first == second


def test_a_gzip_stream_that_ends_in_the_middle_is_an_error_and_not_an_end(tmp_path):
    path = tmp_path / "events.gz"
    path.write_bytes(gzip.compress(LINE * 50)[:-12])
    with pytest.raises(Fatal, match="damaged"):
        list(read_events(str(path), "native"))


@pytest.mark.parametrize("format_name", FORMATS)
def test_a_missing_file_is_an_error_in_every_format(tmp_path, format_name):
    with pytest.raises(Fatal):
        list(read_events(str(tmp_path / "absent"), format_name))


@pytest.mark.parametrize("format_name", ["uci-retail", "rees46"])
def test_a_table_of_another_format_is_refused_by_its_header(tmp_path, format_name):
    path = tmp_path / "other.csv"
    path.write_text("a,b\n1,2\n")
    with pytest.raises(Fatal, match="--format"):
        list(read_events(str(path), format_name))


def test_a_folder_of_tables_cannot_come_by_standard_input():
    with pytest.raises(Fatal, match="folder"):
        list(read_events("-", "completejourney"))


def test_the_meter_counts_bytes_on_disk_up_to_the_end(tmp_path):
    path = tmp_path / "events"
    path.write_bytes(LINE * 3)
    meter = Meter()
    with open_binary(path, meter) as stream:
        assert meter.total == 3 * len(LINE)
        stream.read()
    assert meter.done == meter.total
