"""What can go wrong, by what the shell does about it.

``Rejected``  the record is bad: dead letter, then go on.
``Transient`` an outside service failed: retry with backoff, acknowledge nothing meanwhile.
``Fatal``     going on could corrupt portraits: stop the worker, acknowledge nothing.
``Conflict``  someone else wrote the record first: reload, fold again.
"""

from enum import StrEnum


class Reason(StrEnum):
    """Why a record became a dead letter. The set is closed: metrics and alerts label by it.

    All but the last are of records that break the contract.
    """

    NOT_JSON = "not_json"
    UNKNOWN_TYPE = "unknown_type"
    WRONG_TOPIC = "wrong_topic"
    MISSING_FIELD = "missing_field"
    WRONG_TYPE = "wrong_type"
    INVALID_VALUE = "invalid_value"
    BAD_TIMESTAMP = "bad_timestamp"
    FUTURE_TIMESTAMP = "future_timestamp"
    BAD_MONEY = "bad_money"
    UNKNOWN_CURRENCY = "unknown_currency"
    KEY_MISMATCH = "key_mismatch"
    UNDELIVERABLE = "undeliverable"


#: Characters of a rejection's detail: it becomes a header of the dead letter.
MAX_DETAIL = 500


class PortraitError(Exception):
    """Root of every error this package raises on purpose."""


class Rejected(PortraitError):
    """A record that breaks the contract; never retryable as it is.

    ``detail`` may quote the record and is cut to :data:`MAX_DETAIL` characters.
    """

    def __init__(self, reason: Reason, detail: str) -> None:
        detail = detail if len(detail) <= MAX_DETAIL else f"{detail[:MAX_DETAIL]} [cut]"
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


class Transient(PortraitError):
    """A service did not answer; the same call may succeed later."""


class Fatal(PortraitError):
    """The worker must stop; the message says what to do."""
