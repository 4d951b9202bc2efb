"""Why a file as a whole is not taken. What is wrong with one record is set aside, not an error."""

from tocsin.errors import Error


class NotThisFormatError(Error):
    """The file is not what it is said to be."""

    code = "exchange.not_this_format"
    advice = "Check --format and the file: docs/formats/vics-and-icse.md says what each format begins with."


class FileCutError(Error):
    """The file ends in the middle: it was cut on its way here."""

    code = "exchange.file_cut"
    advice = "Nothing was imported. Ask for the file again, and compare its size with the sender's."


class MalformedFileError(Error):
    """The file cannot be read to its end."""

    code = "exchange.malformed_file"
    advice = "Nothing was imported. Ask whoever wrote the file to write it anew, or mend the place named."


class PickledFileError(Error):
    """The file is a pickle of Python: reading one can run any program that whoever made it put there."""

    code = "exchange.pickled_file"
    advice = "Ask for the list as text, such as `threatexchange dataset -P --csv` prints it."


class WrongBankKindError(Error):
    """The bank is not of the kind that this file may enter."""

    code = "exchange.wrong_bank_kind"
    advice = "Known items go into a match bank and benign files into an allow bank: `tocsin bank create`."


class SchemeConflictError(Error):
    """The file says itself which scheme its categories are of, and it is another."""

    code = "exchange.scheme_conflict"
    advice = "Leave --scheme out: a category means something within the scheme of its file only."


class UnwritableSchemeError(Error):
    """A scheme of that name and version cannot be written into a file of this format."""

    code = "exchange.unwritable_scheme"
    advice = "Give the scheme as vics-REGION:2.0, or as vics:1.1, vics:1.2 or vics:1.3; REGION has letters."


class NothingReadError(Error):
    """Not a single record of the file could be read."""

    code = "exchange.nothing_readable"
    advice = "Nothing was imported. Check that this is the right file; the message names the first trouble."
