"""Filings, what was sent and answered, receipts (schema version 4)."""

FILINGS: tuple[str, ...] = (
    # `job` sends it: what another job does for it counts for nothing. `intent`: what it is to become once no
    # report of it is open ('retracted', 'stopped', or empty), `because` says why. `forgiven`: how many
    # reports had been spoiled when a person last had it sent: they do not count against what it may open.
    """CREATE TABLE filing (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        case_number INTEGER NOT NULL,
        decision_id INTEGER NOT NULL,
        authority TEXT NOT NULL,
        environment TEXT NOT NULL,
        kind TEXT NOT NULL,
        platform TEXT NOT NULL,
        account TEXT NOT NULL,
        state TEXT NOT NULL,
        revision INTEGER NOT NULL DEFAULT 1,
        created INTEGER NOT NULL,
        author TEXT NOT NULL,
        checked_by TEXT NOT NULL DEFAULT '',
        confirmed_by TEXT NOT NULL DEFAULT '[]',
        stopped TEXT NOT NULL DEFAULT '',
        follows INTEGER,
        job INTEGER NOT NULL DEFAULT 0,
        intent TEXT NOT NULL DEFAULT '',
        because TEXT NOT NULL DEFAULT '',
        forgiven INTEGER NOT NULL DEFAULT 0
    ) STRICT""",
    "CREATE INDEX filing_of_case ON filing (case_number, number)",
    "CREATE INDEX filing_in_state ON filing (state, number)",
    # The XML as it would be sent; as JSON, where each field comes from and what is not in it.
    """CREATE TABLE filing_draft (
        filing INTEGER PRIMARY KEY,
        report BLOB NOT NULL,
        notes TEXT NOT NULL
    ) STRICT""",
    """CREATE TABLE filing_draft_file (
        filing INTEGER NOT NULL,
        place INTEGER NOT NULL,
        sha256 BLOB NOT NULL,
        size INTEGER NOT NULL,
        details BLOB NOT NULL,
        include INTEGER NOT NULL,
        PRIMARY KEY (filing, place)
    ) STRICT, WITHOUT ROWID""",
    # `spoiled`: why it is to be retracted and opened anew. `alarmed`: when it was said that it is about to
    # expire.
    """CREATE TABLE filing_report (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        filing INTEGER NOT NULL,
        environment TEXT NOT NULL,
        report_id TEXT NOT NULL,
        opened INTEGER NOT NULL,
        modified INTEGER NOT NULL,
        fate TEXT NOT NULL,
        spoiled TEXT NOT NULL DEFAULT '',
        alarmed INTEGER
    ) STRICT""",
    "CREATE INDEX report_of_filing ON filing_report (filing, id)",
    # Whatever goes wrong in the code: a filing is finished once, and has one open report at most.
    "CREATE UNIQUE INDEX filing_finished ON filing_report (filing) WHERE fate = 'finished'",
    "CREATE UNIQUE INDEX filing_open ON filing_report (filing) WHERE fate = 'open'",
    """CREATE TABLE filing_file (
        report INTEGER NOT NULL,
        place INTEGER NOT NULL,
        sha256 BLOB NOT NULL,
        size INTEGER NOT NULL,
        file_id TEXT NOT NULL,
        md5 BLOB NOT NULL,
        detailed INTEGER NOT NULL,
        PRIMARY KEY (report, place)
    ) STRICT, WITHOUT ROWID""",
    # Requests, noted before they are sent. `ordinal` counts a filing's in the order in which they ended, and
    # `chain` is a digest of that one and all before it: the ledger vouches for the newest, and so for all.
    """CREATE TABLE filing_call (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        filing INTEGER NOT NULL,
        step TEXT NOT NULL,
        report_id TEXT NOT NULL,
        place INTEGER NOT NULL,
        begun INTEGER NOT NULL,
        request BLOB NOT NULL,
        ended INTEGER,
        status INTEGER NOT NULL DEFAULT 0,
        request_id TEXT NOT NULL DEFAULT '',
        answer BLOB,
        problem TEXT NOT NULL DEFAULT '',
        ordinal INTEGER,
        chain BLOB
    ) STRICT""",
    "CREATE INDEX call_of_filing ON filing_call (filing, id)",
    "CREATE UNIQUE INDEX call_ended ON filing_call (filing, ordinal) WHERE ordinal IS NOT NULL",
    "CREATE INDEX call_in_doubt ON filing_call (filing) WHERE ended IS NULL",
    """CREATE TABLE filing_receipt (
        filing INTEGER PRIMARY KEY,
        report_id TEXT NOT NULL,
        time INTEGER NOT NULL,
        environment TEXT NOT NULL,
        file_ids TEXT NOT NULL,
        raw BLOB NOT NULL,
        request_id TEXT NOT NULL,
        inferred INTEGER NOT NULL
    ) STRICT""",
)
