"""What the case page says in words: one text for each value that our own code knows."""

from collections.abc import Mapping
from typing import Final

from tocsin.cases.model import Basis, Outcome, Stage, Standpoint, State
from tocsin.cases.sights import Known
from tocsin.hashing.signals import Dialect, Orientation, SignalType
from tocsin.law.facts import AgeBand, Fact, Value
from tocsin.provenance.words import DERIVATIONS, DIRECTIONS, FORGERY, STRENGTHS
from tocsin.web.console.texts import marked as _

__all__ = ["DERIVATIONS", "DIRECTIONS", "FORGERY", "STRENGTHS"]


FACTS: Final[Mapping[Fact, str]] = {
    Fact.PRESENT_DANGER: _("Present danger to a child"),
    Fact.REAL_CHILD: _("Real child depicted"),
    Fact.IDENTIFIABLE_CHILD: _("Identifiable child"),
    Fact.REAL_ALTERED: _("Real material altered"),
    Fact.FULLY_SYNTHETIC: _("Fully synthetic"),
    Fact.PHOTOREALISTIC: _("Photorealistic"),
    Fact.DRAWING: _("Drawing or computer graphics"),
    Fact.SELF_GENERATED: _("Self-generated"),
    Fact.KNOWN_SERIES: _("Known series"),
    Fact.VICTIM_IDENTIFIED: _("Victim identified"),
}
MEANINGS: Final[Mapping[Fact, str]] = {
    Fact.PRESENT_DANGER: _("A child may be in danger now."),
    Fact.REAL_CHILD: _("A real child is depicted."),
    Fact.IDENTIFIABLE_CHILD: _("A child could be recognised: by face, likeness or another mark."),
    Fact.REAL_ALTERED: _("Real material was altered."),
    Fact.FULLY_SYNTHETIC: _("Nothing in it was recorded by a camera."),
    Fact.PHOTOREALISTIC: _("It gives the impression of a photograph or film."),
    Fact.DRAWING: _("A drawing, a cartoon or computer graphics that nobody takes for a photograph."),
    Fact.SELF_GENERATED: _("Whoever is depicted made it."),
    Fact.KNOWN_SERIES: _("It belongs to a series that is known."),
    Fact.VICTIM_IDENTIFIED: _("Whoever is depicted has been identified."),
}
VALUES: Final[Mapping[Value, str]] = {
    Value.YES: _("Yes"),
    Value.NO: _("No"),
    Value.UNDETERMINED: _("Undetermined"),
}
AGES: Final = tuple(AgeBand)
BASES: Final[Mapping[Basis, str]] = {
    Basis.RENDITION: _("a filtered preview"),
    Basis.ORIGINAL: _("a look at the original"),
    Basis.LIST: _("what a matched list says"),
    Basis.PROVENANCE: _("signs of origin"),
    Basis.CONTEXT: _("what the submission says"),
    Basis.PARTNER: _("what an authority or another organisation told"),
}
OUTCOMES: Final[Mapping[Outcome, str]] = {
    Outcome.REPORT: _("To be reported to an authority"),
    Outcome.NO_ACTION: _("Nothing that we have to act on"),
    Outcome.FALSE_MATCH: _("False match: it is not what the list means"),
    Outcome.UNDETERMINED: _("It cannot be told from what there is"),
}
STATES: Final[Mapping[State, str]] = {
    State.WAITING: _("It waits."),
    State.CLAIMED: _("Somebody has it."),
    State.DECIDED: _("It is decided."),
}
STAGES: Final[Mapping[Stage, str]] = {
    Stage.FIRST: _("First review"),
    Stage.SECOND: _("Second review: somebody else confirms or disagrees"),
}
STANDPOINTS: Final[Mapping[Standpoint, str]] = {
    Standpoint.PROPOSED: _("Proposed: it waits for a second person."),
    Standpoint.IN_FORCE: _("It counts."),
    Standpoint.REJECTED: _("The second person disagreed."),
    Standpoint.UNDONE: _("Undone."),
    Standpoint.SUPERSEDED: _("A later decision took its place."),
}
SECONDS: Final[Mapping[str, str]] = {
    "publish": _("it publishes an entry to a list"),
    "overturn": _("it overturns an earlier judgement"),
    "asked": _("a second reviewer was asked for"),
    "disagreed": _("one of two who disagreed about it proposes it"),
}
"""Why a second person is needed."""
SIGHTS: Final[Mapping[Known, str]] = {
    Known.JUDGED: _("judged before"),
    Known.KNOWN: _("same file as a known one"),
    Known.OBSERVED: _("you observed it"),
    Known.SEEN: _("you looked at it"),
    Known.NOTHING: _("nothing to show"),
    Known.UNSEEN: _("not looked at"),
}
"""What there is to judge a content by."""
TYPES: Final[Mapping[str, str]] = {
    SignalType.SHA256: _("the same file (SHA-256)"),
    SignalType.SHA1: _("the same file (SHA-1)"),
    SignalType.MD5: _("the same file (MD5, which can be forged)"),
    SignalType.PDQ: _("a similar picture (PDQ)"),
}
ORIENTATIONS: Final[Mapping[str, str]] = {
    Orientation.UPRIGHT: _("upright"),
    Orientation.ROTATE90: _("turned a quarter clockwise"),
    Orientation.ROTATE180: _("turned upside down"),
    Orientation.ROTATE270: _("turned a quarter anticlockwise"),
    Orientation.MIRROR: _("mirrored, left and right"),
    Orientation.FLIP: _("mirrored, top and bottom"),
    Orientation.TRANSPOSE: _("mirrored about the diagonal"),
    Orientation.TRANSVERSE: _("mirrored about the other diagonal"),
}
DIALECTS: Final[Mapping[str, str]] = {
    Dialect.FULL: _("hashed at full size"),
    Dialect.SQUASH512: _("hashed at 512 by 512 pixels"),
}
VIEWS: Final[Mapping[str, str]] = {
    "picture": _("the whole picture"),
    "on-white": _("the picture on white"),
    "planes": _("its colours without transparency"),
    "borderless": _("without its border"),
    "borderless-2": _("without both its borders"),
}
"""Others, such as `frame-3`, are shown as they are."""
LINKS: Final[Mapping[str, str]] = {
    "content": _("the same content"),
    "near": _("a near copy"),
    "account": _("the same account"),
    "url": _("the same link"),
    "earlier": _("one follows the other"),
    "opened": _("the case was opened for it"),
}
"""What submissions and cases share."""
EVENTS: Final[Mapping[str, str]] = {
    "case.opened": _("opened the case"),
    "case.joined": _("put a submission into the case"),
    "case.claimed": _("claimed the case"),
    "case.released": _("released the case"),
    "case.skipped": _("skipped the case: it waits for others"),
    "case.lapsed": _("lost the case: the lease ran out"),
    "case.handed_over": _("handed the case over"),
    "case.moved": _("moved the case to another queue"),
    "case.second_asked": _("asked for a second reviewer"),
    "case.second_taken_back": _("took back that a second reviewer was asked for"),
    "observation.recorded": _("recorded an observation"),
    "decision.proposed": _("proposed a decision"),
    "decision.made": _("decided"),
    "decision.confirmed": _("confirmed the decision"),
    "decision.disagreed": _("disagreed with the decision"),
    "decision.undone": _("undid the decision"),
    "case.reopened": _("opened the case again"),
    "content.revealed": _("looked at an original"),
    "content.reveal_ended": _("stopped looking"),
    "content.reveal_failed": _("could not be shown an original"),
    "content.shown_again": _("had judged content shown again"),
}
"""What rows of the ledger say, each after who did it. A kind that is not among them is shown as it stands."""
DETAILS: Final[Mapping[str, str]] = {
    "about": _("about"),
    "value": _("answer"),
    "code": _("code"),
    "basis": _("by"),
    "outcome": _("outcome"),
    "seconds": _("seconds"),
    "to": _("to"),
    "note": _("note"),
    "question": _("question"),
    "reason": _("reason"),
    "because": _("because of"),
    "submission": _("submission"),
    "unseen": _("contents not looked at"),
}
"""What of a row's detail is shown; the rest stays in the ledger."""
CONTEXT: Final[Mapping[str, str]] = {
    "review": _("A review is asked for"),
    "danger": _("Somebody says that a child may be in danger now"),
    "notice": _("Removal is asked for under"),
    "extra": _("More"),
}
"""Fields of what was submitted with a content that have no place of their own on the page."""
AGE: Final = _("Apparent age")
LOST: Final = _("What you typed is below. Claim the case again to record it.")
"""Said to who does not hold a case any more."""
