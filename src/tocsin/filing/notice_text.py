"""What a notice says: where the item is and who asks, and nothing of what it shows (issue 6; design.md 1).

The address is written so that no mail program opens it or fetches a preview of it.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from urllib.parse import urlsplit

from tocsin.filing.notice_model import InvalidNoticeError, Notice, NoticeText
from tocsin.filing.notice_terms import Sender

LONGEST_URL: Final = 8192
"""Characters, as of a submission's URL."""
_URL: Final = re.compile(r"https?://[^\s/?#@\\]+([/?#][^\s\\]*)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Words:
    subject: str
    again: str
    test: str
    to: str
    found: str
    read: str
    law: str
    please: str
    reminder: str
    reference: str


_WORDS: Final = {
    "en": _Words(
        subject="Notice {}: please remove an item",
        again="Reminder: ",
        test="This is a test. Nothing has to be done.",
        to="To those who deal with legal notices at {}",
        found="On {}, an item that your service makes available was found at this address:",
        read="(It is written so that no program opens it: hxxp stands for http, and [.] for a dot.)",
        law="This notice is sent under: {}",
        please=(
            "Please remove the item or disable access to it, and write to us when that is done. "
            "Keep what the law that binds you tells you to keep. Do not send us the item."
        ),
        reminder="We wrote to you about it on {}, and have had no word that it is removed.",
        reference="Our reference",
    ),
    "fr": _Words(
        subject="Notification {} : merci de retirer un élément",
        again="Rappel : ",
        test="Ceci est un essai. Il n'y a rien à faire.",
        to="Aux personnes chargées des notifications légales chez {}",
        found="Le {}, un élément que votre service rend accessible a été trouvé à cette adresse :",
        read="(Elle est écrite pour qu'aucun programme ne l'ouvre : hxxp vaut http, et [.] vaut un point.)",
        law="Cette notification est faite en vertu de : {}",
        please=(
            "Merci de retirer l'élément ou d'en bloquer l'accès, et de nous écrire quand c'est fait. "
            "Conservez ce que la loi qui vous lie vous dit de conserver. Ne nous envoyez pas l'élément."
        ),
        reminder="Nous vous avons écrit à ce sujet le {}, et ne savons pas s'il a été retiré.",
        reference="Notre référence",
    ),
}
LANGUAGES: Final = tuple(_WORDS)


def checked_url(url: str) -> str:
    """A URL that a provider can be asked to remove. Raises InvalidNoticeError."""
    if len(url) > LONGEST_URL or not _URL.fullmatch(url) or not url.isprintable() or not host_of(url):
        message = "the item's address is no http or https URL with a host, and without a user name"
        raise InvalidNoticeError(message)
    return url


def host_of(url: str) -> str:
    """The host in a URL, in lower case; empty where there is none."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def defanged(url: str) -> str:
    """A URL that no program takes for one: `hxxps://files[.]example[.]org/a.b`."""
    scheme, _, rest = url.partition("://")
    end = next((place for place, one in enumerate(rest) if one in "/?#"), len(rest))
    return f"{scheme.lower().replace('tt', 'xx')}://{rest[:end].replace('.', '[.]')}{rest[end:]}"


def text_of(notice: Notice, provider: str, sender: Sender, language: str, reminder: int = 0) -> NoticeText:
    """The notice to a provider of that name, or a reminder of it, in a language (English where unknown)."""
    words = _WORDS.get(language, _WORDS["en"])
    subject = words.subject.format(notice.reference)
    if reminder:
        subject = words.again + subject
    if notice.test:
        subject = f"[TEST] {subject}"
    parts = (
        words.test if notice.test else "",
        words.to.format(provider),
        words.reminder.format(_time(notice.sent)) if reminder and notice.sent else "",
        words.found.format(_time(notice.found)),
        f"    {defanged(notice.url)}",
        words.read,
        words.law.format(notice.law) if notice.law else "",
        words.please,
        "\n".join(
            filter(
                None,
                (
                    f"{words.reference}: {notice.reference}",
                    sender.organisation,
                    sender.contact,
                    sender.phone,
                ),
            )
        ),
    )
    return NoticeText(subject, "\n\n".join(filter(None, parts)) + "\n")


def _time(time: datetime) -> str:
    return f"{time.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
