"""Cookies: the session's, and how somebody wants pages to look."""

from typing import TYPE_CHECKING, Final

from tocsin.web.callers import cookie_name
from tocsin.web.console.texts import LANGUAGES
from tocsin.web.console.visit import THEMES, Appearance

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

LANGUAGE: Final = "tocsin_language"
THEME: Final = "tocsin_theme"
_YEAR: Final = 365 * 24 * 3600


def remember_session(request: "Request", response: "Response", secret: str) -> None:
    """Give the browser the secret of a session."""
    response.set_cookie(
        cookie_name(request), secret, path="/", secure=_secure(request), httponly=True, samesite="strict"
    )


def forget_session(request: "Request", response: "Response") -> None:
    """Take it away from the browser."""
    response.delete_cookie(
        cookie_name(request), path="/", secure=_secure(request), httponly=True, samesite="strict"
    )


def remember_appearance(request: "Request", response: "Response", wanted: Appearance) -> None:
    """Have the browser remember language and theme; what is none of ours is as the browser has it."""
    for name, value, known in ((LANGUAGE, wanted.language, LANGUAGES), (THEME, wanted.theme, THEMES)):
        if value in known:
            response.set_cookie(
                name,
                value,
                max_age=_YEAR,
                path="/console",
                secure=_secure(request),
                httponly=True,
                samesite="lax",
            )
        else:
            response.delete_cookie(name, path="/console", samesite="lax")


def appearance_of(request: "Request") -> Appearance:
    """Language and theme: as the browser remembers them, or as it asks."""
    language = request.cookies.get(LANGUAGE) or _accepted(request.headers.get("accept-language", ""))
    theme = request.cookies.get(THEME, "system")
    return Appearance(language if language in LANGUAGES else "en", theme if theme in THEMES else "system")


def _accepted(header: str) -> str:
    """The first language of the header that there are texts for."""
    wanted = (part.partition(";")[0].strip().lower()[:2] for part in header[:500].split(","))
    return next((one for one in wanted if one in LANGUAGES), "en")


def _secure(request: "Request") -> bool:
    return request.url.scheme == "https"
