"""How SQLite answers the statements that are asked often, or of tables that grow for years: by an index."""

from pathlib import Path

import pytest

from tocsin.storage import job_statements as jobs
from tocsin.storage import submissions, verifying, webhooks
from tocsin.storage.database import Database, create

_PAGE = f"{submissions._COLUMNS} WHERE {{}} ORDER BY submission.number DESC LIMIT ?"
STATEMENTS = {
    "claim": jobs.CLAIM,
    "oldest": jobs.OLDEST,
    "forget jobs": jobs.FORGET,
    "mend": jobs.MEND,
    "jobs of a state": jobs.PAGE,
    "forget deliveries": webhooks._FORGET,
    "a submitter's": _PAGE.format(submissions._CONDITIONS["submitter"]),
    "a platform's": _PAGE.format(submissions._CONDITIONS["platform"]),
    "received and gone": verifying._UNKNOWN,
}


@pytest.mark.parametrize("name", STATEMENTS)
def test_nothing_is_sorted_and_no_table_read_for_each_row_of_another(tmp_path: Path, name: str) -> None:
    create(tmp_path / "tocsin.db")
    database = Database(tmp_path / "tocsin.db")
    statement = STATEMENTS[name]
    with database.reading():
        values = (0,) * statement.count("?")
        plan = [str(row[3]) for row in database.rows(f"EXPLAIN QUERY PLAN {statement}", values)]
    database.close()
    assert plan
    assert not [step for step in plan if "TEMP B-TREE" in step], plan
    assert not [step for step in plan if step.startswith("SCAN") and step != "SCAN ledger"], plan
