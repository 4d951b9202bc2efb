"""What goes wrong in review, in words for reviewers."""

from tocsin.errors import Error


class UnknownCaseError(Error):
    """There is no case of that number."""

    code = "cases.unknown"
    advice = "Look for it in the search."


class NotHeldError(Error):
    """The case is not claimed by whoever acts, or their claim has run out."""

    code = "cases.not_held"
    advice = "Claim the case again and look whether somebody has acted on it meanwhile."


class TakenError(Error):
    """Somebody else has the case."""

    code = "cases.taken"
    advice = "Take the next case, or ask them to hand it over."


class HoldingError(Error):
    """Whoever claims a case holds another one."""

    code = "cases.holding"
    advice = "Decide the case you hold, skip it, hand it over or release it; then claim the other."

    number: int = 0
    """Of the case that they hold."""


class UnsuitableError(Error):
    """The case cannot be taken, or decided, by this person."""

    code = "cases.unsuitable"
    advice = "Take the next case: this one is for somebody else."


class NotDecidedError(UnsuitableError):
    """The case cannot be opened again: it is open."""

    code = "cases.not_decided"
    advice = "There is nothing to do: the case waits in its queue, or somebody has it."


class InvalidObservationError(Error):
    """An observation, decision or setting of review is not one that can be recorded."""

    code = "cases.invalid"
    advice = "Correct what the message names and send it again; nothing was recorded."


class GrownError(Error):
    """Something new has become known of a case while somebody had it open, and they have not seen it."""

    code = "cases.grown"
    advice = "Read the case again: there is a new match, duty or danger. Then decide; nothing was recorded."


class UnseenError(Error):
    """A decision would judge contents that nobody has anything to judge them by."""

    code = "cases.unseen"
    advice = "Look at them, or decide on them unseen and say so. Nothing was recorded."

    places: tuple[int, ...] = ()
    """Of these contents in the case, from 1."""


class TooLateError(Error):
    """The decision cannot be undone any more."""

    code = "cases.too_late"
    advice = "Open the case again and decide anew: that needs a second person."


class LimitReachedError(Error):
    """A limit on looking has been reached, for this stretch or this day."""

    code = "cases.limit_reached"
    advice = "Take the break. What you have recorded is kept, and the case goes on without you."

    retry_after: float | None = None
    """Seconds until it is lifted, where that is known."""


class NotRevealableError(Error):
    """There is nothing that could be shown of this content."""

    code = "cases.nothing_to_show"
    advice = "Decide on what is known of it: matches, signs of origin, context."


class UnknownDecisionError(Error):
    """There is no decision of that number."""

    code = "cases.unknown_decision"
    advice = "Open the case: its decisions are listed there."


class OtherDecisionError(Error):
    """The same key came with another decision, or for another case."""

    code = "cases.other_decision"
    advice = "Look at the case: the decision sent first stands. Use a new key for each decision."
