"""The sums of groups: what their customers add up to, one integer a name.

Names are ``total`` or ``dimension|value``; see :func:`terms_of`. A sum that is 0 is absent.
"""

from collections.abc import Mapping

from stream.groups.contribution import Contribution

#: A store and one of its segments; "" for the whole store.
Group = tuple[str, str]
#: Name -> what it adds up to.
Terms = dict[str, int]
Sums = dict[Group, Terms]

CUSTOMERS = "customers"
#: Fields of a contribution whose values are counted, one customer each.
DIMENSIONS = (
    "natural_gender",
    "shopping_gender",
    "age_band",
    "country",
    "tier",
    "category",
    "brand",
    "price_band",
    "channel",
)
_HOURS = tuple(f"hour|{hour}" for hour in range(24))
_BUYER_HOURS = tuple(f"buyer_hour|{hour}" for hour in range(24))


def groups_of(contribution: Contribution) -> list[Group]:
    """The groups that a customer belongs to."""
    store_id = contribution.store_id
    return [(store_id, ""), *((store_id, segment) for segment in contribution.segments)]


def terms_of(contribution: Contribution) -> Terms:
    """What a customer adds to each of their groups.

    Totals: ``customers``, ``active`` (any event in the window), ``buyers``, ``orders``, ``amount``,
    ``refunded``, ``orders_30d``, ``amount_30d``. Of the :data:`DIMENSIONS` and of ``label``:
    customers by value; of ``hour`` and ``buyer_hour``: events of the window by local hour, the
    latter of customers with an order in it; of ``channel_buyers``, ``channel_amount`` and
    ``channel_refunded``: totals by acquisition channel.
    """
    each = contribution
    terms = {
        CUSTOMERS: 1,
        "active": int(any(each.by_hour)),
        "buyers": int(each.orders > 0),
        "orders": each.orders,
        "amount": each.amount,
        "refunded": each.refunded,
        "orders_30d": each.orders_30d,
        "amount_30d": each.amount_30d,
    }
    for dimension in DIMENSIONS:
        if value := getattr(each, dimension):
            terms[f"{dimension}|{value}"] = 1
    for label in each.labels:
        terms[f"label|{label}"] = 1
    for names in (_HOURS, _BUYER_HOURS) if each.orders_30d else (_HOURS,):
        for name, count in zip(names, each.by_hour, strict=True):
            if count:
                terms[name] = count
    if channel := each.channel:
        for total in ("buyers", "amount", "refunded"):
            terms[f"channel_{total}|{channel}"] = terms[total]
    return terms


def exchange(sums: Sums, before: Contribution | None, after: Contribution | None) -> None:
    """Take a customer out of the sums as they were, and put them in as they are now."""
    left, entered = groups_of(before) if before else [], groups_of(after) if after else []
    old, new = terms_of(before) if before else {}, terms_of(after) if after else {}
    # Of most customers little changes: the groups they stay in have only that to add.
    difference = _minus(new, old) if before and after else {}
    for group in entered:
        add(sums, group, difference if group in left else new)
    for group in left:
        if group not in entered:
            add(sums, group, _minus({}, old))


def add(sums: Sums, group: Group, terms: Mapping[str, int]) -> None:
    """Add to the sums of a group."""
    known = sums.setdefault(group, {})
    for name, term in terms.items():
        if total := known.get(name, 0) + term:
            known[name] = total
        else:
            known.pop(name, None)
    if not known:
        del sums[group]


def _minus(terms: Terms, others: Terms) -> Terms:
    found = dict(terms)
    for name, term in others.items():
        if left := found.get(name, 0) - term:
            found[name] = left
        else:
            found.pop(name, None)
    return found
