"""Pages of people, tokens and rights, over HTTP: secrets shown once, and what is asked once more."""

import re
from collections.abc import Iterator
from html import unescape

import pytest
from support.accounts import PASSWORD
from support.console import Client, Console, console
from support.nodes import OPERATOR

from tocsin.access.errors import InvalidNameError
from tocsin.access.model import EVERY_BANK, Right
from tocsin.banks.model import Policy

HOSTILE = "<img src=x onerror=alert(1)>\u202e"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    with console(tmp_path_factory.mktemp("console") / "home") as opened:
        opened.session("chief", "administrator")
        opened.session("second", "administrator")
        yield opened


@pytest.fixture(scope="module")
def chief(served: Console) -> Client:
    return served.client("chief")


def secret_in(page: str) -> str:
    """What a page shows once."""
    return unescape(re.findall(r'class="secret"><code>([^<]+)</code>', page)[0])


def before_in(page: str) -> str:
    return str(re.findall(r'name="before" value="([^"]+)"', page)[0])


def test_a_person_is_made_with_a_password_that_is_shown_once(served: Console, chief: Client) -> None:
    made = chief.act("/people/new", name="rita", roles=["reviewer", "curator"])
    password = secret_in(made.text)
    assert made.headers["cache-control"] == "no-store"
    assert len(set(password)) > 5
    assert password not in chief.get("/console/people/one/rita").text
    person = served.node.accounts.people.person(OPERATOR, "rita")
    assert person.roles == {"reviewer", "curator"}
    assert person.must_enrol
    session = served.node.accounts.sessions.sign_in("rita", password, address="192.0.2.77")
    assert not served.node.accounts.sessions.principal_of(session.secret).permissions
    rows = [row for row in served.node.ledger.rows_of("person:rita") if row.kind == "person.created"]
    assert [row.actor for row in rows] == ["person:chief"]
    assert not any(password in row.detail for row in served.node.ledger.rows())


@pytest.mark.parametrize(("name", "status"), [("Rita", 422), ("../x", 422), (HOSTILE, 422), ("chief", 409)])
def test_a_name_that_cannot_be_is_told_with_the_form(chief: Client, name: str, status: int) -> None:
    refused = chief.act("/people/new", name=name, roles=["auditor"])
    assert refused.status_code == status
    assert re.search(r'value="auditor" checked', refused.text)
    assert "<img src=x" not in refused.text


def test_roles_are_not_set_over_somebody_elses(served: Console, chief: Client) -> None:
    served.session("rolf", "matcher")
    before = before_in(chief.get("/console/people/one/rolf").text)
    done = chief.act("/people/one/rolf/roles", before=before, roles=["auditor", "operator"])
    assert done.status_code == 303
    assert served.node.accounts.people.person(OPERATOR, "rolf").roles == {"auditor", "operator"}
    assert chief.act("/people/one/rolf/roles", before=before, roles=["curator"]).status_code == 409
    assert served.node.accounts.people.person(OPERATOR, "rolf").roles == {"auditor", "operator"}
    before = before_in(chief.get("/console/people/one/rolf").text)
    assert chief.act("/people/one/rolf/roles", before=before, roles=["root"]).status_code == 422
    assert chief.act("/people/one/rolf/roles", before=before).status_code == 303
    assert not served.node.accounts.people.person(OPERATOR, "rolf").roles


def test_taking_the_management_of_people_is_asked_once_more(served: Console, chief: Client) -> None:
    served.session("third", "administrator")
    before = before_in(chief.get("/console/people/one/third").text)
    asked = chief.act("/people/one/third/roles", before=before, roles=["auditor", "operator"])
    assert asked.status_code == 200
    fields = dict.fromkeys(("auditor", "operator"), "roles")
    assert all(f'name="roles" value="{role}"' in asked.text for role in fields)
    assert served.node.accounts.people.person(OPERATOR, "third").roles == {"administrator"}
    chief.act("/people/one/third/roles", before=before, roles=["auditor", "operator"], sure="1")
    assert served.node.accounts.people.person(OPERATOR, "third").roles == {"auditor", "operator"}


def test_shutting_out_says_what_it_does_and_can_be_undone(served: Console, chief: Client) -> None:
    session = served.session("paul", "reviewer")
    asked = chief.act("/people/one/paul/shut-out")
    assert "All their sessions end at once" in asked.text
    assert "can let them in again" in asked.text
    assert served.client("paul").get("/console/account").status_code == 200
    assert chief.act("/people/one/paul/shut-out", sure="1").status_code == 303
    assert not served.node.accounts.people.person(OPERATOR, "paul").active
    assert served.client("paul").get("/console/account").status_code == 303
    assert chief.act("/people/one/paul/let-in").status_code == 303
    assert served.node.accounts.people.person(OPERATOR, "paul").active
    assert session


def test_shutting_oneself_out_says_so(served: Console, chief: Client) -> None:
    own = served.client("second")
    asked = own.act("/people/one/second/shut-out")
    assert "you cannot take it back yourself" in asked.text
    assert "Nobody else manages people" not in asked.text
    assert own.act("/people/one/second/shut-out", sure="1").headers["location"].startswith("/console/sign-in")
    assert own.get("/console/people").status_code == 303
    alone = chief.act("/people/one/chief/shut-out").text
    assert "Nobody else manages people" in alone
    assert served.node.accounts.people.person(OPERATOR, "chief").active


def test_sign_in_is_taken_away_only_when_asked_twice(served: Console, chief: Client) -> None:
    served.session("olga", "auditor")
    served.node.accounts.people.enrol(OPERATOR, "olga")
    assert chief.act("/people/one/olga/second-factor").status_code == 200
    assert served.node.accounts.people.person(OPERATOR, "olga").enrolled
    assert chief.act("/people/one/olga/second-factor", sure="1").status_code == 303
    assert not served.node.accounts.people.person(OPERATOR, "olga").enrolled
    assert "secret" not in chief.act("/people/one/olga/password").text.split("<main", 1)[1]
    password = secret_in(chief.act("/people/one/olga/password", sure="1").text)
    signed_in = served.node.accounts.sessions.sign_in("olga", password, address="192.0.2.78")
    assert signed_in.session.person == "olga"


def test_sessions_are_listed_and_ended(served: Console, chief: Client) -> None:
    served.session("sven", "auditor")
    page = chief.get("/console/people/sessions").text
    row = re.search(r"/people/one/sven\".*?/people/sessions/(\d+)/end", page, re.DOTALL)
    assert row is not None
    assert chief.act(f"/people/sessions/{row[1]}/end").status_code == 303
    assert served.client("sven").get("/console/account").status_code == 303
    assert chief.act("/people/sessions/999999/end").status_code == 404
    assert chief.act("/people/one/sven/end-sessions").status_code == 303


def test_a_token_is_shown_once_and_revoked_for_good(served: Console, chief: Client) -> None:
    fields = {"name": "uploads", "days": "30", "rate": "60", "bank": "*"}
    for wrong in ({"days": "0"}, {"days": "x"}, {"rate": "-1"}, {"name": "A B"}, {"days": "366"}):
        assert chief.act("/tokens/new", **(fields | wrong), roles=["submitter"]).status_code == 422
    made = chief.act("/tokens/new", **fields, roles=["submitter"], rights=["match", "read"])
    token = secret_in(made.text)
    assert made.headers["cache-control"] == "no-store"
    assert token not in chief.get("/console/tokens/one/uploads").text + chief.get("/console/tokens").text
    principal = served.node.accounts.tokens.principal_of(token)
    assert principal.banks == {EVERY_BANK: frozenset({Right.MATCH, Right.READ})}
    assert principal.rate == 60
    assert chief.act("/tokens/new", **fields, roles=["submitter"]).status_code == 409
    assert "cannot be brought back" in chief.act("/tokens/one/uploads/revoke").text
    assert served.node.accounts.tokens.principal_of(token) == principal
    assert chief.act("/tokens/one/uploads/revoke", sure="1").status_code == 303
    assert "revoked" in chief.get("/console/tokens/one/uploads").text
    assert chief.get("/console/tokens/one/nobody").status_code == 404


def test_rights_are_given_and_taken_back(served: Console, chief: Client) -> None:
    served.session("gina", "curator")
    served.node.curation.create_bank(OPERATOR, f"bank {HOSTILE[:5]}", Policy())
    bank = f"bank {HOSTILE[:5]}"
    given = chief.act("/people/rights", principal="person:gina", bank=bank, rights=["read", "curate"])
    assert given.headers["location"].startswith("/console/people/one/gina")
    grants = served.node.accounts.grants
    assert grants.all(OPERATOR)["person:gina"] == {bank: {Right.READ, Right.CURATE}}
    asked = chief.act("/people/rights", principal="person:gina", bank="knwon", rights=["read"])
    assert "No bank has exactly this name" in asked.text
    assert "knwon" not in grants.all(OPERATOR)["person:gina"]
    chief.act("/people/rights", principal="person:gina", bank="knwon", rights=["read"], sure="1")
    assert "knwon" in grants.all(OPERATOR)["person:gina"]
    assert chief.act("/people/rights/revoke", principal="person:gina", bank="knwon").status_code == 303
    assert "knwon" not in grants.all(OPERATOR)["person:gina"]
    assert chief.act("/people/rights", principal="person:nobody", bank=bank).status_code == 404
    assert chief.act("/people/rights", principal="person:gina", bank="").status_code == 422
    page = chief.get("/console/people/rights").text
    assert "person:gina" in page
    assert "<img" not in page


def test_who_does_not_manage_access_gets_nowhere(served: Console) -> None:
    other = served.client("vera", "auditor")
    assert other.get("/console/people/one/chief").status_code == 403
    assert other.act("/people/new", name="mallory", roles=["administrator"]).status_code == 403
    assert other.act("/people/rights", principal="person:vera", bank="*", rights=["read"]).status_code == 403
    assert other.act("/tokens/new", name="mine", days="1", rate="0", roles=["curator"]).status_code == 403
    assert "mallory" not in {one.name for one in served.node.accounts.people.all(OPERATOR)}


def test_a_refusal_is_said_in_the_readers_language(served: Console) -> None:
    reader = served.client("chief")
    reader.headers["accept-language"] = "fr"
    refused = reader.act("/people/new", name="Not A Name", roles=["auditor"])
    alert = refused.text.partition('role="alert"')[2].partition("</div>")[0]
    assert InvalidNameError.advice not in unescape(alert)
    assert 'lang="en"' in alert
    assert "Not A Name" in alert


def test_taking_a_factor_away_says_whether_another_is_asked_for(served: Console, chief: Client) -> None:
    served.node.accounts.people.create(OPERATOR, "quin", PASSWORD, ["auditor"])
    served.session("remo", "auditor")
    assert "Until they set up another one" in chief.act("/people/one/quin/second-factor").text
    assert "the password alone lets them in" in chief.act("/people/one/remo/second-factor").text
