"""Histories of sign-ins."""

from stream.risk.history import History
from stream.risk.records import Features


def history(*shown: tuple[Features, int, int]) -> History:
    """One of so many sign-ins each: what they showed, the device, how many they were."""
    counted = History()
    for each in shown:
        counted.add(*each)
    return counted
