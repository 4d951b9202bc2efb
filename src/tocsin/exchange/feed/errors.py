"""What is wrong with a feed, each by its name."""

from tocsin.errors import Error


class FeedError(Error):
    """A feed cannot be relied on as it is."""

    code = "feed.error"
    advice = "Ask the partner for a whole copy of the feed, and tell them what you saw."


class NotSignedError(FeedError):
    """The feed's checkpoint is not signed by the partner's key."""

    code = "feed.not_signed"
    advice = "Compare the key's words with the partner, by voice or in person; until then nothing is taken."


class RevokedError(FeedError):
    """The partner has revoked the key that signs the feed."""

    code = "feed.revoked"
    advice = (
        "Get the partner's new card in person, compare its words, and enter it; until then nothing is taken."
    )


class RollbackError(FeedError):
    """The feed is older than what was seen of it before."""

    code = "feed.rollback"
    advice = "Somebody serves or carried an old copy: get a newer one. What was taken before stays."


class ForkError(FeedError):
    """The feed tells another past than it told before."""

    code = "feed.fork"
    advice = (
        "Keep both copies and call the partner: their key signed two histories, so it or their node is "
        "not in their hands alone. Nothing was taken."
    )


class WithheldError(FeedError):
    """A part of the feed is missing or cut."""

    code = "feed.withheld"
    advice = "Try again later or copy again, whole; if it stays, the host withholds it: ask the partner."


class AlteredError(FeedError):
    """A part of the feed is not what the partner signed."""

    code = "feed.altered"
    advice = "Copy it again from another place; if it stays, the host alters it: tell the partner."


class StaleError(FeedError):
    """The feed's newest signed time is too long ago."""

    code = "feed.stale"
    advice = "Get a newer copy. A host may be holding back what is newer; ask the partner for their newest."


class AheadError(FeedError):
    """The feed's signed time is in the future."""

    code = "feed.ahead"
    advice = "Check the clock of this machine; if it is right, tell the partner that theirs is not."


class BundleError(FeedError):
    """A bundle does not hold what its format promises."""

    code = "feed.bundle"
    advice = "It is set aside and the rest is taken; tell the partner which bundle it was."


class LimitError(BundleError):
    """Something in a feed is larger than this node takes."""

    code = "feed.limit"
    advice = "It is set aside and the rest is taken. An honest partner's software keeps within the format."


class LogDamagedError(FeedError):
    """The folder of our own feed does not hold what it held when it was last signed."""

    code = "feed.log_damaged"
    advice = "Put the folder back as it was last; to sign an older or another one would fork the feed."


class LogAccessError(FeedError):
    """The folder of our own feed cannot be written."""

    code = "feed.log_access"
    advice = "Look at the message, and at the disk: whether it is there, is full, and may be written by you."


class LogBusyError(FeedError):
    """Another process is writing to the feed."""

    code = "feed.busy"
    advice = "Wait until it has finished; only one may write."


class CardError(FeedError):
    """A key is not written as a key should be."""

    code = "feed.key"
    advice = "Copy the whole line from the partner's card."
