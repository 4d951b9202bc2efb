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


class UnknownHoldError(Error):
    """There is no hold of that number."""

    code = "filing.unknown_hold"
    advice = "Use a number that `tocsin holds list` or the page of holds lists."


class UnsuitableHoldError(Error):
    """That cannot be done with the hold as it stands."""

    code = "filing.unsuitable_hold"
    advice = "Look at the hold again; nothing was done."


class InvalidReasonError(Error):
    """A reason is needed."""

    code = "filing.invalid_reason"
    advice = "Write in a sentence why: whoever looks at this later reads it."


class FileNotWholeError(Error):
    """A file that was being sent is not as long as it was when it was taken in."""

    code = "filing.file_not_whole"
    advice = "Nothing of it counts at the authority. Check the vault with `tocsin check`."


class UnreadableDocumentError(Error):
    """That is not the XML document that was expected."""

    code = "filing.unreadable_document"
    advice = (
        "Where an authority sent it, quote the request's id to its support; else look at the named place."
    )


class UnwritableDocumentError(Error):
    """That cannot be written as XML."""

    code = "filing.unwritable_document"
    advice = "Correct the named field: it holds characters that XML does not have, or far too many of them."


class UnknownDestructionError(Error):
    """Nobody has asked for a destruction of that number."""

    code = "filing.unknown_destruction"
    advice = "Use a number that the page of holds lists."


class UnsuitableDestructionError(Error):
    """The content may not be destroyed."""

    code = "filing.unsuitable_destruction"
    advice = "See to what stands against it first; nothing was destroyed."


class SamePersonError(Error):
    """It takes two people, and you are the first of them."""

    code = "filing.same_person"
    advice = "Ask somebody else to confirm it."


class NoConnectionError(Error):
    """This authority has no service that a program could file with."""

    code = "filing.no_connection"
    advice = "Make its form ready to print or to paste, file it by hand, and enter the reference."


class NotConnectedError(Error):
    """There is no account at that authority."""

    code = "filing.not_connected"
    advice = "`tocsin authority connect` keeps one; begin with the environment for tests."


class NotSwitchedError(Error):
    """Production is not in use."""

    code = "filing.not_switched"
    advice = "Nothing was sent. Two people switch to production: one asks, another confirms within 24 hours."


class AnotherPlaceError(Error):
    """Production was switched to at another place than this one."""

    code = "filing.another_place"
    advice = (
        "Nothing was sent. A home that was copied or restored, and each further machine, files in earnest "
        "only after two people have asked for and confirmed production there."
    )


class PlaceError(Error):
    """The home folder cannot be marked as the place that production is used from."""

    code = "filing.place"
    advice = "Nothing was sent. Let the account that runs the node write in the home folder; look for room."


class HostMistypedError(Error):
    """What was typed to confirm is not what had to be."""

    code = "filing.host_mistyped"
    advice = "Type the name of production's host exactly as it is shown."


class SwitchPendingError(Error):
    """Production is in use, or was asked for already."""

    code = "filing.switch_pending"
    advice = "Somebody other than who asked can confirm; switching back withdraws it."


class NoSuchSwitchError(Error):
    """There is no switch to production to confirm or to end."""

    code = "filing.no_such_switch"
    advice = "Ask for production first; a second person has 24 hours to confirm."


class SecondPersonError(Error):
    """A second person is needed."""

    code = "filing.second_person"
    advice = "Have somebody else with the permission filings.manage confirm."


class SchemaNotFetchedError(Error):
    """The authority did not answer with a schema."""

    code = "filing.schema_not_fetched"
    advice = "Check the account with `tocsin authority check`; the schema fetched before is kept."


class NoReceiptError(Error):
    """No authority has acknowledged that filing."""

    code = "filing.no_receipt"
    advice = "Look at its timeline: it says where it stands."
