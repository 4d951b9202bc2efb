"""The SQL of banks, entries, imports and of what indexes follow, in the dialect that both engines share.

Other rooms' statements stand at the top of their stores. Two here are SQLite's alone: how it lists its tables
and unpacks JSON arrays (see engines/postgres_forms.py). docs/adr/0008-two-databases.md: why plain SQL.
"""

# ruff: noqa: S608  # the strings joined here are constants of this file; every value is bound

HAS_SCHEMA_VERSION = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'schema_version'"
CREATE_SCHEMA_VERSION = "CREATE TABLE schema_version (version INTEGER NOT NULL)"
START_SCHEMA_VERSION = "INSERT INTO schema_version (version) VALUES (0)"
SCHEMA_VERSION = "SELECT version FROM schema_version"
SET_SCHEMA_VERSION = "UPDATE schema_version SET version = ?"
SET_IDENTITY = "INSERT INTO home (identity) VALUES (?)"
IDENTITY = "SELECT identity FROM home"

# Counters hand out the numbers of entries and signals in blocks; a number is never used twice.
TAKE_NUMBERS = "UPDATE counter SET value = value + ? WHERE name = ? RETURNING value"
SET_COUNTER = "UPDATE counter SET value = ? WHERE name = ?"
COUNTERS = "SELECT name, value FROM counter"

_BANK_COLUMNS = "id, name, kind, radius, quality_floor, purpose, onward_sharing, created, version"
BANKS = f"SELECT {_BANK_COLUMNS} FROM bank ORDER BY name"
BANK = f"SELECT {_BANK_COLUMNS} FROM bank WHERE name = ?"
CREATE_BANK = """
    INSERT INTO bank (name, kind, radius, quality_floor, purpose, onward_sharing, created)
    VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (name) DO NOTHING"""
SET_POLICY = """
    UPDATE bank SET kind = ?, radius = ?, quality_floor = ?, purpose = ?, onward_sharing = ? WHERE name = ?"""
RAISE_VERSION = "UPDATE bank SET version = version + 1 WHERE id = ?"
COUNTS = "SELECT entries, withdrawn FROM bank WHERE id = ?"
CHANGE_COUNTS = "UPDATE bank SET entries = entries + ?, withdrawn = withdrawn + ? WHERE id = ?"

EXCHANGE_OF_BANK = "SELECT name FROM exchange WHERE bank_id = ?"
# Removing a bank. Each run of consecutive signal numbers becomes one row of index_removal.
LOG_REMOVAL = """
    INSERT INTO index_removal (id, first_signal, last_signal)
    SELECT ? + ROW_NUMBER() OVER (ORDER BY MIN(id)), MIN(id), MAX(id)
    FROM (
        SELECT signal.id AS id, signal.id - ROW_NUMBER() OVER (ORDER BY signal.id) AS run
        FROM signal JOIN entry ON entry.id = signal.entry_id
        WHERE entry.bank_id = ?
    ) AS numbered
    GROUP BY run"""
LAST_REMOVAL = "SELECT COALESCE(MAX(id), 0) FROM index_removal"
_ENTRIES_OF_BANK = "(SELECT id FROM entry WHERE bank_id = ?)"
COUNT_SIGNALS = """
    INSERT INTO signal_count (bank_id, type, entries, newest) VALUES (?, ?, ?, ?)
    ON CONFLICT (bank_id, type) DO UPDATE SET
        entries = signal_count.entries + excluded.entries, newest = excluded.newest"""
REMOVE_BANK = (
    f"DELETE FROM signal WHERE entry_id IN {_ENTRIES_OF_BANK}",
    f"DELETE FROM entry_label WHERE entry_id IN {_ENTRIES_OF_BANK}",
    f"DELETE FROM opinion WHERE entry_id IN {_ENTRIES_OF_BANK}",
    f"DELETE FROM hma_content WHERE entry_id IN {_ENTRIES_OF_BANK}",
    "DELETE FROM hma_bank WHERE bank_id = ?",
    "DELETE FROM signal_count WHERE bank_id = ?",
    "DELETE FROM entry_key WHERE bank_id = ?",
    "DELETE FROM entry WHERE bank_id = ?",
    "DELETE FROM bad_line WHERE import_id IN (SELECT id FROM import_progress WHERE bank_id = ?)",
    "DELETE FROM import_progress WHERE bank_id = ?",
    # What was granted was granted in this bank, not in whatever will have its name; what was closed stays so.
    "DELETE FROM bank_right WHERE rights <> '' AND bank = (SELECT name FROM bank WHERE id = ?)",
    "DELETE FROM bank WHERE id = ?",
)

ADD_ORIGIN = "INSERT INTO origin (source, member) VALUES (?, ?) ON CONFLICT (source, member) DO NOTHING"
ORIGIN = "SELECT id FROM origin WHERE source = ? AND member = ?"
ADD_LABEL = """
    INSERT INTO label (scheme, version, code, author, time) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (scheme, version, code, author, time) DO NOTHING"""
LABEL = "SELECT id FROM label WHERE scheme = ? AND version = ? AND code = ? AND author = ? AND time = ?"

ADD_KEY = """
    INSERT INTO entry_key (bank_id, key, entry_id) VALUES (?, ?, ?) ON CONFLICT (bank_id, key) DO NOTHING"""
ADD_ENTRY = """
    INSERT INTO entry (id, bank_id, origin_id, id_at_origin, added, withdrawn, withdrawn_reason)
    VALUES (?, ?, ?, ?, ?, ?, ?)"""
ADD_LIVE_ENTRY = "INSERT INTO entry (id, bank_id, origin_id, id_at_origin, added) VALUES (?, ?, ?, ?, ?)"
# The ids at the origin come as a JSON array: a third of the time of a row each.
ADD_LIVE_ENTRIES = """
    INSERT INTO entry (id, bank_id, origin_id, added, id_at_origin)
    SELECT ? + key, ?, ?, ?, value FROM json_each(?)"""
ADD_SIGNAL = """
    INSERT INTO signal (id, entry_id, type, value, quality, view, dialect, orientation)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)"""
ADD_PLAIN_SIGNAL = "INSERT INTO signal (id, entry_id, type, value, quality) VALUES (?, ?, ?, ?, ?)"
ADD_ENTRY_LABEL = "INSERT INTO entry_label (entry_id, position, label_id) VALUES (?, ?, ?)"

# The database itself makes uniform entries out of one block of values: three times as fast as row by row.
_NUMBERS = "WITH RECURSIVE numbered (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbered WHERE n + 1 < ?)"
ADD_UNIFORM_ENTRIES = f"""
    {_NUMBERS} INSERT INTO entry (id, bank_id, origin_id, added) SELECT ? + n, ?, ?, ? FROM numbered"""
# Qualities come as three characters each: digits, or three minus signs where there is none.
ADD_PACKED_SIGNALS = f"""
    {_NUMBERS} INSERT INTO signal (id, entry_id, type, value, quality, view, dialect, orientation)
    SELECT ? + n, ? + n, ?, SUBSTR(?, n * ? + 1, ?),
        CAST(NULLIF(CAST(SUBSTR(?, n * 3 + 1, 3) AS TEXT), '---') AS INTEGER), ?, ?, ?
    FROM numbered"""
ADD_UNIFORM_LABELS = f"""
    {_NUMBERS} INSERT INTO entry_label (entry_id, position, label_id) SELECT ? + n, ?, ? FROM numbered"""

# `changed`: when that is done here, whatever date a list gives. Partners ask what is new since.
WITHDRAW = """
    UPDATE entry SET withdrawn = ?, withdrawn_reason = ?, changed = ? WHERE id = ? AND withdrawn IS NULL"""
REINSTATE = """
    UPDATE entry SET withdrawn = NULL, withdrawn_reason = '', changed = ?
    WHERE id = ? AND withdrawn IS NOT NULL"""
ENTRY_RANGE = "SELECT MIN(id), MAX(id) FROM entry WHERE bank_id = ?"
BANK_OF_ENTRY = "SELECT bank.id, bank.name FROM entry JOIN bank ON bank.id = entry.bank_id WHERE entry.id = ?"

_ENTRY_COLUMNS = """
    SELECT entry.id, bank.name, origin.source, origin.member, entry.id_at_origin, entry.added,
        entry.withdrawn, entry.withdrawn_reason
    FROM entry JOIN bank ON bank.id = entry.bank_id JOIN origin ON origin.id = entry.origin_id"""
ENTRY = f"{_ENTRY_COLUMNS} WHERE entry.id = ?"
ENTRIES_AFTER = f"{_ENTRY_COLUMNS} WHERE entry.bank_id = ? AND entry.id > ? ORDER BY entry.id LIMIT ?"

PDQ_AFTER = "SELECT id, value FROM signal WHERE id > ? AND id <= ? AND type = 'pdq' ORDER BY id LIMIT ?"
PDQ_VALUE = "SELECT value FROM signal WHERE id = ? AND type = 'pdq'"
REMOVALS_AFTER = "SELECT id, first_signal, last_signal FROM index_removal WHERE id > ? ORDER BY id"
REMOVAL_OF = "SELECT 1 FROM index_removal WHERE first_signal <= ? AND last_signal >= ?"

IMPORT = """
    SELECT id, byte_offset, line, added, already_there, still_withdrawn, withdrawn, bad
    FROM import_progress WHERE bank_id = ? AND fingerprint = ?"""
SAVE_IMPORT = """
    INSERT INTO import_progress
        (bank_id, fingerprint, byte_offset, line, added, already_there, still_withdrawn, withdrawn, bad)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (bank_id, fingerprint) DO UPDATE SET
        byte_offset = excluded.byte_offset, line = excluded.line, added = excluded.added,
        already_there = excluded.already_there, still_withdrawn = excluded.still_withdrawn,
        withdrawn = excluded.withdrawn, bad = excluded.bad
    RETURNING id"""
BAD_LINES = "SELECT line, code, message, text FROM bad_line WHERE import_id = ? ORDER BY line"
ADD_BAD_LINE = """
    INSERT INTO bad_line (import_id, line, code, message, text) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (import_id, line) DO NOTHING"""
FORGET_BAD_LINES = "DELETE FROM bad_line WHERE import_id = ?"
FORGET_IMPORT = "DELETE FROM import_progress WHERE id = ?"

CHUNK = 500
"""Most values in one IN list."""
_IN = "{" + "values}"  # filled by many()
_SIGNAL_COLUMNS = """
    SELECT signal.id, entry.bank_id, signal.entry_id, signal.type, signal.value, signal.quality, signal.view,
        signal.dialect, signal.orientation
    FROM signal JOIN entry ON entry.id = signal.entry_id"""
LIVE_SIGNALS = f"{_SIGNAL_COLUMNS} WHERE signal.id IN ({_IN}) AND entry.withdrawn IS NULL"
# "type <> 'pdq'" repeats the condition of the partial index exact_signal, without which it is not used.
LIVE_EXACT = f"""
    {_SIGNAL_COLUMNS} WHERE signal.type = ? AND signal.type <> 'pdq' AND signal.value IN ({_IN})
    AND entry.withdrawn IS NULL ORDER BY signal.id"""
SIGNALS_OF = f"{_SIGNAL_COLUMNS} WHERE signal.entry_id IN ({_IN}) ORDER BY signal.id"
LABELS_OF = f"""
    SELECT entry_label.entry_id, label.scheme, label.version, label.code, label.author, label.time
    FROM entry_label JOIN label ON label.id = entry_label.label_id
    WHERE entry_label.entry_id IN ({_IN}) ORDER BY entry_label.entry_id, entry_label.position"""
ENTRIES_BY_KEY = f"SELECT key, entry_id FROM entry_key WHERE bank_id = ? AND key IN ({_IN})"
WITHDRAWN_AMONG = f"SELECT id FROM entry WHERE id IN ({_IN}) AND withdrawn IS NOT NULL"


def many(statement: str, count: int) -> str:
    """A statement with an IN list, for `count` values."""
    return statement.replace(_IN, ",".join("?" * count))


def among_array(statement: str) -> str:
    """A statement with an IN list, for one array of any length (PostgreSQL)."""
    return statement.replace(f"IN ({_IN})", "= ANY(?)")
