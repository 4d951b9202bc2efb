"""What can go wrong with a request to another's server, told without telling what is in this network."""

from tocsin.errors import Error


class FetchRefusedError(Error):
    """This URL may not be fetched."""

    code = "outgoing.refused"
    advice = (
        "Give an http or https URL of a public host, without a user name. Whoever runs this node can allow "
        "further networks and ports (`allowed_networks` and `fetch_ports` in tocsin.toml)."
    )


class FetchFailedError(Error):
    """The URL could not be fetched."""

    code = "outgoing.failed"
    advice = "Look whether its host can be reached, and a content's URL answers with status 200; try again."


class FetchTooLargeError(FetchFailedError):
    """What the URL answers with is larger than this node fetches."""

    code = "outgoing.too_large"
    advice = "Upload the file instead, or ask whoever runs this node to raise the limit."
