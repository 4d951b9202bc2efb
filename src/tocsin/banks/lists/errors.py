"""Why a list as a whole cannot be read. What is wrong with one line is a BadLine, not an error."""

from tocsin.errors import Error


class UnreadableListError(Error):
    """The list cannot be read."""

    code = "banks.unreadable_list"
    advice = "Check the path and its permissions."


class UnknownListError(Error):
    """The list is in none of the formats that can be read."""

    code = "banks.unknown_list"
    advice = "Give CSV, NDJSON or one hash a line, in UTF-8, gzipped or not; see docs/formats/lists.md."


class AmbiguousTypeError(Error):
    """A value of 64 hexadecimal digits may be pdq or sha256, and nothing in the list says which."""

    code = "banks.ambiguous_type"
    advice = "Say which with --type pdq or --type sha256, or name the column in a header."


class NothingReadableError(Error):
    """Not a single line of the list could be read."""

    code = "banks.nothing_readable"
    advice = "Check that this is the right file, and the --format and --type given."
