"""What can be wrong with a request itself, before any room is asked."""

from tocsin.errors import Error


class BadRequestError(Error):
    """The request cannot be read."""

    code = "web.bad_request"
    advice = "Send what docs/reference/http.md describes for this operation."


class CrossSiteError(Error):
    """A request with a session's cookie lacks the header that proves where it comes from."""

    code = "web.cross_site"
    advice = "Send X-CSRF-Token with the value that signing in answered, or use a token instead of a cookie."


class MediaTypeError(Error):
    """The body is in a format that this operation does not take."""

    code = "web.media_type"
    advice = "Name the format of the body in Content-Type as docs/reference/http.md describes it."


class InvalidRequestError(Error):
    """The request can be read, but is not as this operation takes it."""

    code = "web.invalid"
    advice = "docs/reference/http.md lists the operations with what they take and answer."
