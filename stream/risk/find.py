"""All findings in the evidence of one customer."""

from stream.risk import account, device, order, promotion
from stream.risk.findings import Finding
from stream.risk.subject import Subject


def find(subject: Subject) -> list[Finding]:
    """What the evidence shows, whenever it was found and whether it holds still."""
    return [
        finding for part in (account, device, order, promotion) for finding in part.find(subject)
    ]
