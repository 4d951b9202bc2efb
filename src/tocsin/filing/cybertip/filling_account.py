"""What a draft says of who is reported: one account, with all that its submissions tell of it."""

from collections.abc import Iterable, Sequence
from typing import Final

from tocsin.filing.cybertip.accounts import PersonOrUserReported
from tocsin.filing.cybertip.happenings import Happened
from tocsin.filing.cybertip.material import Material
from tocsin.filing.cybertip.noting import Noted, as_url, clean, shortened, text_in
from tocsin.filing.cybertip.people import Email, Person, Phone
from tocsin.filing.cybertip.shape import Rule
from tocsin.filing.cybertip.value_rules import keeps
from tocsin.filing.draft import Source
from tocsin.filing.model import Kind

PATH: Final = "report/personOrUserReported[1]"
MOST_NAMES: Final = 20
"""Of each kind: names, addresses, numbers, profiles."""
MOST_PRIOR: Final = 100
MOST_BATCHED: Final = 500
_IDENTIFIER: Final = 255
_SERVICE: Final = 100
_SCREEN_NAME: Final = 256
_DISPLAY_NAME: Final = 255
_EMAIL: Final = 255
_PHONE: Final = 50


def accounts(
    material: Material, events: Sequence[Happened], noted: Noted
) -> tuple[PersonOrUserReported, ...]:
    """Who is reported: one account, or in a batched report those that had the file, by their ids alone."""
    if material.kind is Kind.BATCHED:
        return _batched(material, noted)
    made = _account(material, events, noted)
    return () if made == PersonOrUserReported() else (made,)


def _batched(material: Material, noted: Noted) -> tuple[PersonOrUserReported, ...]:
    told = dict.fromkeys(clean(one.context.account) for one in material.submissions)
    found = [one for one in told if one]
    if len(found) > MOST_BATCHED:
        noted.out(f"of {len(found):,} accounts only the first {MOST_BATCHED} are in the report")
    noted.of("report/personOrUserReported", Source.SUBMISSION)
    fitting = (noted.fitting(one, _IDENTIFIER, "the id of an account") for one in found[:MOST_BATCHED])
    return tuple(PersonOrUserReported(esp_identifier=one) for one in fitting if one)


def _account(material: Material, events: Sequence[Happened], noted: Noted) -> PersonOrUserReported:
    said = {name: _said(material, name) for name in ("id", "name", "email", "display_name", "phone", "url")}
    emails = [one for one in _few(said["email"], "addresses", noted) if _is_email(one, noted)]
    phones = [one for one in _few(said["phone"], "telephone numbers", noted) if _short(one, _PHONE, noted)]
    shown = [one for one in _few(said["display_name"], "names", noted) if _short(one, _DISPLAY_NAME, noted)]
    profiles = _profiles(said["url"], noted)
    ids, names = list(said["id"]), list(said["name"])
    identifier, screen_name = next(iter(ids), ""), next(iter(names), "")
    known = bool(ids or names or emails or phones or shown or profiles)
    person = Person(phone=tuple(map(Phone, phones)), email=tuple(map(Email, emails)))
    made = PersonOrUserReported(
        person=None if person == Person() else person,
        esp_identifier=noted.fitting(identifier, _IDENTIFIER, "the id of the account"),
        esp_service=_service(material, noted) if known else "",
        screen_name=noted.fitting(screen_name, _SCREEN_NAME, "the name of the account"),
        display_name=tuple(shown),
        profile_url=tuple(profiles),
        ip_capture_event=tuple(one.event for one in events),
        prior_ct_reports=_prior(material, noted),
        additional_info=noted.joined([*_others("id", ids[1:]), *_others("name", names[1:])]),
    )
    said["url"] = {url: said["url"][told] for url, told in profiles.items()}
    _note(made, said, events, noted)
    return made


def _said(material: Material, name: str) -> dict[str, str]:
    """What submissions say of the account under a name, each once, with the first that says it."""
    found: dict[str, str] = {}
    for one in material.submissions:
        text = text_in((one.context.given or {}).get("account"), name)
        if text:
            found.setdefault(text, one.id)
    return found


def _note(
    made: PersonOrUserReported, said: dict[str, dict[str, str]], events: Sequence[Happened], noted: Noted
) -> None:
    """Where each comes from: of what is repeated, each by itself."""
    if made.esp_identifier:
        noted.of(f"{PATH}/espIdentifier", Source.SUBMISSION, _by(said["id"], made.esp_identifier))
    if made.screen_name:
        noted.of(f"{PATH}/screenName", Source.SUBMISSION, _by(said["name"], made.screen_name))
    person = made.person or Person()
    lists: list[tuple[str, str, Iterable[str]]] = [
        ("displayName", "display_name", made.display_name),
        ("profileUrl", "url", made.profile_url),
        ("personOrUserReportedPerson/email", "email", [one.address for one in person.email]),
        ("personOrUserReportedPerson/phone", "phone", [one.number for one in person.phone]),
    ]
    for element, name, values in lists:
        for place, one in enumerate(values, 1):
            noted.of(f"{PATH}/{element}[{place}]", Source.SUBMISSION, _by(said[name], one))
    for place, event in enumerate(events, 1):
        noted.of(f"{PATH}/ipCaptureEvent[{place}]", Source.SUBMISSION, f"submission:{min(event.submissions)}")
    if made.additional_info:
        noted.of(f"{PATH}/additionalInfo", Source.SUBMISSION)


def _by(said: dict[str, str], value: str) -> str:
    return f"submission:{said[value]}"


def _service(material: Material, noted: Noted) -> str:
    """The service that the account is of: as its submissions say, or else as it is set."""
    for one in material.submissions:
        if platform := clean(one.context.platform):
            noted.of(f"{PATH}/espService", Source.SUBMISSION, f"submission:{one.id}")
            return noted.fitting(platform, _SERVICE, "the name of the service")
    noted.of(f"{PATH}/espService", Source.SETTINGS, "filing.service")
    return noted.fitting(material.organisation.service, _SERVICE, "the name of the service")


def _prior(material: Material, noted: Noted) -> tuple[int, ...]:
    """Numbers of earlier reports about the account: a report takes numbers only."""
    numbers = dict.fromkeys(int(one) for one in material.prior if one.isascii() and one.isdigit())
    numbers = {one: None for one in numbers if keeps(Rule.NUMBER, one)}
    if len(numbers) > MOST_PRIOR:
        noted.out(f"of {len(numbers):,} earlier reports about the account the last {MOST_PRIOR} are named")
    if numbers:
        noted.of(f"{PATH}/priorCTReports", Source.FILING)
    return tuple(numbers)[-MOST_PRIOR:]


def _few(found: Iterable[str], what: str, noted: Noted) -> list[str]:
    told = list(found)
    if len(told) > MOST_NAMES:
        noted.out(f"of {len(told):,} {what} of the account only the first {MOST_NAMES} are in the report")
    return told[:MOST_NAMES]


def _short(text: str, most: int, noted: Noted) -> bool:
    return bool(noted.fitting(text, most, f"{shortened(text)!r}"))


def _profiles(told: Iterable[str], noted: Noted) -> dict[str, str]:
    """What was told of profiles, by their addresses as a report takes them."""
    found: dict[str, str] = {}
    for one in _few(told, "profiles", noted):
        if url := as_url(one):
            found.setdefault(url, one)
        else:
            noted.out(f"{shortened(one)!r} is no address of a profile that a report takes")
    return found


def _is_email(text: str, noted: Noted) -> bool:
    if len(text) <= _EMAIL and keeps(Rule.EMAIL, text):
        return True
    noted.out(f"{shortened(text)!r} is no e-mail address that a report takes")
    return False


def _others(what: str, values: Sequence[str]) -> list[str]:
    """Further values of what a report takes one of."""
    return [f"Other {what} of the account: {one}" for one in values[:MOST_NAMES]]
