"""What can be wrong with a request of this interface."""

from tocsin.errors import Error


class WindowError(Error):
    """The time asked for cannot be answered."""

    code = "ncmec.window"
    advice = (
        "Give `from` and `to` as 2026-11-23T12:00:00Z, in UTC and not in the future: a client whose clock or "
        "time zone is wrong would miss entries for good."
    )


class WhichBankError(Error):
    """The token is for several banks, or for none."""

    code = "ncmec.which_bank"
    advice = (
        "Banks are never merged: name one in the base URL, as /ncmec/NAME, or use a token with the rights "
        "`read` and `share` in one bank."
    )
