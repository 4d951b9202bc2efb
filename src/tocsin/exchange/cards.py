"""A partner's card: what it is, its keys, and where its feed is; a signed note that fits on a sheet of paper.

The note is signed by the key on the card, which shows that whoever made it has that key, and after a rotation
by the key before as well. Who that is, only people can tell each other: by the words of its fingerprint.
"""

import json
import re
from dataclasses import dataclass
from typing import Final

from tocsin.errors import Error
from tocsin.exchange.feed.notes import LONGEST_NOTE, Signer, Verifier, read_note, sign_note
from tocsin.exchange.keys import digest
from tocsin.exchange.rights import PartnerKind, Purpose, Recipient
from tocsin.media.answers import list_in, object_in, strictly_read, text_in

_HEAD: Final = "tocsin-feed-card/1"
_AGE: Final = re.compile(r"age1[a-z0-9]{20,200}", re.ASCII)
_COUNTRY: Final = re.compile(r"[A-Z]{2}", re.ASCII)
_LONGEST_PLACE: Final = 1000
_GROUPS: Final = 12


class UnfitCardError(Error):
    """This is no partner's card."""

    code = "feed.card"
    advice = "Get the file that `tocsin partner card` writes there, whole."


class NotComparedError(Error):
    """The words are not those of this card."""

    code = "feed.not_compared"
    advice = (
        "Have the partner read the words of their own card to you, by voice or in person: they show them "
        "with `tocsin partner card`. If they differ, somebody else made the card you have."
    )


@dataclass(frozen=True, slots=True)
class Card:
    """What a partner says of itself."""

    recipient: Recipient
    verifier: Verifier
    age: str
    place: str

    @property
    def text(self) -> str:
        """What is signed."""
        one = self.recipient
        fields = {
            "name": one.name,
            "kind": one.kind.value,
            "country": one.country,
            "purposes": sorted(one.purposes),
            "key": self.verifier.to_text(),
            "age": self.age,
            "place": self.place,
        }
        return f"{_HEAD}\n{json.dumps(fields, sort_keys=True)}\n"

    @property
    def words(self) -> str:
        """What people compare: 12 groups of 5 digits that stand for the whole card."""
        number = int.from_bytes(digest(self.text), "big") % 10 ** (5 * _GROUPS)
        digits = f"{number:0{5 * _GROUPS}}"
        return " ".join(digits[at : at + 5] for at in range(0, len(digits), 5))

    def compare(self, words: str) -> None:
        """Raise NotComparedError unless these are the card's words, however they are spaced."""
        if "".join(words.split()) != "".join(self.words.split()):
            raise NotComparedError


def write_card(card: Card, signer: Signer, before: Signer | None = None) -> bytes:
    """The card as a note; `before` is the key that it takes the place of."""
    return sign_note(card.text, [signer, *([before] if before is not None else [])])


def read_card(note: bytes, before: Verifier | None = None) -> Card:
    """A card that its own key has signed, and with `before` that key as well.

    Raises UnfitCardError, NotSignedError.
    """
    if len(note) > LONGEST_NOTE:
        raise UnfitCardError
    try:
        text, _, _ = note.decode().rpartition("\n\n")
        head, _, rest = text.partition("\n")
        card = _card(head, rest)
    except (ValueError, TypeError, RecursionError, Error) as error:
        raise UnfitCardError from error
    if card.text != text + "\n":
        message = "the card is not written as cards are"
        raise UnfitCardError(message)
    read_note(note, [card.verifier, *([before] if before is not None else [])])
    return card


def _card(head: str, rest: str) -> Card:
    fields = object_in(strictly_read(rest))
    if head != _HEAD:
        raise UnfitCardError
    name, country, age, place = (text_in(fields.get(one)) for one in ("name", "country", "age", "place"))
    verifier = Verifier.from_text(text_in(fields.get("key")))
    purposes = frozenset(Purpose(text_in(one)) for one in list_in(fields.get("purposes")))
    fits = verifier.name == name and _AGE.fullmatch(age) and _COUNTRY.fullmatch(country) and purposes
    if not fits or len(place) > _LONGEST_PLACE:
        raise UnfitCardError
    return Card(
        Recipient(name, PartnerKind(text_in(fields.get("kind"))), country, purposes), verifier, age, place
    )
