"""The fields that rules may read, by what they hold, written down here anew."""

from typing import Any, NamedTuple

from tests.support.oracle.labels import AMOUNTS, COUNTS, MEASURES, TIMES, TRAITS


class Range(NamedTuple):
    """What a number can be; None is no bound."""

    low: int | None
    high: int | None
    decimals: int = 0


_COUNT, _SHARE, _FIFTH = Range(0, None), Range(0, 1, 4), Range(1, 5)
#: Fields with a number, or with a list of them.
NUMBERS: dict[str, Range] = {
    "attributes.shopping_gender.confidence": _SHARE,
    "attributes.birth_year": Range(None, None),
    "attributes.company.website_traffic": _COUNT,
    "attributes.company.purchase_volume": Range(0, None, 2),
    **{f"{COUNTS}{name}": _COUNT for name in ("product_viewed", "order_completed", "signed_in")},
    "activity.active_days": _COUNT,
    "activity.sessions": _COUNT,
    "activity.conversion.view_to_cart": _SHARE,
    "activity.conversion.cart_to_order": _SHARE,
    **{
        f"preferences.marketing.{name}": _SHARE
        for name in ("coupon_rate", "promotion_click_rate", "discount_share", "sensitivity")
    },
    **{f"spending.{name}": _COUNT for name in ("orders_30d", "orders_365d", "orders")},
    "spending.recency_days": _COUNT,
    "spending.refund_rate": _SHARE,
    "spending.cancellation_rate": _SHARE,
    **{f"spending.rfm.{name}": _FIFTH for name in "rfm"},
    "spending.repurchase.median_days": Range(0, None, 1),
    "spending.repurchase.probability_30d": _SHARE,
    "spending.power.score": Range(0, 95),
    "spending.power.price_level": Range(0, 95),
    **{f"social.{name}": _COUNT for name in ("invites_sent", "invites_accepted", "shares")},
    "social.customers_brought": _COUNT,
    "social.reviews": _COUNT,
    "social.influence": Range(0, 100),
    **{f"service.{name}": _COUNT for name in ("contacts_30d", "open_complaints", "refunds_30d")},
    "service.ratings": _COUNT,
    "service.average_rating": Range(1, 5, 2),
    "fit.score": Range(0, 100, 1),
    **{
        f"risk.{name}": Range(0, 100)
        for name in ("score", "account", "device", "order", "promotion")
    },
    **{f"preferences.categories.{name}": _SHARE for name in ("home", "home/mugs", "书", "sho")},
    "preferences.brands.Acme": _SHARE,
    **{f"disposition.inclinations.{name}": _SHARE for name in ("loyal", "price-driven")},
    **{f"service.subjects.{name}": _COUNT for name in ("delivery", "other")},
}
#: Those of them that belong to a name in a list.
NAMED = tuple(path for path in NUMBERS if path.startswith(tuple(MEASURES)))
NUMBER_LISTS = tuple(
    f"activity.hours.{name}" for name in ("by_hour", "by_weekday_hour", "peak_hours")
)
BOOLEANS = ("spending.repurchase.overdue", "social.came_by_invitation")
#: Some of what a text can be; all of it where the document says so.
TEXTS: dict[str, tuple[str, ...]] = {
    "store_id": ("main", "elsewhere"),
    "customer_id": ("c1", "c2"),
    "attributes.kind": ("person", "company"),
    "attributes.natural_gender": ("female", "male", "other"),
    "attributes.shopping_gender.value": ("female", "male", "unknown"),
    "attributes.shopping_gender.evidence": ("products for women", "products for men"),
    "attributes.age_band": ("under-18", "18-24", "25-34", "35-44", "55-64", "65+"),
    "attributes.occupation": ("teacher", "程序员"),
    "attributes.country": ("DE", "中国", "NO"),
    "attributes.region": ("Bavaria",),
    "attributes.language": ("de", "no"),
    "attributes.time_zone": ("UTC", "Asia/Shanghai"),
    "attributes.installation": ("installed", "uninstalled"),
    "attributes.acquisition_channel": ("search", "自然"),
    "attributes.first_campaign": ("spring", "autumn"),
    "attributes.company.industry": ("furniture", "家具"),
    "attributes.company.company_type": ("wholesale", "retail"),
    "attributes.company.contact_roles": ("buyer", "owner"),
    "preferences.categories": ("home", "home/mugs", "书", "shoes", "sho"),
    "preferences.brands": ("Acme", "Öko"),
    "spending.currency": ("USD", "EUR"),
    "spending.tier": ("bronze", "silver", "gold", "platinum"),
    "spending.power.level": ("low", "below average", "average", "above average", "high"),
    "disposition.inclinations": ("price-driven", "impulsive", "deliberate", "loyal"),
    "service.subjects": ("delivery", "other", "pay"),
    "fit.target": ("ideal", "other"),
    "fit.met": ("age", "spends"),
    "fit.unmet": ("age", "spends"),
    "risk.level": ("low", "elevated", "high"),
}
ANYTHING = tuple(f"{TRAITS}{name}" for name in ("size", "vip", "newsletter", "no such"))
TRAIT_VALUES: tuple[Any, ...] = (True, False, 0, 1, -7, 1.5, "1", "größer", "true", "no")
#: Fields that are compared with all buyers of the store.
PERCENTS = (
    *(f"spending.{name}" for name in ("recency_days", "orders", "amount", "average_order")),
    "preferences.price_band.p50",
)
PATHS = (*NUMBERS, *NUMBER_LISTS, *BOOLEANS, *TEXTS, *ANYTHING, *sorted(AMOUNTS), *sorted(TIMES))
