"""The values that the CyberTipline's schema lists (schema of 2025-11, documentation of 2025-06-11).

Both have moved before: `KNOWN_AS_OF` says when these were read, and an operator's own copy of the schema
(`tocsin.filing.cybertip.schema`) has the last word before anything is sent.
"""

from datetime import date
from enum import StrEnum

KNOWN_AS_OF = date(2025, 11, 30)
"""Elements that others have seen since (`informational`, `ageAssertionDiscrepancy`) are not confirmed: they
are not here."""


class IncidentType(StrEnum):
    """What happened, in the eight words of the CyberTipline."""

    CHILD_PORNOGRAPHY = "Child Pornography (possession, manufacture, and distribution)"
    CHILD_SEX_TRAFFICKING = "Child Sex Trafficking"
    CHILD_SEX_TOURISM = "Child Sex Tourism"
    CHILD_SEXUAL_MOLESTATION = "Child Sexual Molestation"
    MISLEADING_DOMAIN_NAME = "Misleading Domain Name"
    MISLEADING_WORDS = "Misleading Words or Digital Images on the Internet"
    ONLINE_ENTICEMENT = "Online Enticement of Children for Sexual Acts"
    UNSOLICITED_OBSCENE_MATERIAL = "Unsolicited Obscene Material Sent to a Child"


class BatchReason(StrEnum):
    """Why accounts are reported together."""

    VIRAL_POTENTIAL_MEME = "VIRAL_POTENTIAL_MEME"


class EmailType(StrEnum):
    """What an address is for."""

    HOME = "Home"
    WORK = "Work"
    BUSINESS = "Business"
    RECOVERY = "Recovery"


class PhoneType(StrEnum):
    """What a number is for."""

    MOBILE = "Mobile"
    HOME = "Home"
    BUSINESS = "Business"
    WORK = "Work"
    FAX = "Fax"
    INTERNET = "Internet"
    RECOVERY = "Recovery"


class AddressType(StrEnum):
    """What a place is for."""

    HOME = "Home"
    BUSINESS = "Business"
    BILLING = "Billing"
    SHIPPING = "Shipping"
    TECHNICAL = "Technical"


class EventName(StrEnum):
    """What somebody did from an address or a device."""

    LOGIN = "Login"
    REGISTRATION = "Registration"
    PURCHASE = "Purchase"
    UPLOAD = "Upload"
    OTHER = "Other"
    UNKNOWN = "Unknown"


class AssociationType(StrEnum):
    """How another account belongs to somebody."""

    BILLING = "Billing"
    LINKED = "Linked"
    BUSINESS = "Business"
    CREATOR = "Creator"
    PARENT_GUARDIAN = "Parent/Guardian"
    OTHER = "Other"


class FileRelevance(StrEnum):
    """What a file has to do with the report."""

    REPORTED = "Reported"
    SUPPLEMENTAL = "Supplemental Reported"


class IndustryClassification(StrEnum):
    """Age band (A: prepubescent) and rank of content (1: sex act), in the industry's scale."""

    A1 = "A1"
    A2 = "A2"
    B1 = "B1"
    B2 = "B2"


class DetailsType(StrEnum):
    """What pairs of names and values are about."""

    EXIF = "EXIF"
    HASH = "HASH"


def _codes(text: str) -> frozenset[str]:
    return frozenset(text.split())


COUNTRIES = _codes(
    """
    AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT
    BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH
    ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT
    HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS
    LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI
    NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG
    SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG
    UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW A1 A2 O1
    """
)
"""ISO 3166-1 alpha-2, and the schema's own A1 (anonymous proxy), A2 (satellite), O1 (other)."""

STATES = _codes(
    """
    AL AK AZ AR CA CO CT DE FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC
    ND OH OK OR PA RI SC SD TN TX UT VT VA WA WV WI WY DC GU PR VI
    """
)
"""The fifty states, the District of Columbia and the territories that the schema lists."""

HASH_LENGTHS = {"MD5": 32, "SHA1": 40, "SHA256": 64, "PDQ": 64}
"""Hash types that are sent, and how many hexadecimal digits each has. The schema takes any text of up to 64
characters and names MD5 and SHA1 as examples; what becomes of the others is not documented."""

LARGEST_NUMBER = 2**63 - 1
"""Of a report: an `xs:long`."""
