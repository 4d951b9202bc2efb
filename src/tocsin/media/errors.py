"""Why a file could not be examined: one class for each reason, so that each has a stable code."""

from tocsin.errors import Error


class MediaError(Error):
    """The file could not be examined."""

    code = "media.failed"
    advice = "Open the file with another program to see whether it is sound."


class EmptyError(MediaError):
    """The file is empty."""

    code = "media.empty"
    advice = "Fetch the file again; an empty file has nothing to compare."


class UnsupportedError(MediaError):
    """The format is not one that can be decoded."""

    code = "media.unsupported"
    advice = "Its digests are still compared. `tocsin check` lists the formats that can be decoded."


class CorruptError(MediaError):
    """The file breaks the rules of its format."""

    code = "media.corrupt"
    advice = "Its digests are still compared. Look for an undamaged copy."


class TruncatedError(MediaError):
    """The file ends before its content does."""

    code = "media.truncated"
    advice = "Its digests are still compared. Fetch the file again or look for a whole copy."


class DamagedError(MediaError):
    """The picture was decoded, but a part of it is damaged."""

    code = "media.damaged"
    advice = "Its signals may be off; look for an undamaged copy."


class TooManyPixelsError(MediaError):
    """The picture has more pixels than the limit allows."""

    code = "media.too_many_pixels"
    advice = "Its digests are still compared. If you trust the file, reduce the picture and scan that."


class TooManyFramesError(MediaError):
    """The animation has more frames than the limit allows; only its beginning was examined."""

    code = "media.too_many_frames"
    advice = "The frames seen are compared. If you trust the file, split it and scan the parts."


class TooLargeError(MediaError):
    """The file or archive is larger than the limit allows."""

    code = "media.too_large"
    advice = "If you trust the file, unpack or split it and scan the parts."


class OutOfMemoryError(MediaError):
    """Decoding the file needs more memory than a sandbox child may use."""

    code = "media.memory"
    advice = "If you trust the file, reduce the picture and scan that."


class OutOfTimeError(MediaError):
    """Examining the file took longer than a sandbox child may take."""

    code = "media.time"
    advice = "A file made to stall decoders looks like this. If you trust it, convert it and scan that."


class KilledError(MediaError):
    """The sandbox child that examined the file crashed or was killed."""

    code = "media.killed"
    advice = "Treat the file as hostile. If the machine was short of memory, try again with fewer workers."


class NotRegularError(MediaError):
    """This is not a regular file."""

    code = "media.not_regular"
    advice = "Only regular files are read: no folders, pipes, sockets or devices."


class UnreadableError(MediaError):
    """The file cannot be opened or read."""

    code = "media.unreadable"
    advice = "Check that the file exists and that you may read it."


class EncryptedError(MediaError):
    """The archive member is encrypted."""

    code = "media.encrypted"
    advice = "Unpack it with its password and scan the result."


class NestedArchiveError(MediaError):
    """An archive inside an archive is not opened."""

    code = "media.nested_archive"
    advice = "Unpack the outer archive and scan the inner one by itself."


class TooManyMembersError(MediaError):
    """The archive has more members than the limit allows; only its beginning was examined."""

    code = "media.too_many_members"
    advice = "If you trust the archive, unpack or split it and scan the parts."


class ArchiveOutOfTimeError(MediaError):
    """Looking into the archive took too long; only its beginning was examined."""

    code = "media.archive_out_of_time"
    advice = "Unpack or split the archive, and give the parts or the files in it one by one."


class NotShowableError(MediaError):
    """There is nothing in this that could be shown as a picture."""

    code = "media.not_showable"
    advice = "Judge it by what else is known of it; of an archive, look at its members."


class NoStillError(MediaError):
    """There is no such still."""

    code = "media.no_still"
    advice = "Ask which stills there are; a video may be shorter than it says."


class NoVideoDecoderError(MediaError):
    """Videos cannot be decoded here: the package `av` is not installed."""

    code = "media.no_video_decoder"
    advice = (
        "Whoever runs the node adds `av` (howto/install.md). Until then judge it by what else is known of it."
    )


class NoSuchMemberError(MediaError):
    """The archive has no such member, or none that can be read."""

    code = "media.no_member"
    advice = "Look at the submission for what was found in the archive, and why members were refused."


class SandboxError(Error):
    """The sandbox could not be started."""

    code = "media.sandbox"
    advice = "Run `tocsin check`; if it reports no cause, please report this with the message."
