"""No secret comes to rest anywhere: not in the database, the ledger, a log, a repr or an error."""

import logging

import pytest
from support.accounts import PASSWORD, ROOT, Rig, secret_in

from tocsin.access.tokens import Scope
from tocsin.errors import Error

TABLES = ("person", "recovery_code", "token", "session", "bank_right", "ledger", "counter")


def kept(rig: Rig) -> bytes:
    """Everything that the database holds, in one piece."""
    found = []
    with rig.database.reading():
        for table in TABLES:
            for row in rig.database.rows(f"SELECT * FROM {table}"):  # noqa: S608  # names of ours
                found += [value if isinstance(value, bytes) else str(value).encode() for value in row]
    return b"\n".join(found)


def test_secrets_are_nowhere_but_where_they_were_shown(rig: Rig, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    accounts = rig.accounts
    said: list[object] = []
    anna = rig.person("anna", ("administrator",))
    token = accounts.tokens.create(ROOT, "uploads", Scope(frozenset({"submitter"})))
    code = rig.code(anna)
    signed_in = accounts.sessions.sign_in("anna", PASSWORD, code, address="192.0.2.1")
    said += [anna, signed_in, accounts.tokens.principal_of(token)]
    said.append(accounts.sessions.principal_of(signed_in.secret))
    wrong = "another wrong one"
    for name, password, shown in [
        ("anna", wrong, code),
        ("anna", PASSWORD, code),
        (wrong, PASSWORD, ""),
        ("anna", wrong, anna.recovery_codes[0]),
        *[("anna", wrong, "")] * 3,
    ]:
        with pytest.raises(Error) as caught:
            accounts.sessions.sign_in(name, password, shown)
        said += [caught.value, caught.value.args, caught.value.message, caught.value.advice]
    with pytest.raises(Error) as caught:
        accounts.tokens.principal_of(token[:-1] + ("A" if token[-1] != "A" else "B"))
    said += [caught.value, caught.value.message]
    accounts.people.create(ROOT, "berta", PASSWORD, [])
    session = accounts.sessions.sign_in("berta", PASSWORD)
    berta = accounts.self_service.begin_enrolment(session.secret)
    with rig.database.reading():
        said += [rig.store.credentials("anna"), rig.store.credentials("berta")]
    said += [accounts.people.all(ROOT), accounts.tokens.all(ROOT), accounts.sessions.all(ROOT), accounts]
    places = [kept(rig), repr(said).encode(), str(said).encode(), caplog.text.encode()]
    secrets = [PASSWORD, wrong, token, token.removeprefix("tocsin_"), signed_in.secret, session.secret]
    for enrolment in (anna, berta):
        secrets += [secret_in(enrolment.uri), *enrolment.recovery_codes]
        secrets += [one.replace("-", "") for one in enrolment.recovery_codes]
    assert b"person:anna" in places[0]
    assert b"anna" in places[1]
    for secret in secrets:
        for place in places:
            assert secret.encode() not in place
