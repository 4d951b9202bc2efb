"""Tech Against Terrorism's hash list: keys of its own, a list of changes, no opinions.

Known from its public client (python-threatexchange 1.2): a token for a user and password; pages of changes in
the order of time, each with a checkpoint, the time and number of its last item, to go on `after`. The
checkpoint is what we go on from between pages too, so that a run that is stopped goes on at the same page.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

from tocsin.banks.model import EntryDraft, Label, Origin
from tocsin.exchange.model import (
    CheckpointExpiredError,
    OpinionToGive,
    Page,
    PartnerRefusedError,
    PartnerUnreachableError,
    Record,
    Telling,
    Withdrawal,
)
from tocsin.exchange.services.model import Environment, Secret, Service
from tocsin.exchange.services.reading import (
    LONGEST,
    demand_success,
    get_object,
    number_key,
    object_of,
    refuse,
    signal_of,
    sort_out,
    text_of,
    time_of,
)
from tocsin.hashing.signals import SignalType
from tocsin.media.answers import list_in, text_in

if TYPE_CHECKING:
    from tocsin.exchange.transport import Web
    from tocsin.media.sandbox import JsonObject, JsonValue

_SOURCE: Final = "Tech Against Terrorism"
_LONGEST_CHECKPOINT: Final = 200
_KINDS: Final = {
    "pdq": SignalType.PDQ,
    "md5": SignalType.MD5,
    "sha1": SignalType.SHA1,
    "sha256": SignalType.SHA256,
}


class TechAgainstTerrorism:
    """Speaks to the hash list; implements `tocsin.exchange.model.Partner`."""

    def __init__(self, web: "Web", url: str, secret: Secret) -> None:
        """At `url`, with an account."""
        self._web = web
        self._url = url.rstrip("/")
        self._secret = secret
        self._token = ""

    def fetch(self, checkpoint: "JsonObject | None", now: datetime) -> Iterator[Page]:
        """As `Partner.fetch` says. Raises also CheckpointExpiredError, for one that cannot be read."""
        del now  # nothing of this list expires
        after, anew = ("", True) if checkpoint is None else _place_of(checkpoint)
        telling = Telling.ANEW if checkpoint is None else Telling.GOING_ON if anew else Telling.CHANGES
        more = True
        while more:
            items, following, more = self._page(after)
            if more and following == after:
                message = "the service says that there is more, and tells the same again"
                raise PartnerUnreachableError(message)
            after = following
            yield Page(*sort_out(items, number_key, _record), _checkpoint(after, anew=anew), telling)
            telling = Telling.GOING_ON if anew else Telling.CHANGES
        up_to = time_of(_number(after.partition(",")[0]))
        telling = Telling.WHOLE if anew else Telling.CHANGES
        yield Page((), (), (), _checkpoint(after, anew=False), telling, up_to)

    def give(self, opinion: OpinionToGive) -> None:
        """There is no way to. Raises PartnerRefusedError."""
        del opinion
        message = f"{_SOURCE} takes no opinions over its interface"
        raise PartnerRefusedError(message)

    def _page(self, after: str) -> "tuple[list[JsonValue], str, bool]":
        """The items after a checkpoint, the checkpoint after them, whether there is more.

        Raises PartnerUnreachableError, PartnerRefusedError.
        """
        url = f"{self._url}/api/hash-list/v2/all?{urlencode({'order': 'asc', 'after': after})}"
        fresh = not self._token
        try:
            found = get_object(self._web, url, self._signed_in())
        except PartnerRefusedError:
            if fresh:
                raise
            self._token = ""  # it lasts for a while only
            found = get_object(self._web, url, self._signed_in())
        try:
            items, more = list_in(found["results"]), bool(found["next"])
            following = text_in(found.get("checkpoint") or after)
        except (KeyError, TypeError) as error:
            message = f"the service answers what is not as its interface says: {error}"
            raise PartnerUnreachableError(message) from error
        return items, following[:_LONGEST_CHECKPOINT], more

    def _signed_in(self) -> dict[str, str]:
        """The header of an account. Raises PartnerUnreachableError, PartnerRefusedError."""
        if not self._token:
            account = {"username": self._secret.user, "password": self._secret.password, "resend": "False"}
            headers = {"Content-Type": "application/x-www-form-urlencoded"}
            body = urlencode(account).encode()
            answer = self._web.send("POST", f"{self._url}/token-auth/tcap/", headers, body, longest=LONGEST)
            token = object_of(demand_success(answer)).get("token")
            if not isinstance(token, str) or not token.isascii() or not token.isprintable() or not token:
                message = "the service gives no token for this account"
                raise PartnerRefusedError(message)
            self._token = token
        return {"Authorization": f"Bearer {self._token}"}


def _place_of(checkpoint: "JsonObject") -> tuple[str, bool]:
    try:
        return text_in(checkpoint["after"]), checkpoint["anew"] is True
    except (KeyError, TypeError) as error:
        message = "the checkpoint cannot be read"
        raise CheckpointExpiredError(message) from error


def _checkpoint(after: str, *, anew: bool) -> "JsonObject":
    return {"after": after, "anew": anew}


def _record(key: str, item: "JsonObject") -> Record | Withdrawal:
    """Raises UnfitItemError."""
    changed = time_of(item.get("updated_on"))
    if item.get("deleted") is not False:
        if item.get("deleted") is True:
            return Withdrawal(key, "deleted", changed)
        refuse("deleted is neither true nor false")
    algorithm = text_of(item, "algorithm", 100)
    if algorithm.lower() not in _KINDS:
        refuse(f"{algorithm or 'no algorithm'} is no kind of hash that is matched here")
    signal = signal_of(_KINDS[algorithm.lower()], text_of(item, "hash_digest"))
    said = text_of(item, "created_on", 100)
    labels = tuple(
        Label(f"tat:{name}", "2", code, _SOURCE, said)
        for name in ("ideology", "file_type")
        if (code := text_of(item, name, 200))
    )
    return Record(key, EntryDraft((signal,), Origin(_SOURCE, "", key), labels), changed)


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


SERVICE: Final = Service(
    "tat",
    "Tech Against Terrorism hash list",
    {"production": Environment("https://app.terrorismanalytics.org", production=True)},
    lambda web, url, _settings, secret: TechAgainstTerrorism(web, url, secret),
)
