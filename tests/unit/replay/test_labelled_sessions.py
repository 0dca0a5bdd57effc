"""Labelled sessions: read from two files or one, or refused with file and line."""

import gzip
from datetime import UTC, datetime, timedelta

import pytest

from stream.errors import Fatal
from stream.replay.labelled_sessions import View, read_sessions

ROWS = (
    "u1,2014-11-14 00:02:14,2014-11-14 00:02:20,A1/B1/C1/D1/;A1/B1/C1/D2/;A2/B2/C2/D3/",
    "u2,2014-12-12T14:12:05+07:00,2014-12-12 14:12:06,D4/",
)
HEADER = "session,start,end,products"


@pytest.fixture
def file(tmp_path):
    def write(name, *lines):
        path = tmp_path / name
        path.write_text("\n".join(lines) + "\n")
        return path

    return write


def test_sessions_and_labels_are_read_row_by_row(file):
    first, second = read_sessions(file("sessions", *ROWS), file("labels", "female", "male"))
    assert (first.session_id, first.male) == ("u1", False)
    assert (second.session_id, second.male) == ("u2", True)
    assert first.start == datetime(2014, 11, 14, 0, 2, 14, tzinfo=UTC)
    assert second.start.utcoffset() == timedelta(hours=7)


def test_last_part_of_a_path_is_the_product_and_the_rest_its_category(file):
    first, second = read_sessions(file("sessions", *ROWS), file("labels", "female", "male"))
    assert first.views == (View("A1/B1/C1", "D1"), View("A1/B1/C1", "D2"), View("A2/B2/C2", "D3"))
    assert second.views == (View(None, "D4"),)


def test_session_teaches_a_point_a_view_by_category(file):
    first, second = read_sessions(file("sessions", *ROWS), file("labels", "female", "male"))
    assert first.example.points == {"A1/B1/C1": 2, "A2/B2/C2": 1}
    assert second.example.points == {}


def test_label_may_be_the_fifth_column(file):
    read = read_sessions(file("sessions", ROWS[0] + ",Male", ROWS[1] + ",f"))
    assert [session.male for session in read] == [True, False]


@pytest.mark.parametrize("heads", [(HEADER, "gender"), (HEADER, None), (None, "label")])
def test_headers_are_tolerated(file, heads):
    head, label = ([text] if text else [] for text in heads)
    read = read_sessions(file("s", *head, *ROWS), file("l", *label, "male", "male"))
    assert [session.session_id for session in read] == ["u1", "u2"]


def test_gzipped_files_and_windows_line_ends_are_read(tmp_path):
    (tmp_path / "s").write_bytes(gzip.compress("\r\n".join(ROWS).encode()))
    (tmp_path / "l").write_bytes(gzip.compress(b"female\r\nmale\r\n\r\n"))
    assert len(read_sessions(tmp_path / "s", tmp_path / "l")) == 2


def test_session_without_products_has_no_views(file):
    (session,) = read_sessions(file("s", "u1,2014-11-14,2014-11-14,;/;,female"))
    assert session.views == ()


@pytest.mark.parametrize(
    ("rows", "complaint"),
    [
        (["u1,2014-11-14,2014-11-14"], "line 1: 3 columns where session,start,end,products are"),
        ([ROWS[0], "", "u1,a,b,c,d,e"], "line 3: 6 columns"),
        ([ROWS[0], "u2,yesterday,2014-11-14,A/B"], "line 2: the start 'yesterday' is not a time"),
        ([], "s has 0 sessions but .*l has 2 labels"),
        ([HEADER, ROWS[0]], "1 sessions but .*l has 2 labels.*in the order of the sessions"),
        ([ROWS[0], HEADER], "line 2: the start 'start'"),
    ],
)
def test_sessions_that_are_not_as_they_must_be_are_refused_with_their_line(file, rows, complaint):
    with pytest.raises(Fatal, match=complaint):
        read_sessions(file("s", *rows), file("l", "female", "male"))


@pytest.mark.parametrize(
    ("labels", "complaint"),
    [
        (["female", "other"], "l, line 2: 'other' is neither female nor male"),
        (["female", "", "male"], "l, line 2: '' is neither"),
        (["female"], "2 sessions but .* has 1 labels"),
    ],
)
def test_labels_that_do_not_fit_are_refused_with_their_line(file, labels, complaint):
    with pytest.raises(Fatal, match=complaint):
        read_sessions(file("s", *ROWS), file("l", *labels))


def test_sessions_without_labels_say_where_labels_may_be(file):
    with pytest.raises(Fatal, match=r"line 1: 4 columns .* name the file of the labels too"):
        read_sessions(file("s", *ROWS))


def test_wrong_label_in_the_fifth_column_is_told_with_its_line(file):
    with pytest.raises(Fatal, match="line 2: the label 'woman' is neither"):
        read_sessions(file("s", ROWS[0] + ",male", ROWS[1] + ",woman"))


def test_empty_and_missing_files_are_told(file, tmp_path):
    with pytest.raises(Fatal, match="holds no session"):
        read_sessions(file("s", HEADER))
    with pytest.raises(Fatal, match=r"cannot read .*gone"):
        read_sessions(tmp_path / "gone")


def test_gzip_that_is_cut_off_is_told(tmp_path):
    (tmp_path / "s").write_bytes(gzip.compress((ROWS[0] + ",male").encode())[:-6])
    with pytest.raises(Fatal, match="gzip stream is damaged"):
        read_sessions(tmp_path / "s")
