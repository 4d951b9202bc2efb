"""How far imports have come, and the lines they have set aside so far."""

from collections.abc import Sequence

from tocsin.banks.store import AddCounts, BadLine, ImportProgress, UnfinishedImport
from tocsin.storage import statements as sql
from tocsin.storage.database import Database


def unfinished(database: Database, bank_id: int, fingerprint: str) -> UnfinishedImport | None:
    """The interrupted import of that fingerprint, if there is one."""
    if (row := database.row(sql.IMPORT, (bank_id, fingerprint))) is None:
        return None
    number, offset, line, added, already_there, still_withdrawn, withdrawn, bad = row
    counts = AddCounts(added, already_there, still_withdrawn, withdrawn)
    lines = tuple(BadLine(*fields) for fields in database.rows(sql.BAD_LINES, (number,)))
    return UnfinishedImport(ImportProgress(fingerprint, offset, line, counts, bad), lines)


def save(
    database: Database, bank_id: int, progress: ImportProgress, counts: AddCounts, bad: Sequence[BadLine]
) -> None:
    """Note where an import stands once a batch with these counts is in."""
    total = progress.counts + counts
    number = database.number(
        sql.SAVE_IMPORT,
        (
            bank_id,
            progress.fingerprint,
            progress.offset,
            progress.line,
            total.added,
            total.already_there,
            total.still_withdrawn,
            total.withdrawn,
            progress.bad,
        ),
    )
    rows = ((number, line.line, line.code, line.message, line.text) for line in bad)
    database.change_many(sql.ADD_BAD_LINE, rows)


def forget(database: Database, bank_id: int, fingerprint: str) -> None:
    """Forget an import and its lines."""
    if (row := database.row(sql.IMPORT, (bank_id, fingerprint))) is not None:
        database.change(sql.FORGET_BAD_LINES, (row[0],))
        database.change(sql.FORGET_IMPORT, (row[0],))
