"""What can go wrong with reports to authorities."""

from tocsin.errors import Error


class UnknownFilingError(Error):
    """There is no filing of that number."""

    code = "filing.unknown"
    advice = "Use a number that the page of filings lists."


class UnsuitableFilingError(Error):
    """That cannot be done with the filing as it stands."""

    code = "filing.unsuitable"
    advice = "Look at the filing again: somebody, or the outbox, has gone on with it."


class OutdatedDraftError(Error):
    """The draft has been changed since you saw it."""

    code = "filing.outdated"
    advice = "Look at it again; nothing was done."


class NotToBeReportedError(Error):
    """No decision to report is in force for the case."""

    code = "filing.not_to_be_reported"
    advice = "Decide the case first, with the outcome `report`."
