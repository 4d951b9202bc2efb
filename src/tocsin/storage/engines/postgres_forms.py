"""Statements that PostgreSQL spells differently: the same values in the same order."""

# ruff: noqa: S608  # the strings joined here are constants of this file; every value is bound

from tocsin.storage import ddl
from tocsin.storage import job_statements as jobs
from tocsin.storage import statements as sql

_NUMBERS = "WITH numbered AS (SELECT n FROM generate_series(0, ? - 1) AS n)"

_LABEL = "scheme, version, code, author, time"


def _find(table: str, columns: str) -> str:
    """A query for the row with these texts, by the index of their digests (see ddl.for_postgres)."""
    names = columns.split(", ")
    asked = ", ".join(["?::text"] * len(names))
    same = [f"{ddl.digest(f'{table}.{name}')} = {ddl.digest(f'asked.{name}')}" for name in names]
    return f"""
        SELECT {table}.id FROM (VALUES ({asked})) AS asked ({columns})
        JOIN {table} ON {" AND ".join(same)}"""


FORMS = {
    sql.ADD_ORIGIN: f"""
        INSERT INTO origin (source, member) VALUES (?, ?)
        ON CONFLICT ({ddl.digests("source, member")}) DO NOTHING""",
    sql.ORIGIN: _find("origin", "source, member"),
    sql.ADD_LABEL: f"""
        INSERT INTO label ({_LABEL}) VALUES (?, ?, ?, ?, ?)
        ON CONFLICT ({ddl.digests(_LABEL)}) DO NOTHING""",
    sql.LABEL: _find("label", _LABEL),
    jobs.NOW: jobs.NOW_POSTGRES,
    jobs.CLAIM: jobs.CLAIM_POSTGRES,
    sql.ADD_LIVE_ENTRIES: """
        INSERT INTO entry (id, bank_id, origin_id, added, id_at_origin)
        SELECT ? + place - 1, ?, ?, ?, text
        FROM json_array_elements_text(?::json) WITH ORDINALITY AS listed (text, place)""",
    sql.ADD_UNIFORM_ENTRIES: f"""
        {_NUMBERS} INSERT INTO entry (id, bank_id, origin_id, added) SELECT ? + n, ?, ?, ? FROM numbered""",
    sql.ADD_PACKED_SIGNALS: f"""
        {_NUMBERS} INSERT INTO signal (id, entry_id, type, value, quality, view, dialect, orientation)
        SELECT ? + n, ? + n, ?, substr(?::bytea, (n * ? + 1)::int, ?::int),
            nullif(convert_from(substr(?::bytea, (n * 3 + 1)::int, 3), 'UTF8'), '---')::bigint, ?, ?, ?
        FROM numbered""",
    sql.ADD_UNIFORM_LABELS: f"""
        {_NUMBERS} INSERT INTO entry_label (entry_id, position, label_id) SELECT ? + n, ?, ? FROM numbered""",
}
