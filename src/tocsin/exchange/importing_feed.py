"""Following a partner's feed: an exchange of the service `feed`, whose pages go where all others go.

Rights are asked again here: what may not be here, or was passed on by whoever may not, is set aside and
counted. What partners say of our entries comes in beside.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tocsin.banks.model import EntryDraft, Label, Origin
from tocsin.banks.opinions import Verdict
from tocsin.clock import present
from tocsin.evidence.ledger import Event, Ledger
from tocsin.exchange import items
from tocsin.exchange.feed.bundles import ITEMS, open_bundle
from tocsin.exchange.feed.errors import BundleError, LimitError
from tocsin.exchange.feed.following import Follower
from tocsin.exchange.feed.notes import Verifier
from tocsin.exchange.feed.sources import FolderSource, Source, WebSource
from tocsin.exchange.feed.tiles import Leaf
from tocsin.exchange.feed.tree import Seen
from tocsin.exchange.feed_store import FeedPartner, Feeds, NoFeedError, TheirOpinion, TheirSighting
from tocsin.exchange.items import EntryItem, OpinionItem, SeenItem, UnfitItemError, WithdrawalItem
from tocsin.exchange.keys import FeedKeys
from tocsin.exchange.model import (
    OpinionToGive,
    Page,
    Partner,
    PartnerRefusedError,
    Record,
    SetAside,
    Stance,
    Withdrawal,
)
from tocsin.exchange.rights import SCHEME, STOOD, Recipient, label_of, may_travel, terms_in
from tocsin.exchange.services.model import Environment, Secret, Service, UnfitSettingsError
from tocsin.exchange.transport import Web
from tocsin.media.answers import number_in, text_in
from tocsin.names import shown
from tocsin.transactions import Transactions

if TYPE_CHECKING:
    from tocsin.media.sandbox import JsonObject

FEED: Final = "feed"
FEED_URL: Final = "feed:"
"""Stands for wherever the settings of a feed's exchange say that it is."""
PARTNERS: Final = "partners"
"""The one environment of the service."""
_PAGE: Final = 5000
_LEAVES: Final = 256
_HOURS: Final = 24
_MOST_HOURS: Final = 24 * 366
_SHOWN: Final = 200
_PEOPLE: Final = 2


@dataclass(frozen=True, slots=True)
class Following:
    """What feeds are followed with. All of one database."""

    transactions: Transactions
    feeds: Feeds
    keys: Callable[[], FeedKeys]
    ledger: Ledger
    web: Callable[[str], Web]
    """What speaks to the host of a URL."""
    now: Callable[[], datetime] = present

    def service(self) -> Service:
        """The service `feed`."""
        return replace(SERVICE, make=self._make)

    def _make(self, _web: Web, _url: str, settings: "JsonObject", _secret: Secret) -> Partner:
        name, place = text_in(settings["partner"]), text_in(settings.get("place", ""))
        hours = number_in(settings.get("oldest_hours", _HOURS))
        return FollowedFeed(self, name, place, timedelta(hours=hours))


@dataclass(slots=True)
class _Gathered:
    """What a page will hold: of each key what was said last."""

    records: dict[str, Record] = field(default_factory=dict)
    withdrawals: dict[str, Withdrawal] = field(default_factory=dict)
    aside: list[SetAside] = field(default_factory=list)
    opinions: list[OpinionItem] = field(default_factory=list)
    sightings: list[SeenItem] = field(default_factory=list)
    leaves: int = 0

    def __len__(self) -> int:
        said = len(self.opinions) + len(self.sightings)
        return len(self.records) + len(self.withdrawals) + len(self.aside) + said


@dataclass(frozen=True, slots=True)
class FollowedFeed:
    """A partner's feed; implements `Partner`."""

    following: Following
    name: str
    place: str
    oldest: timedelta

    def fetch(self, checkpoint: "JsonObject | None", now: datetime) -> Iterator[Page]:
        """Pages from what the log has beyond the checkpoint.

        Raises PartnerRefusedError, PartnerUnreachableError, and the errors of `tocsin.exchange.feed`, none of
        which has any effect.
        """
        partner, me = self._partner(), self._me()
        seen, start = _position(checkpoint)
        oldest = int(self.oldest.total_seconds())
        verifier = Verifier.from_text(partner.verifier)
        follower = Follower(self._source(partner), verifier, seen, oldest=oldest)
        looked = follower.look(int(now.timestamp()))
        if follower.verifier != verifier:
            self._note_key(partner, follower.verifier)
        read = _Reading(self.following.keys(), partner.name, me)
        gathered, end = _Gathered(), start
        for index, leaf in follower.leaves(start):
            for some in read.leaf(follower, leaf, gathered):
                yield self._page(some, seen, index)
            end, gathered.leaves = index + 1, gathered.leaves + 1
            if len(gathered) >= _PAGE or gathered.leaves >= _LEAVES:
                yield self._page(gathered, seen, end)
                gathered = _Gathered()
        yield self._page(gathered, looked, end, datetime.fromtimestamp(looked.time, UTC))

    def give(self, opinion: OpinionToGive) -> None:
        """Tell an opinion in our own feed, to that partner only. Raises PartnerRefusedError."""
        me, now = self._me().name, self.following.now()
        item: OpinionItem | SeenItem
        if opinion.stance is Stance.SEEN:
            item = SeenItem(self.name, opinion.key, 1, now)
        else:
            verdict = Verdict.CONFIRM if opinion.stance is Stance.CONFIRM else Verdict.DISPUTE
            item = OpinionItem(self.name, opinion.key, me, verdict, opinion.reason[: items.LONGEST_TEXT], now)
        self._partner()
        self.following.feeds.to_outbox(frozenset({self.name}), items.write(item), 1)

    def _partner(self) -> FeedPartner:
        partner = self.following.feeds.partner(self.name)
        if partner.revoked is not None:
            message = f"{self.name} was revoked: {partner.why}"
            raise PartnerRefusedError(message)
        return partner

    def _me(self) -> Recipient:
        try:
            return self.following.feeds.own().me
        except NoFeedError as error:
            message = f"{error.message} {error.advice}"
            raise PartnerRefusedError(message) from error

    def _source(self, partner: FeedPartner) -> Source:
        place = self.place or partner.place
        if place.startswith(("https://", "http://")):
            return WebSource(self.following.web(place), place)
        return FolderSource(Path(place))

    def _note_key(self, partner: FeedPartner, verifier: Verifier) -> None:
        """The partner's key has changed, signed by the one before."""
        with self.following.transactions.writing():
            self.following.feeds.keep_partner(replace(partner, verifier=verifier.to_text()))
            detail: JsonObject = {"key": verifier.key_id, "signed_by_the_key_before": True}
            self.following.ledger.append(Event("partner.rotated", "node", f"partner:{self.name}", detail))

    def _page(
        self, gathered: _Gathered, seen: Seen | None, index: int, up_to: datetime | None = None
    ) -> Page:
        """A page, once what it says of our own entries is kept; it may be told twice."""
        self._hear(gathered)
        position: JsonObject = {"next": index}
        if seen is not None:
            position = {**position, "size": seen.size, "root": seen.root.hex(), "time": seen.time}
        return Page(
            tuple(gathered.records.values()),
            tuple(gathered.withdrawals.values()),
            tuple(gathered.aside),
            position,
            up_to=up_to,
        )

    def _hear(self, gathered: _Gathered) -> None:
        """Keep what the partner says of our entries."""
        feeds, now, heard, sighted = self.following.feeds, self.following.now(), 0, 0
        if not gathered.opinions and not gathered.sightings:
            return
        with self.following.transactions.writing():
            for one in gathered.opinions:
                if (told := feeds.told(one.key)) is not None:
                    time = min(one.time, now)
                    said = TheirOpinion(told.entry, self.name, one.author, one.verdict, one.reason, time)
                    heard += feeds.hear(said)
            for sighting in gathered.sightings:
                if (told := feeds.told(sighting.key)) is not None:
                    time = min(sighting.time, now)
                    sighted += feeds.see(TheirSighting(told.entry, self.name, sighting.count, time))
            if heard or sighted:
                detail: JsonObject = {"opinions": heard, "sightings": sighted}
                self.following.ledger.append(Event("feed.heard", "node", f"partner:{self.name}", detail))


@dataclass(slots=True)
class _Reading:
    """Reads a partner's bundles."""

    keys: FeedKeys
    feed: str
    me: Recipient

    def leaf(self, follower: Follower, leaf: Leaf, gathered: _Gathered) -> Iterator[_Gathered]:
        """Gather what a leaf's bundle holds; what is full by then, more than once for a large one."""
        if leaf.kind != ITEMS:
            return
        try:
            lines = open_bundle(follower.body(leaf), self.keys.identities(), self.feed)
        except (BundleError, LimitError) as error:
            gathered.aside.append(SetAside("", error.code, error.message, leaf.name))
            return
        if lines is None:
            return  # it is for others
        for at in range(0, len(lines), _PAGE):
            if at:
                yield replace(gathered)
                for part in (gathered.records, gathered.withdrawals):
                    part.clear()
                for several in (gathered.aside, gathered.opinions, gathered.sightings):
                    several.clear()
            self._lines(lines[at : at + _PAGE], gathered)

    def _lines(self, lines: Sequence[bytes], gathered: _Gathered) -> None:
        for line in lines:
            try:
                item = items.read(line).item
            except UnfitItemError as error:
                text = shown(line[:_SHOWN].decode("utf-8", "replace"))[:_SHOWN]
                gathered.aside.append(SetAside("", error.code, error.message, text))
                continue
            self._item(item, gathered)

    def _item(self, item: items.Item, gathered: _Gathered) -> None:
        if isinstance(item, EntryItem):
            if refused := self._refused(item):
                gathered.aside.append(SetAside(item.key, *refused, ""))
            else:
                gathered.withdrawals.pop(item.key, None)
                gathered.records[item.key] = Record(item.key, _draft(item), item.time)
        elif isinstance(item, WithdrawalItem):
            gathered.records.pop(item.key, None)
            gathered.withdrawals[item.key] = Withdrawal(item.key, item.reason, item.time)
        elif item.to != self.me.name:
            gathered.aside.append(SetAside(item.key, "feed.not_for_us", f"it is about {item.to}", ""))
        elif isinstance(item, OpinionItem):
            gathered.opinions.append(item)
        else:
            gathered.sightings.append(item)

    def _refused(self, item: EntryItem) -> tuple[str, str] | None:
        """Why an entry may not be here: a code and a sentence."""
        if item.source.feed == self.me.name:
            return "feed.ours", "it comes from this node"
        if len({one.who for one in item.stood}) < _PEOPLE:
            return "feed.one_person", "fewer than two people stand behind it"
        for stated in item.terms:
            answer = may_travel(stated.terms, self.me, relayed=stated.by != self.feed)
            if not answer:
                return "feed.not_for_us", f"{answer.because} [{answer.rule}]"
        for terms in terms_in(item.labels):
            if not may_travel(terms, self.me):
                return "feed.not_for_us", f"its labels do not allow it [{terms.rule}]"
        return None


def _draft(item: EntryItem) -> EntryDraft:
    """As it enters a bank: its terms, and who stands behind it, stay with it as labels."""
    source = item.source
    member = "/".join(filter(None, (source.source, source.member)))
    plain = (one for one in item.labels if one.scheme not in {SCHEME, STOOD})
    terms = (label_of(one.terms, one.by) for one in item.terms)
    stood = (Label(STOOD, "1", one.role, one.who) for one in item.stood)
    return EntryDraft(item.signals, Origin(source.feed, member, item.key), (*plain, *terms, *stood))


def _position(checkpoint: "JsonObject | None") -> tuple[Seen | None, int]:
    """What was seen of the log, and the leaf to go on with."""
    if checkpoint is None:
        return None, 0
    start = number_in(checkpoint["next"])
    if "size" not in checkpoint:
        return None, start
    size, time = number_in(checkpoint["size"]), number_in(checkpoint["time"])
    return Seen(size, bytes.fromhex(text_in(checkpoint["root"])), time), start


def _check(_environment: str, settings: "JsonObject") -> "JsonObject":
    """The settings, strictly read. Raises UnfitSettingsError."""
    partner, place = settings.get("partner"), settings.get("place", "")
    hours = settings.get("oldest_hours", _HOURS)
    if extra := settings.keys() - {"partner", "place", "oldest_hours"}:
        message = f"a feed knows no setting {min(extra)!r}"
        raise UnfitSettingsError(message)
    if not isinstance(partner, str) or not partner or not isinstance(place, str):
        message = "a feed wants `partner`, and perhaps `place`: a URL, or a folder"
        raise UnfitSettingsError(message)
    if not isinstance(hours, int) or isinstance(hours, bool) or not 1 <= hours <= _MOST_HOURS:
        message = f"`oldest_hours` is 1 to {_MOST_HOURS:,}: after how many hours the feed counts as stale"
        raise UnfitSettingsError(message)
    return {"partner": partner, "place": place, "oldest_hours": hours}


def _alone(_web: Web, _url: str, _settings: "JsonObject", _secret: Secret) -> Partner:
    message = "feeds are followed by a node, with its keys"
    raise UnfitSettingsError(message)


SERVICE: Final = Service(
    name=FEED,
    title="A partner's feed",
    environments={PARTNERS: Environment(FEED_URL)},
    make=_alone,
    check=_check,
    needs_account=False,
)
