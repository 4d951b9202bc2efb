"""Signing in and out, and what people change about themselves."""

from datetime import datetime
from typing import Annotated

from fastapi import Request, Response
from pydantic import BaseModel, Field

from tocsin.access.errors import NotSignedInError
from tocsin.web.api.shapes import Given
from tocsin.web.callers import Caller, cookie_name, csrf_of, node_of, session_of
from tocsin.web.operation import PUBLIC, SIGNED_IN, Operations

operations = Operations("session")
Secret = Annotated[str, Field(max_length=1000)]


class SignIn(Given):
    """Who says they are who."""

    name: Annotated[str, Field(max_length=200)]
    password: Secret
    code: Annotated[str, Field(max_length=100)] = ""
    """What the authenticator shows, or a recovery code, which is spent by it."""


class SessionShape(BaseModel):
    """A session that has begun; its secret is in the cookie."""

    person: str
    expires: datetime
    must_enrol: bool
    """Nothing is allowed but enrolling a second factor."""
    csrf: str
    """To be sent as X-CSRF-Token with every request that changes something."""


class EnrolmentShape(BaseModel):
    """A second factor, shown once."""

    uri: str
    """For an authenticator."""
    recovery_codes: list[str]


class Code(Given):
    """What the authenticator shows."""

    code: Annotated[str, Field(max_length=100)]


class PasswordChange(Given):
    """One's password, and what it is to be."""

    old: Secret
    new: Secret


@operations.operation("POST", "/v1/session", needs=PUBLIC, status=201, answers=(401, 429))
def sign_in(request: Request, response: Response, given: SignIn) -> SessionShape:
    """Sign in with a password and a code; sets the session's cookie."""
    address = request.client.host if request.client else ""
    signed_in = node_of(request).accounts.sessions.sign_in(
        given.name, given.password, given.code, address=address, replacing=session_of(request)
    )
    response.set_cookie(
        cookie_name(request),
        signed_in.secret,
        path="/",
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="strict",
    )
    return SessionShape(
        person=signed_in.session.person,
        expires=signed_in.session.expires,
        must_enrol=signed_in.must_enrol,
        csrf=csrf_of(signed_in.secret),
    )


@operations.operation("DELETE", "/v1/session", needs=SIGNED_IN, status=204, response_model=None)
def sign_out(request: Request, caller: Caller) -> Response:  # noqa: ARG001  # says who is calling, for the log
    """End one's own session."""
    node_of(request).accounts.sessions.sign_out(_session(request))
    response = Response(status_code=204)
    response.delete_cookie(cookie_name(request), path="/", httponly=True, samesite="strict")
    return response


@operations.operation("POST", "/v1/session/second-factor", needs=SIGNED_IN, status=201, answers=(409,))
def begin_enrolment(request: Request) -> EnrolmentShape:
    """Get a second factor and recovery codes; they count once confirmed."""
    found = node_of(request).accounts.self_service.begin_enrolment(_session(request))
    return EnrolmentShape(uri=found.uri, recovery_codes=list(found.recovery_codes))


@operations.operation(
    "POST",
    "/v1/session/second-factor/confirm",
    needs=SIGNED_IN,
    status=204,
    answers=(409,),
    response_model=None,
)
def confirm_enrolment(request: Request, given: Code) -> None:
    """Confirm the new second factor with its code; all one's sessions end."""
    node_of(request).accounts.self_service.confirm_enrolment(_session(request), given.code)


@operations.operation("POST", "/v1/session/password", needs=SIGNED_IN, status=204, response_model=None)
def change_password(request: Request, given: PasswordChange) -> None:
    """Replace one's password; all one's sessions end."""
    node_of(request).accounts.self_service.change_password(_session(request), given.old, given.new)


def _session(request: Request) -> str:
    """The session that the request came with. Raises NotSignedInError."""
    session = None if "authorization" in request.headers else session_of(request)
    if session is None:
        message = "this is for people who are signed in, not for tokens"
        raise NotSignedInError(message)
    return session
