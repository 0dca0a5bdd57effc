"""Messages that would come many times a second pass once in a while."""

import logging

from stream.logs import Seldom


def record(message: str, *args: object) -> logging.LogRecord:
    return logging.LogRecord("aiokafka", logging.ERROR, __file__, 1, message, args, None)


def test_the_same_message_passes_once_whatever_its_arguments() -> None:
    seldom = Seldom(interval_s=3600)
    passed = [seldom.filter(record("cannot reach %s", node)) for node in ("a", "b", "c")]
    assert passed == [True, False, False]


def test_another_message_passes_beside_it() -> None:
    seldom = Seldom(interval_s=3600)
    assert seldom.filter(record("cannot reach %s", "a"))
    assert seldom.filter(record("session expired"))


def test_the_message_passes_again_when_its_time_is_over() -> None:
    seldom = Seldom(interval_s=0)
    assert seldom.filter(record("cannot reach %s", "a"))
    assert seldom.filter(record("cannot reach %s", "a"))
