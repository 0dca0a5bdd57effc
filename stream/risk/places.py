"""Places: about where each country lies, and how far two of them are apart.

The figures are the "geographic coordinates" in The World Factbook of the CIA (public domain),
rounded to whole degrees: the middle of a country, which for a large one is far from its borders.
"""

from math import asin, cos, radians, sin, sqrt
from re import findall, split
from unicodedata import combining, normalize

#: Latitude north and longitude east, in degrees.
Centroid = tuple[int, int]

#: Mean radius of the Earth (IUGG).
_EARTH_KM = 6371.0088


def centroid(country: str) -> Centroid | None:
    """Where a country lies, by its ISO 3166-1 alpha-2 code or a common English name; None where
    the name is not known. Case, accents, punctuation and the order of words do not matter:
    ``Korea, Republic of`` is ``republic of korea``.
    """
    found = _CENTROIDS.get(_key(country))
    # "Slovakia (Slovak Republic)": a name, and an explanation of it.
    return found or _CENTROIDS.get(_key(split(r"[(;,]", country, maxsplit=1)[0]))


def distance_km(one: Centroid, other: Centroid) -> float:
    """The great-circle distance, by the haversine formula."""
    north, east = radians(one[0]), radians(one[1])
    other_north, other_east = radians(other[0]), radians(other[1])
    haversine = (
        sin((other_north - north) / 2) ** 2
        + cos(north) * cos(other_north) * sin((other_east - east) / 2) ** 2
    )
    # Rounding may carry the antipodes a little past 1.
    return 2 * _EARTH_KM * asin(min(1.0, sqrt(haversine)))


def _key(name: str) -> str:
    """The letters of a name's words in a fixed order, without what the same names differ by."""
    letters = "".join(each for each in normalize("NFKD", name) if not combining(each))
    words = (_SPELT.get(word, word) for word in findall("[a-z]+", letters.casefold()))
    return " ".join(sorted(word for word in words if word))


#: Words that are left out or spelt in full.
_SPELT = {"and": "", "of": "", "the": "", "st": "saint"}

#: Code, latitude, longitude, names.
_TABLE = """
AD 42 2 Andorra; AE 24 54 United Arab Emirates/UAE; AF 33 65 Afghanistan;
AG 17 -62 Antigua and Barbuda; AI 18 -63 Anguilla; AL 41 20 Albania; AM 40 45 Armenia;
AO -12 18 Angola; AQ -90 0 Antarctica; AR -34 -64 Argentina; AS -14 -170 American Samoa;
AT 47 13 Austria; AU -27 133 Australia; AW 12 -70 Aruba; AZ 40 48 Azerbaijan;
BA 44 18 Bosnia and Herzegovina/Bosnia and Herzegowina/Bosnia; BB 13 -60 Barbados;
BD 24 90 Bangladesh; BE 51 4 Belgium; BF 13 -2 Burkina Faso; BG 43 25 Bulgaria; BH 26 51 Bahrain;
BI -4 30 Burundi; BJ 10 2 Benin; BL 18 -63 Saint Barthelemy; BM 32 -65 Bermuda;
BN 4 115 Brunei/Brunei Darussalam; BO -17 -65 Bolivia/Plurinational State of Bolivia;
BR -10 -55 Brazil; BS 24 -76 Bahamas; BT 28 90 Bhutan; BV -54 3 Bouvet Island; BW -22 24 Botswana;
BY 53 28 Belarus; BZ 17 -89 Belize; CA 60 -95 Canada;
CC -12 97 Cocos (Keeling) Islands/Cocos Islands;
CD 0 25 Democratic Republic of the Congo/DRC/DR Congo/Congo (Kinshasa);
CF 7 21 Central African Republic; CG -1 15 Congo/Republic of the Congo/Congo (Brazzaville);
CH 47 8 Switzerland; CI 8 -5 Cote d'Ivoire/Ivory Coast; CK -21 -160 Cook Islands; CL -30 -71 Chile;
CM 6 12 Cameroon; CN 35 105 China/People's Republic of China; CO 4 -72 Colombia;
CR 10 -84 Costa Rica; CU 22 -80 Cuba; CV 16 -24 Cabo Verde/Cape Verde; CW 12 -69 Curacao;
CX -10 106 Christmas Island; CY 35 33 Cyprus; CZ 50 16 Czechia/Czech Republic; DE 51 9 Germany;
DJ 12 43 Djibouti; DK 56 10 Denmark; DM 15 -61 Dominica; DO 19 -71 Dominican Republic;
DZ 28 3 Algeria; EC -2 -78 Ecuador; EE 59 26 Estonia; EG 27 30 Egypt; EH 24 -13 Western Sahara;
ER 15 39 Eritrea; ES 40 -4 Spain; ET 8 38 Ethiopia; FI 64 26 Finland; FJ -18 175 Fiji;
FK -52 -59 Falkland Islands/Malvinas; FM 7 158 Micronesia/Federated States of Micronesia;
FO 62 -7 Faroe Islands; FR 46 2 France; GA -1 12 Gabon;
GB 54 -2 United Kingdom/UK/Great Britain/United Kingdom of Great Britain and Northern Ireland;
GD 12 -62 Grenada; GE 42 44 Georgia; GF 4 -53 French Guiana; GG 49 -3 Guernsey; GH 8 -2 Ghana;
GI 36 -5 Gibraltar; GL 72 -40 Greenland; GM 13 -17 Gambia; GN 11 -10 Guinea; GP 16 -62 Guadeloupe;
GQ 2 10 Equatorial Guinea; GR 39 22 Greece;
GS -54 -37 South Georgia and the South Sandwich Islands; GT 16 -90 Guatemala; GU 13 145 Guam;
GW 12 -15 Guinea-Bissau; GY 5 -59 Guyana; HK 22 114 Hong Kong/Hong Kong SAR China;
HM -53 73 Heard Island and McDonald Islands; HN 15 -86 Honduras; HR 45 16 Croatia; HT 19 -72 Haiti;
HU 47 20 Hungary; ID -5 120 Indonesia; IE 53 -8 Ireland/Republic of Ireland; IL 32 35 Israel;
IM 54 -4 Isle of Man; IN 20 77 India; IO -6 72 British Indian Ocean Territory; IQ 33 44 Iraq;
IR 32 53 Iran/Islamic Republic of Iran; IS 65 -18 Iceland; IT 43 13 Italy; JE 49 -2 Jersey;
JM 18 -78 Jamaica; JO 31 36 Jordan; JP 36 138 Japan; KE 1 38 Kenya;
KG 41 75 Kyrgyzstan/Kyrgyz Republic; KH 13 105 Cambodia; KI 1 173 Kiribati; KM -12 44 Comoros;
KN 17 -63 Saint Kitts and Nevis; KP 40 127 North Korea/Democratic People's Republic of Korea;
KR 37 128 South Korea/Republic of Korea/Korea; KW 30 46 Kuwait; KY 20 -80 Cayman Islands;
KZ 48 68 Kazakhstan; LA 18 105 Laos/Lao People's Democratic Republic/Lao PDR; LB 34 36 Lebanon;
LC 14 -61 Saint Lucia; LI 47 10 Liechtenstein; LK 7 81 Sri Lanka; LR 6 -10 Liberia;
LS -30 28 Lesotho; LT 56 24 Lithuania; LU 50 6 Luxembourg; LV 57 25 Latvia;
LY 25 17 Libya/Libyan Arab Jamahiriya; MA 32 -5 Morocco; MC 44 7 Monaco;
MD 47 29 Moldova/Republic of Moldova; ME 42 19 Montenegro;
MF 18 -64 Saint Martin/Saint Martin (French part); MG -20 47 Madagascar; MH 9 168 Marshall Islands;
MK 42 22 North Macedonia/Macedonia/The former Yugoslav Republic of Macedonia; ML 17 -4 Mali;
MM 22 98 Myanmar/Burma; MN 46 105 Mongolia; MO 22 114 Macao/Macau;
MP 15 146 Northern Mariana Islands; MQ 15 -61 Martinique; MR 20 -12 Mauritania;
MS 17 -62 Montserrat; MT 36 15 Malta; MU -20 58 Mauritius; MV 3 73 Maldives; MW -14 34 Malawi;
MX 23 -102 Mexico; MY 2 112 Malaysia; MZ -18 35 Mozambique; NA -22 17 Namibia;
NC -22 166 New Caledonia; NE 16 8 Niger; NF -29 168 Norfolk Island; NG 10 8 Nigeria;
NI 13 -85 Nicaragua; NL 52 6 Netherlands/Holland; NO 62 10 Norway; NP 28 84 Nepal; NR -1 167 Nauru;
NU -19 -170 Niue; NZ -41 174 New Zealand; OM 21 57 Oman; PA 9 -80 Panama; PE -10 -76 Peru;
PF -15 -140 French Polynesia; PG -6 147 Papua New Guinea; PH 13 122 Philippines; PK 30 70 Pakistan;
PL 52 20 Poland; PM 47 -56 Saint Pierre and Miquelon; PN -25 -130 Pitcairn Islands/Pitcairn;
PR 18 -66 Puerto Rico;
PS 32 35 Palestine/State of Palestine/Palestinian Territory/Occupied Palestinian Territory;
PT 40 -8 Portugal; PW 8 134 Palau; PY -23 -58 Paraguay; QA 26 51 Qatar; RE -21 56 Reunion;
RO 46 25 Romania; RS 44 21 Serbia; RU 60 100 Russia/Russian Federation; RW -2 30 Rwanda;
SA 25 45 Saudi Arabia; SB -8 159 Solomon Islands; SC -5 56 Seychelles; SD 15 30 Sudan;
SE 62 15 Sweden; SG 1 104 Singapore;
SH -16 -6 Saint Helena/Saint Helena, Ascension and Tristan da Cunha; SI 46 15 Slovenia;
SJ 78 20 Svalbard/Svalbard and Jan Mayen; SK 49 20 Slovakia/Slovak Republic; SL 8 -12 Sierra Leone;
SM 44 12 San Marino; SN 14 -14 Senegal; SO 10 49 Somalia; SR 4 -56 Suriname; SS 8 30 South Sudan;
ST 1 7 Sao Tome and Principe; SV 14 -89 El Salvador; SX 18 -63 Sint Maarten;
SY 35 38 Syria/Syrian Arab Republic; SZ -26 32 Eswatini/Swaziland;
TC 22 -72 Turks and Caicos Islands; TD 15 19 Chad; TG 8 1 Togo; TH 15 100 Thailand;
TJ 39 71 Tajikistan; TK -9 -172 Tokelau; TL -9 126 Timor-Leste/East Timor; TM 40 60 Turkmenistan;
TN 34 9 Tunisia; TO -20 -175 Tonga; TR 39 35 Turkey/Turkiye/Türkiye; TT 11 -61 Trinidad and Tobago;
TV -8 178 Tuvalu; TW 24 121 Taiwan/Taiwan, Province of China;
TZ -6 35 Tanzania/United Republic of Tanzania; UA 49 32 Ukraine; UG 1 32 Uganda;
US 38 -97 United States/United States of America/USA; UY -33 -56 Uruguay; UZ 41 64 Uzbekistan;
VA 42 12 Holy See/Vatican/Vatican City/Vatican City State;
VC 13 -61 Saint Vincent and the Grenadines; VE 8 -66 Venezuela/Bolivarian Republic of Venezuela;
VG 18 -64 British Virgin Islands;
VI 18 -65 United States Virgin Islands/US Virgin Islands/Virgin Islands/Virgin Islands (U.S.);
VN 16 108 Vietnam/Viet Nam; VU -16 167 Vanuatu;
WF -13 -176 Wallis and Futuna/Wallis and Futuna Islands; WS -14 -172 Samoa; XK 43 21 Kosovo;
YE 15 48 Yemen; YT -13 45 Mayotte; ZA -29 24 South Africa; ZM -15 30 Zambia; ZW -20 30 Zimbabwe;
"""


def _centroids() -> dict[str, Centroid]:
    """Read the table: by the key of each code and name."""
    found: dict[str, Centroid] = {}
    for entry in _TABLE.replace("\n", " ").split(";"):
        if entry.strip():
            code, north, east, names = entry.split(maxsplit=3)
            for name in (code, *names.split("/")):
                found[_key(name)] = (int(north), int(east))
    return found


_CENTROIDS = _centroids()
