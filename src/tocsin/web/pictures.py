"""Pictures as they are sent, to programs and to pages: kept by nobody on the way."""

from typing import TYPE_CHECKING, Final

from starlette.responses import Response

if TYPE_CHECKING:
    from tocsin.cases.viewing import Revealed
    from tocsin.evidence.renditions import Picture

REVEAL: Final = "X-Reveal"
"""The header that numbers a look, to say when it ended."""
SECONDS: Final = "X-Reveal-Seconds"
"""The header that says how long a look may be shown."""
_KEPT_HERE: Final = {
    "Cache-Control": "no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


def sent(picture: "Picture") -> Response:
    """A picture."""
    return Response(picture.data, media_type=picture.media_type, headers=_KEPT_HERE)


def look_sent(look: "Revealed") -> Response:
    """A look at an original, with its number and how long it may be shown."""
    response = sent(look.picture)
    response.headers[REVEAL], response.headers[SECONDS] = str(look.id), str(look.seconds)
    return response
