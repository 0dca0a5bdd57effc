"""What the simulated customers declare of themselves: people, and some companies."""

from random import Random

from stream.demo.catalogue import Gender
from stream.demo.homes import Home
from stream.fields import TraitValue

Traits = dict[str, TraitValue]

#: Of a hundred customers, so many are companies; of a hundred people, so many have the app, and so
#: many had it once.
_COMPANY_PERCENT = 4
_APP_PERCENT, _APP_GONE_PERCENT = 45, 10

_OCCUPATIONS = ("student", "teacher", "engineer", "nurse", "designer", "clerk", "retired", "chef")
_INDUSTRIES = ("hospitality", "retail", "education", "health care", "construction")
_COMPANY_TYPES = ("wholesale", "retail chain", "manufacturer", "office")
_CONTACT_ROLES = ("purchasing", "purchasing, accounts payable", "owner", "office, purchasing")
#: Median visits to a company's website a month and purchases a year, and the spread of both: the
#: sigma of the log-normal distribution.
_TRAFFIC, _VOLUME, _SIGMA = 9.0, 10.5, 1.0


def declared(rng: Random, home: Home, gender: Gender) -> Traits:
    """The traits of one customer, of a person or of a company."""
    if rng.random() * 100 < _COMPANY_PERCENT:
        return _of_company(rng) | _of_place(home)
    return _of_person(rng, gender) | _of_place(home)


def _of_place(home: Home) -> Traits:
    return {
        "country": home.country,
        "region": home.region,
        "language": home.language,
        "time_zone": home.zone,
    }


def _of_person(rng: Random, gender: Gender) -> Traits:
    traits: Traits = {
        "gender": gender,
        "birth_year": min(2006, max(1940, round(rng.gauss(1986, 13)))),
        "occupation": rng.choice(_OCCUPATIONS),
    }
    chance = rng.random() * 100
    if chance < _APP_PERCENT + _APP_GONE_PERCENT:
        traits["app_installed"] = chance < _APP_PERCENT
    return traits


def _of_company(rng: Random) -> Traits:
    return {
        "kind": "company",
        "industry": rng.choice(_INDUSTRIES),
        "company_type": rng.choice(_COMPANY_TYPES),
        "contact_roles": rng.choice(_CONTACT_ROLES),
        "website_traffic": round(rng.lognormvariate(_TRAFFIC, _SIGMA)),
        # Estimates are round numbers.
        "purchase_volume": round(rng.lognormvariate(_VOLUME, _SIGMA), -3),
    }
