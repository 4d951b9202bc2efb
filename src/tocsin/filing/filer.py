"""Who files: what an operator has set of the organisation, under the names of `[filing]` in tocsin.toml."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Filer:
    """What stands in every report of this organisation; empty where it is not set."""

    company: str = ""
    service: str = ""
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    phone: str = ""
    contact_first_name: str = ""
    contact_last_name: str = ""
    contact_email: str = ""
    contact_phone: str = ""
    company_template: str = ""
    terms_of_service: str = ""
    legal_url: str = ""
    industry_classification: bool = False
    """It has joined the sharing of hashes among companies, and may say how it classifies files."""
