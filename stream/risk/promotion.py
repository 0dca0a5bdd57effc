"""Findings of the part `promotion`."""

from collections.abc import Iterator

from stream.risk.findings import Finding
from stream.risk.subject import Subject


def find(subject: Subject) -> Iterator[Finding]:
    """To be written."""
    return iter(())
