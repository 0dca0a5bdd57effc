"""All findings in the evidence of one customer."""

from stream.risk import account, clicks, device, order, promotion, takeover
from stream.risk.findings import Finding
from stream.risk.subject import Subject

_PARTS = (account, takeover, device, order, clicks, promotion)


def find(subject: Subject) -> list[Finding]:
    """What the evidence shows, whenever it was found and whether it holds still."""
    return [finding for part in _PARTS for finding in part.find(subject)]
