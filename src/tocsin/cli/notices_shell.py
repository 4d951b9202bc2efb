"""Notices and the register as the commands of `tocsin notices` and `tocsin register` use them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tocsin.cli.cases_shell import open_cases

if TYPE_CHECKING:
    from tocsin.access.model import Principal
    from tocsin.filing.nca.register import Register
    from tocsin.filing.notices import Notices
    from tocsin.node.notices import NoticeParts


@dataclass(frozen=True, slots=True)
class NoticesShell:
    """Somebody at a shell of the machine, who may do everything that is recorded."""

    me: "Principal"
    parts: "NoticeParts"
    notices: "Notices"
    register: "Register"


@contextmanager
def open_notices(given: str | None) -> Iterator[NoticesShell]:
    """Over the home folder that the command line, the environment or the platform names."""
    from tocsin.filing.holds import Holds  # noqa: PLC0415  # not on --help
    from tocsin.node.filing import gathering  # noqa: PLC0415
    from tocsin.node.notices import NoticeParts, notices, register  # noqa: PLC0415
    from tocsin.node.settings import FilingSettings, NodeSettings, NoticesSettings  # noqa: PLC0415
    from tocsin.storage.filings import FilingStore  # noqa: PLC0415
    from tocsin.storage.holds import HoldStore  # noqa: PLC0415
    from tocsin.storage.jobs import JobStore  # noqa: PLC0415
    from tocsin.storage.ledger import keys_of  # noqa: PLC0415

    with open_cases(given) as shell:
        database, ledger, folder = shell.parts.database, shell.parts.ledger, shell.parts.banks.folder
        parts = NoticeParts(
            database,
            JobStore(database),
            ledger,
            keys_of(folder, database),
            gathering(shell.parts).record,
            NoticesSettings.read(folder).terms,
            NodeSettings.read(folder).allowed_networks,
        )
        holds = Holds(database, HoldStore(database), ledger, shell.parts.packs)
        receipts = FilingStore(database).receipts_of_case
        organisation = FilingSettings.read(folder).organisation
        yield NoticesShell(shell.me, parts, notices(parts), register(parts, receipts, holds, organisation))
