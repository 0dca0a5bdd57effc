"""The category-affinity table of the shopping gender: learned, written and read.

Naive Bayes over the presence of category paths and of their prefixes in a session. Each gender
counts as half of the public, whatever its number of sessions. With ``m`` and ``w`` the sessions of
men and of women with a path, weighted so, and ``p`` the share of men at its parent,

    share of men = (m + SMOOTHING * p) / (m + w + SMOOTHING)

so that a rare path says what its parent says (a beta prior centred on the parent); the parent of a
path of one part says 0.5. What the table holds is the logit of that share.
"""

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct, structs

from stream.errors import Fatal
from stream.measures.affinity import Affinity, score

#: Sessions of the parent's kind that a path is taken to have had before the first real one. Rows
#: close to each other are alike, so sessions are fewer witnesses than they seem; on the PAKDD'15
#: sample anything from 20 to 100 gives the same balanced accuracy within 0.003.
SMOOTHING = 50
#: Sessions below which a path is left to its parent; keeps the file small.
FEWEST_SESSIONS = 5
#: Contiguous parts of the sessions by which the scale is learned, each judged by the others.
PARTS = 5
#: The scale is looked for from 0 (the table says nothing) up to here.
LARGEST_SCALE = 2.0
_DECIMALS = 4
_HALVINGS = 30


class Example(Struct, frozen=True):
    """A labelled session: the customer's points by category path, and who it was."""

    points: Mapping[str, int]
    male: bool


class _File(Struct, frozen=True, forbid_unknown_fields=True):
    format: Literal["portrait-shopping-gender-1"]
    affinity: Affinity


def learn(examples: Sequence[Example]) -> Affinity:
    """The table that these sessions teach, in their order: neighbours are judged together.

    Raises :class:`Fatal` where there is not a session of each gender.
    """
    if not _has_both(examples):
        raise Fatal("the sessions must be of women and of men: one of them is missing")
    log_odds = _log_odds(examples)
    scale = round(_scale(examples), _DECIMALS)
    version = _version(len(examples), scale, log_odds)
    return Affinity(version=version, sessions=len(examples), scale=scale, log_odds=log_odds)


def parts(rows: int, count: int) -> Iterator[tuple[int, int]]:
    """First and end (open) of contiguous parts of ``rows`` rows, as equal as can be.

    Neighbouring sessions are alike, often of one visitor: drawn at random, some would be learned
    from and others judged, and the judgement would flatter.
    """
    for part in range(count):
        yield rows * part // count, rows * (part + 1) // count


def _has_both(examples: Sequence[Example]) -> bool:
    men = sum(example.male for example in examples)
    return 0 < men < len(examples)


def _log_odds(examples: Sequence[Example]) -> dict[str, float]:
    men, women = Counter[str](), Counter[str]()
    for example in examples:
        paths = {path for category in example.points for path in _with_prefixes(category)}
        (men if example.male else women).update(paths)
    count = sum(example.male for example in examples)
    weight_of_man = len(examples) / 2 / count
    weight_of_woman = len(examples) / 2 / (len(examples) - count)
    shares: dict[str, float] = {"": 0.5}
    log_odds: dict[str, float] = {}
    # A parent sorts before its children, being a prefix of them.
    for path in sorted(men.keys() | women.keys()):
        if men[path] + women[path] < FEWEST_SESSIONS:
            continue
        m, w = men[path] * weight_of_man, women[path] * weight_of_woman
        prior = SMOOTHING * shares[path.rpartition("/")[0]]
        share = shares[path] = (m + prior) / (m + w + SMOOTHING)
        log_odds[path] = round(math.log(share / (1 - share)), _DECIMALS)
    return log_odds


def _with_prefixes(category: str) -> Iterator[str]:
    path = category
    while path:
        yield path
        path = path.rpartition("/")[0]


def _scale(examples: Sequence[Example]) -> float:
    """The factor of all log-odds under which sessions not learned from are likeliest.

    Each gender weighs one half, as in the table. 1 where there are too few sessions to tell.
    """
    judged = list(_judged(examples))
    men = sum(male for _, male in judged)
    if not 0 < men < len(judged):
        return 1.0
    weights = {True: 0.5 / men, False: 0.5 / (len(judged) - men)}

    def slope(scale: float) -> float:
        # Of the mean log-loss, which is convex in the scale.
        return sum(
            weights[male] * odds * (1 / (1 + math.exp(-scale * odds)) - male)
            for odds, male in judged
        )

    low, high = 0.0, LARGEST_SCALE
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (low, middle) if slope(middle) > 0 else (middle, high)
    return (low + high) / 2


def _judged(examples: Sequence[Example]) -> Iterator[tuple[float, bool]]:
    """Log-odds and gender of the sessions of each part, by what the other parts teach."""
    for start, end in parts(len(examples), PARTS):
        others = [*examples[:start], *examples[end:]]
        if not _has_both(others):
            continue
        table = Affinity(version="part", sessions=0, scale=1, log_odds=_log_odds(others))
        for example in examples[start:end]:
            if odds := score(table, example.points, {}):
                yield odds, example.male


def _version(sessions: int, scale: float, log_odds: Mapping[str, float]) -> str:
    content = msgspec.json.encode([sessions, scale, sorted(log_odds.items())])
    return blake2b(content, digest_size=6).hexdigest()


def save_affinity(path: str | Path, affinity: Affinity) -> None:
    """Write the table as JSON, the same bytes for the same table; :class:`Fatal` where it fails."""
    ordered = structs.replace(affinity, log_odds=dict(sorted(affinity.log_odds.items())))
    content = msgspec.json.encode(_File("portrait-shopping-gender-1", ordered))
    try:
        Path(path).write_bytes(msgspec.json.format(content, indent=1) + b"\n")
    except OSError as exc:
        raise Fatal(f"cannot write {path}: {exc.strerror or exc}") from None


def load_affinity(path: str | Path) -> Affinity:
    """The table in a file; :class:`Fatal` says what is wrong with it and what to do."""
    try:
        affinity = msgspec.json.decode(Path(path).read_bytes(), type=_File).affinity
    except OSError as exc:
        raise Fatal(
            f"cannot read {path}: {exc.strerror or exc}; "
            "`portrait learn shopping-gender` makes such a file"
        ) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as exc:
        raise Fatal(
            f"{path} is no shopping-gender table of this version ({exc}); "
            "make it anew with `portrait learn shopping-gender`"
        ) from None
    if affinity.version != _version(affinity.sessions, affinity.scale, affinity.log_odds):
        raise Fatal(
            f"{path} is not what was learned: its content does not fit its version "
            f"{affinity.version}; make it anew with `portrait learn shopping-gender`"
        )
    return affinity
