"""What can go wrong with an index, and what to do about it."""

from tocsin.errors import Error


class IndexLockedError(Error):
    """Another process is writing to this index."""

    code = "index.locked"
    advice = "Wait for the other writer to finish, or open the index with readonly=True."


class IndexCorruptError(Error):
    """A file of the index is damaged."""

    code = "index.corrupt"
    advice = "Restore the folder from a backup, or delete it and build the index again from its source."


class IndexMissingError(Error):
    """There is no index in this folder."""

    code = "index.missing"
    advice = "Open it once without readonly=True to make an empty one, or check the path."


class IndexReadOnlyError(Error):
    """The index was opened for reading only."""

    code = "index.readonly"
    advice = "Open it without readonly=True to change it."


class IndexClosedError(Error):
    """The index was closed."""

    code = "index.closed"
    advice = "Open it again."


class IndexFailedError(Error):
    """An earlier write failed, so what this object holds may differ from what is on disk."""

    code = "index.failed"
    advice = (
        "Look at the first error (a full disk?), then open the index again; nothing acknowledged is lost."
    )


class InvalidIndexInputError(Error):
    """The arrays or the radius cannot be used."""

    code = "index.invalid_input"
    advice = "Give ids as uint64[n], hashes and queries as C-contiguous uint8[n, 32], a radius of 0 to 64."
