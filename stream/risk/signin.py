"""How much likelier it is that a sign-in is an attack than that it is the customer's own.

The statistical model of Freeman et al., "Who Are You? A Statistical Approach to Measuring User
Authenticity" (NDSS 2016), with the features and their split as in Wiefling et al., "Pump Up
Password Security!" (ACM TOPS 2022). With nothing known of attackers but that they look like
everybody and choose their victims evenly, the ratio of the two probabilities is

    S = p(x1) / p(x1|u) * p(x2) / p(x2|u) * p(u|attack) / p(u|legitimate)

    p(u|attack)      1 / C        C  customers who signed in before
    p(u|legitimate)  n / N        N  sign-ins before of all customers, n  of this one

Feature 1 is the IP address, feature 2 the user agent. Each is a linear interpolation of the
likelihoods of its parts s, from the finest to the coarsest, with the weights below:

    p(x) = sum(w_s * g_s)     p(x|u) = sum(w_s * h_s)     g_s = max(c_s, 1) / (N + 1)
                                                          h_s = (m_s + g_s) / (n + 1)

where ``c_s`` of all sign-ins and ``m_s`` of the customer's showed the same value of the part.

Smoothing: as if each history held one sign-in more, whose mass is reserved for values not seen
yet. Of all customers' a new value has the whole of it, ``1 / (N + 1)``. Of the one customer's a
value has the share of it that it has among all, so that what is new tells more the longer the
customer's history is, ``p(x) / p(x|u) = n + 1``, and nothing by being rare. (The authors' published
code, das-group/rba-algorithm, sets that quotient to 4 where the customer never showed any part.)
A part that was not sent is the value 0, and a value like another.

The weights of the user agent are the authors', rounded; their code has 0.539, 0.268, 0.188, 0.005.
"""

from msgspec.structs import astuple

from stream.risk.history import History
from stream.risk.records import Features, SignInCounts

#: Weights of address, ASN and country, in the order of :class:`Features`.
ADDRESS = (0.6, 0.3, 0.1)
#: Of the user agent as a whole, browser, operating system and kind of device.
USER_AGENT = (0.53, 0.27, 0.19, 0.01)


def risk_ratio(shown: Features, counts: SignInCounts | None, history: History) -> float | None:
    """S: 1 where an attack and the customer are equally likely, more where an attack is likelier.

    ``counts`` are of all customers before this sign-in, ``history`` has the customer's own before
    it. None where there is nothing to compare with: without counts, at the customer's first sign-in
    and at the first of all.
    """
    own = history.sign_ins
    if counts is None or not own or not counts.sign_ins or not counts.customers:
        return None
    among_all, among_own = astuple(counts)[2:], history.same(shown)
    ratio = counts.sign_ins / (counts.customers * own)
    for first, weights in ((0, ADDRESS), (len(ADDRESS), USER_AGENT)):
        likelihood = seen = 0.0
        for part, weight in enumerate(weights, first):
            likelihood += weight * (among_all[part] or 1)
            seen += weight * among_own[part]
        likelihood /= counts.sign_ins + 1
        ratio *= likelihood * (own + 1) / (seen + likelihood)
    return ratio


def highest_ratio(counts: SignInCounts, own: int, same: int) -> float:
    """What the ratio of a sign-in cannot exceed if ``same`` of the customer's ``own`` earlier ones
    showed just what it shows: then ``m_s >= same``, and ``g_s <= 1`` in the formula above.
    """
    if not own or not counts.sign_ins or not counts.customers:
        return 0.0
    return counts.sign_ins / (counts.customers * own) * ((own + 1) / (same + 1)) ** 2
