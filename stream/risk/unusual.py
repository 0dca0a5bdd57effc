"""Sign-ins that may be unlike those before them, each beside what those showed."""

from collections.abc import Iterator

from stream.risk.evidence import Evidence
from stream.risk.history import History
from stream.risk.reasons import KINDS
from stream.risk.records import SignIn, SignInCounts
from stream.risk.signin import highest_ratio

#: Nothing is new unless so many earlier sign-ins named what it is compared with.
ENOUGH = 2
#: The ratio from which on a sign-in is unlikely.
UNLIKELY = 10 ** (KINDS["unlikely_sign_in"].worth / 10)


def unusual(evidence: Evidence, since_ms: int) -> Iterator[tuple[SignIn, History]]:
    """Those after an instant that may show something new, or be unlikely, oldest first; each with
    the history of all before it, which is good until the next is asked for.

    For all others, which are most, nothing has to be counted.
    """
    before = evidence.history
    history: History | None = None
    own = before.sign_ins
    shown: dict[object, int] = {}
    for place, sign_in in enumerate(evidence.sign_ins):
        profile = sign_in.features, sign_in.device
        # So many at least showed each of these values.
        same = shown[profile] if profile in shown else before.least(*profile)
        if (
            same < own
            and sign_in.at_ms > since_ms
            and (not same or _may_be_unlikely(sign_in.counts, own, same))
        ):
            if history is None:
                history = before.copy()
                for earlier in evidence.sign_ins[:place]:
                    history.add(earlier.features, earlier.device, earlier.times)
            yield sign_in, history
        shown[profile] = same + sign_in.times
        own += sign_in.times
        if history is not None:
            history.add(*profile, sign_in.times)


def _may_be_unlikely(counts: SignInCounts | None, own: int, same: int) -> bool:
    return counts is not None and highest_ratio(counts, own, same) >= UNLIKELY
