"""The SQL of people, tokens, sessions and rights."""

# ruff: noqa: S105, S608  # the strings joined here are constants of this file; every value is bound
from typing import Final

_PERSON: Final = (
    """name, roles, created, active, must_enrol, second_factor IS NOT NULL, failures, locked_until"""
)
PEOPLE: Final = f"SELECT {_PERSON} FROM person ORDER BY name"
CREDENTIALS: Final = f"SELECT {_PERSON}, password, second_factor, pending_factor FROM person WHERE name = ?"
ADD_PERSON: Final = """INSERT INTO person (name, roles, password, must_enrol, created, active)
    VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (name) DO NOTHING"""
SET_PASSWORD: Final = "UPDATE person SET password = ? WHERE name = ?"
SET_ROLES: Final = "UPDATE person SET roles = ? WHERE name = ?"
SET_ACTIVE: Final = "UPDATE person SET active = ? WHERE name = ?"
SET_FAILURES: Final = "UPDATE person SET failures = ?, locked_until = ? WHERE name = ?"
COUNT_IDLE: Final = "UPDATE counter SET value = value + 1 WHERE name = 'idle_sign_in'"
SET_PENDING: Final = "UPDATE person SET pending_factor = ? WHERE name = ?"
SET_FACTOR: Final = "UPDATE person SET second_factor = ?, pending_factor = NULL WHERE name = ?"
USE_CODE: Final = "UPDATE person SET last_code = ? WHERE name = ? AND last_code < ?"
_ID: Final = "(SELECT id FROM person WHERE name = ?)"
FORGET_CODES: Final = f"DELETE FROM recovery_code WHERE person_id = {_ID}"
ADD_CODE: Final = f"INSERT INTO recovery_code (person_id, digest) VALUES ({_ID}, ?)"
USE_RECOVERY: Final = f"DELETE FROM recovery_code WHERE person_id = {_ID} AND digest = ?"

_TOKEN: Final = "t.name, t.roles, t.created, t.created_by, t.expires, t.revoked, t.rate"
ADD_TOKEN: Final = """INSERT INTO token (name, roles, digest, created, created_by, expires, rate)
    VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (name) DO NOTHING"""
TOKEN: Final = f"SELECT {_TOKEN} FROM token t WHERE name = ?"
TOKENS: Final = f"SELECT {_TOKEN} FROM token t ORDER BY name"
TOKEN_WITH_RIGHTS: Final = f"""SELECT {_TOKEN}, r.bank, r.rights FROM token t
    LEFT JOIN bank_right r ON r.principal = 'token:' || t.name WHERE t.digest = ?"""
REVOKE_TOKEN: Final = "UPDATE token SET revoked = ? WHERE name = ? AND revoked IS NULL"

_SESSION: Final = "s.id, p.name, s.created, s.last_used, s.expires, s.revoked"
_SESSIONS: Final = f"SELECT {_SESSION} FROM session s JOIN person p ON p.id = s.person_id"
ADD_SESSION: Final = f"""INSERT INTO session (person_id, digest, created, last_used, expires)
    VALUES ({_ID}, ?, ?, ?, ?) RETURNING id"""
SESSION: Final = f"{_SESSIONS} WHERE s.id = ?"
SESSIONS: Final = f"{_SESSIONS} ORDER BY s.id DESC"
SESSION_WITH_RIGHTS: Final = f"""SELECT {_SESSION}, p.roles, p.created, p.active, p.must_enrol,
    p.second_factor IS NOT NULL, p.failures, p.locked_until, r.bank, r.rights
    FROM session s JOIN person p ON p.id = s.person_id
    LEFT JOIN bank_right r ON r.principal = 'person:' || p.name WHERE s.digest = ?"""
TOUCH_SESSION: Final = "UPDATE session SET last_used = ? WHERE id = ?"
REVOKE_SESSION: Final = "UPDATE session SET revoked = ? WHERE id = ? AND revoked IS NULL"
REVOKE_SESSIONS: Final = f"UPDATE session SET revoked = ? WHERE person_id = {_ID} AND revoked IS NULL"
REMOVE_SESSIONS: Final = "DELETE FROM session WHERE expires < ?"

SET_RIGHTS: Final = """INSERT INTO bank_right (principal, bank, rights) VALUES (?, ?, ?)
    ON CONFLICT (principal, bank) DO UPDATE SET rights = excluded.rights"""
REMOVE_RIGHTS: Final = "DELETE FROM bank_right WHERE principal = ? AND bank = ?"
RIGHTS: Final = "SELECT principal, bank, rights FROM bank_right ORDER BY principal, bank"
