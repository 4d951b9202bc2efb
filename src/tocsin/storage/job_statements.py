"""The statements of the job table. Those that PostgreSQL spells differently stand here in both spellings."""

_COLUMNS = "id, kind, payload, state, attempts, due, created, ended, reason, lease"
_OURS = "id = ? AND state = 'leased' AND lease = ?"
_CLAIMED = "UPDATE job SET state = 'leased', attempts = attempts + 1, due = ?, lease = ?, changed = ?"


def _whole(statement: str) -> str:
    """The statement, with what many of them share in its places."""
    return statement.replace("COLUMNS", _COLUMNS).replace("OURS", _OURS).replace("CLAIMED", _CLAIMED)


NOW = "SELECT CAST(ROUND((julianday('now') - 2440587.5) * 86400000000) AS INTEGER)"
"""The database's clock, in microseconds since 1970 (which is Julian day 2440587.5)."""
NOW_POSTGRES = "SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT)"

ADD = _whole("""INSERT INTO job
    (kind, payload, idempotency_key, state, attempts, due, lease, changed, created)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (idempotency_key) DO NOTHING RETURNING COLUMNS""")
WITH_KEY = _whole("SELECT COLUMNS FROM job WHERE idempotency_key = ?")
JOB = _whole("SELECT COLUMNS FROM job WHERE id = ?")
CLAIM = _whole("""CLAIMED
    WHERE id = (SELECT id FROM job WHERE ended IS NULL AND due <= ?
        AND instr(',' || ? || ',', ',' || kind || ',') > 0 ORDER BY due, id LIMIT 1) RETURNING COLUMNS""")
CLAIM_POSTGRES = _whole("""CLAIMED
    WHERE id = (SELECT id FROM job WHERE ended IS NULL AND due <= ?
        AND kind = ANY (string_to_array(?, ',')) ORDER BY due, id LIMIT 1 FOR UPDATE SKIP LOCKED)
    RETURNING COLUMNS""")
"""Nobody waits for a job that another is just taking: the next one is taken."""
EXTEND = _whole("UPDATE job SET due = ?, changed = ? WHERE OURS")
DONE = _whole("UPDATE job SET state = 'done', lease = NULL, reason = '', ended = ?, changed = ? WHERE OURS")
DEAD = _whole("UPDATE job SET state = 'dead', lease = NULL, reason = ?, ended = ?, changed = ? WHERE OURS")
AGAIN = _whole("UPDATE job SET state = 'ready', lease = NULL, reason = ?, due = ?, changed = ? WHERE OURS")
RELEASE = _whole("""UPDATE job
    SET state = 'ready', lease = NULL, attempts = attempts - 1, due = ?, changed = ? WHERE OURS""")
REVIVE = _whole("""UPDATE job SET state = 'ready', attempts = 0, due = ?, changed = ?, ended = NULL
    WHERE id = ? AND state = 'dead' RETURNING COLUMNS""")
PAGE = _whole("SELECT COLUMNS FROM job WHERE state = ? AND id > ? ORDER BY id LIMIT ?")
COUNTS = "SELECT state, COUNT(*) FROM job GROUP BY state"
OLDEST = "SELECT MIN(due) FROM job WHERE ended IS NULL"
FORGET = """DELETE FROM job WHERE id IN
    (SELECT id FROM job WHERE state = 'done' AND ended < ? ORDER BY ended LIMIT ?)"""
MEND = "UPDATE job SET due = ?, changed = ? WHERE ended IS NULL AND due > ? AND changed > ?"
