"""What this interface refuses, beyond what the rooms below do."""

from tocsin.errors import Error


class HmaRequestError(Error):
    """The request is not one that this operation of HMA takes."""

    code = "hma.bad_request"
    advice = "docs/reference/hma.md lists the operations with what they take and answer."


class OtherSiteError(Error):
    """A page of another site asks through the browser of somebody whose address needs no token."""

    code = "hma.other_site"
    advice = "Ask from a page of this host, or from a program; or use a token."


class UndecodableError(Error):
    """The content could not be decoded, so it has no hash of this type."""

    code = "hma.undecodable"
    advice = "Look whether the file is whole. Its digests can be had: ask for types=md5,sha1,sha256."


class NoSuchExchangeError(Error):
    """There is no exchange of that name."""

    code = "hma.no_such_exchange"
    advice = (
        "Exchanges are not offered through this interface yet; lists are imported with `tocsin bank import`."
    )


class NoSuchContentError(Error):
    """There is no content of that number in this bank."""

    code = "hma.no_such_content"
    advice = "Use the id that was answered when the content was added, with the bank it was added to."


class WithdrawnContentError(Error):
    """This content is in the bank already and was withdrawn, not through this interface."""

    code = "hma.withdrawn"
    advice = "If it is to match again, reinstate it: PUT its id with disable_until_ts 1."
