"""Feedback on other members' entries: PUT, once, with a reason of NCMEC's where it is negative."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from tocsin.exchange.model import OpinionToGive, PartnerRefusedError, PartnerUnreachableError, Stance
from tocsin.exchange.services.ncmec.xml import UnreadableError, attribute, name_of, root_of

if TYPE_CHECKING:
    from tocsin.exchange.transport import Answer, Web

NAMESPACE: Final = "https://hashsharing.ncmec.org/hashsharing/v2"
_LONGEST: Final = 1 << 20
_TYPES: Final = {"md5": "MD5", "sha1": "SHA1", "pdq": "PDQ"}
_OK: Final = 200
_TAKEN: Final = range(200, 300)
_LATER: Final = frozenset({408, 425, 429, *range(500, 600)})
_MOST_SHOWN: Final = 20


def give(web: "Web", root: str, headers: Mapping[str, str], opinion: OpinionToGive) -> None:
    """Tell it. Where the answer is lost it may have been taken, and it is not told again from here.

    Raises PartnerRefusedError, PartnerUnreachableError.
    """
    member, _, entry = opinion.key.partition("-")
    kind = _TYPES.get(opinion.signal)
    if kind is None or not member.isdigit() or not entry:
        message = f"feedback is on one fingerprint ({', '.join(_TYPES)}) of an entry, named by its key"
        raise PartnerRefusedError(message)
    body = _body(web, root, headers, opinion, kind)
    url = f"{root}/v2/entries/{member}/{quote(entry, safe='')}/{kind}/feedback"
    sent = {**headers, "Content-Type": "application/xml; charset=utf-8"}
    answer = web.send("PUT", url, sent, body, longest=_LONGEST)
    if answer.status in _LATER:
        message = f"the service answers with status {answer.status}"
        raise PartnerUnreachableError(message)
    if answer.status not in _TAKEN:
        message = f"the service does not take this feedback (status {answer.status})"
        raise PartnerRefusedError(message)


def _body(web: "Web", root: str, headers: Mapping[str, str], opinion: OpinionToGive, kind: str) -> bytes:
    """Raises PartnerRefusedError where NCMEC has no word for it."""
    if opinion.stance is Stance.CONFIRM:
        said = "<affirmative/>"
    elif opinion.stance is Stance.DISPUTE:
        guid = _reason(reasons(web, root, headers, kind), opinion.reason)
        said = f"<negative><reasonIds><guid>{guid}</guid></reasonIds></negative>"
    else:
        message = "NCMEC takes confirmations and disputes, not that something was seen"
        raise PartnerRefusedError(message)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        f'<feedbackSubmission xmlns="{NAMESPACE}">{said}</feedbackSubmission>'
    ).encode()


def reasons(web: "Web", root: str, headers: Mapping[str, str], kind: str) -> dict[str, str]:
    """The reasons that the environment takes for a negative feedback on such a fingerprint: name by GUID.

    `kind` is MD5, SHA1 or PDQ. Raises PartnerRefusedError, PartnerUnreachableError.
    """
    answer: Answer = web.get(f"{root}/v2/feedback/{kind}/reasons", headers, longest=_LONGEST)
    if answer.status != _OK:
        message = f"the service does not say which reasons it takes (status {answer.status})"
        raise PartnerRefusedError(message)
    try:
        found = root_of(answer.body).iter()
    except UnreadableError as error:
        message = f"the service's reasons cannot be read: {error}"
        raise PartnerUnreachableError(message) from error
    named = [one for one in found if name_of(one) == "reason"]
    return {attribute(one, "guid"): attribute(one, "name") for one in named if _fit(attribute(one, "guid"))}


def _reason(known: Mapping[str, str], given: str) -> str:
    """The GUID of the reason that was given by its GUID or its name. Raises PartnerRefusedError."""
    wanted = given.strip().casefold()
    for guid, name in known.items():
        if wanted and wanted in (guid.casefold(), name.casefold()):
            return guid
    names = "; ".join(list(known.values())[:_MOST_SHOWN]) or "none"
    message = f"a dispute needs one of NCMEC's reasons. Those for this fingerprint: {names}"
    raise PartnerRefusedError(message)


def _fit(guid: str) -> bool:
    """Whether it can stand in a request as it is."""
    return 0 < len(guid) <= 100 and guid.isascii() and guid.replace("-", "").isalnum()  # noqa: PLR2004
