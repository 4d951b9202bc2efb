"""How SQLite answers the statements that are asked often, or of tables that grow for years: by an index."""

from pathlib import Path

import pytest

from tocsin.storage import case_openings, case_standing, cases, submissions, verifying, webhooks
from tocsin.storage import job_statements as jobs
from tocsin.storage.database import Database, create

_PAGE = f"{submissions._COLUMNS} WHERE {{}} ORDER BY submission.number DESC LIMIT ?"
_AVOIDING = cases._AVOIDING.format(marks="?")
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
    "next case": f"{cases._WAITING} ORDER BY {cases._IN_ORDER} LIMIT 1",
    "next case of some": f"{cases._WAITING}{_AVOIDING} ORDER BY {cases._IN_ORDER} LIMIT 1",
    "case waiting longest": f"{cases._WAITING} ORDER BY opened, number LIMIT 1",
    "oldest without repeated danger": f"{cases._WAITING}{cases._FRESH} ORDER BY opened, number LIMIT 1",
    "danger said by a submitter": case_standing._SAID,
    "lapsed claims": cases._LAPSED[0],
    "claims of a clock set back": cases._LAPSED[1],
    "case with a content": case_openings._WITH_CONTENT,
    "case with a key": case_openings._WITH_KEY,
    "case of a submission": case_openings._CASE_OF,
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
