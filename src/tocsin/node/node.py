"""A node: everything that serves one home, opened and closed together."""

from contextlib import ExitStack, closing
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from tocsin.access.accounts import Accounts
from tocsin.banks.curation import Curation
from tocsin.config import detectors_folder, trust_folder
from tocsin.content.examiner import Examiner
from tocsin.content.explaining import Search
from tocsin.evidence.metadata import MetadataReader
from tocsin.evidence.opening import open_vault
from tocsin.evidence.renditions import Renderer
from tocsin.intake.screening import Rooms
from tocsin.intake.service import Intake
from tocsin.node.exchanging import ExchangeParts, exchanging
from tocsin.node.filing import FilingParts, gathering, reporting
from tocsin.node.notices import NoticeParts
from tocsin.node.review import Parts, casework, review
from tocsin.node.settings import NodeSettings, NoticesSettings, ReviewSettings
from tocsin.node.work import Work
from tocsin.outgoing.fetching import FetchLimits, PinnedFetcher
from tocsin.provenance.explain import Tier
from tocsin.provenance.trust import TrustFolder
from tocsin.storage.access import SqlAccess
from tocsin.storage.earlier import EarlierContents
from tocsin.storage.home import Home
from tocsin.storage.jobs import JobStore
from tocsin.storage.ledger import LedgerStore, keys_of
from tocsin.storage.lookups import LookupStore
from tocsin.storage.opinions import OpinionStore
from tocsin.storage.submissions import SubmissionStore
from tocsin.storage.webhooks import WebhookStore

if TYPE_CHECKING:
    from tocsin.evidence.keys import Keys
    from tocsin.evidence.vault import Vault


class Node:
    """One home with all that works on it. Any number of nodes, in any number of processes, may share a home.

    Its parts are public, for interfaces to call; each may be used from several threads at once.
    """

    def __init__(self, banks: Home, keys: "Keys", settings: NodeSettings, examiner: Examiner) -> None:
        """Use `Node.open`."""
        self.settings = settings
        review_settings = ReviewSettings.read(banks.folder)
        self.banks = banks
        self.database = banks.database
        self.keys = keys
        self.examiner = examiner
        self.ledger = LedgerStore(self.database, keys)
        self.vault: Vault = open_vault(banks.folder, keys, settings.vault)
        self.jobs = JobStore(self.database)
        self.submissions = SubmissionStore(self.database)
        self.webhooks = WebhookStore(self.database, self.jobs, keys, self.ledger)
        self.accounts = Accounts.over(self.database, SqlAccess(self.database), self.ledger, keys)
        self.curation = Curation(self.database, banks, OpinionStore(self.database), self.ledger)
        self.fetcher = PinnedFetcher(
            FetchLimits(
                bytes=settings.upload_bytes, allowed=settings.allowed_networks, ports=settings.fetch_ports
            )
        )
        self.earlier = EarlierContents(banks.folder, self.database)
        self.renderer = Renderer(self.vault)
        self.metadata = MetadataReader(self.vault)
        parts = Parts(
            banks,
            self.database,
            self.ledger,
            self.submissions,
            self.earlier,
            self.curation,
            review_settings,
        )
        self.review = review(parts, self.renderer, self.metadata, self.accounts)
        self.casework = casework(parts)
        self.noticing = NoticeParts(
            self.database,
            self.jobs,
            self.ledger,
            keys,
            gathering(parts).record,
            NoticesSettings.read(banks.folder).terms,
            settings.allowed_networks,
        )
        self.reporting = reporting(
            FilingParts(parts, keys, self.vault, self.jobs, self.webhooks, self.renderer, self.metadata),
            self.noticing,
        )
        self.exchange_parts = ExchangeParts(banks, keys, self.jobs, self.webhooks, settings.allowed_networks)
        self.exchanging = exchanging(self.exchange_parts)
        self.intake = Intake(
            Rooms(
                transactions=self.database,
                ledger=self.ledger,
                vault=self.vault,
                jobs=self.jobs,
                submissions=self.submissions,
                known=banks,
                examiner=examiner,
                announce=self.webhooks,
                earlier=self.earlier,
                lookups=LookupStore(self.database),
                casework=self.casework,
            )
        )
        self._open = ExitStack()
        for part in (
            banks,
            examiner,
            self.renderer,
            self.metadata,
            closing(self.earlier),
            self.intake,
        ):  # closed in the opposite order
            self._open.enter_context(part)

    @classmethod
    def open(cls, home: Path, settings: NodeSettings | None = None, *, create: bool = False) -> Self:
        """Open the node in folder `home`, made with `create` if need be; settings come from its tocsin.toml.

        Raises:
            SettingsError: the settings cannot be used.
            tocsin.errors.Error: the database or the keys cannot be opened (see Home.open, Keys.open).
        """
        settings = settings or NodeSettings.read(home)
        with ExitStack() as stack:
            banks = stack.enter_context(Home.open(home, create=create))
            keys = keys_of(home, banks.database)
            examiner = stack.enter_context(Examiner(settings.children, search=_search(home, settings)))
            node = cls(banks, keys, settings, examiner)
            stack.pop_all()
        return node

    def work(self, threads: int) -> Work:
        """What does this node's jobs in `threads` threads, and a few more, once started."""
        return Work(self, threads)

    def close(self) -> None:
        """Finish what is at hand and let everything go."""
        self._open.close()

    def __enter__(self) -> Self:
        """The node itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        self.close()


def _search(home: Path, settings: NodeSettings) -> Search | None:
    """How signs of origin are looked for: with the home's trust lists and detectors."""
    if settings.explain == "off":
        return None
    detectors = detectors_folder(home)
    return Search(
        Tier(settings.explain),
        TrustFolder(trust_folder(home)).load(),
        detectors.resolve() if detectors.is_dir() else None,
    )
