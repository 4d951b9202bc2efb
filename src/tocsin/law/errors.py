"""What goes wrong with rule packs, in words for whoever keeps or asks them."""

from tocsin.errors import Error


class MalformedPackError(Error):
    """A rule pack cannot be used as it is."""

    code = "law.malformed_pack"
    advice = "Correct what it names; docs/explanation/law.md says what a pack holds. Nothing of it was used."


class UnknownRuleError(Error):
    """No pack has a rule, duty or retention rule of that id."""

    code = "law.unknown_rule"
    advice = "`tocsin law packs` and `tocsin law duties` list the ids."


class NotInForceError(Error):
    """The rule was not in force at that time."""

    code = "law.not_in_force"
    advice = "`tocsin law show` says from when to when each version of it is in force."


class NoRetentionRuleError(Error):
    """No rule says how long this is to be kept."""

    code = "law.no_retention_rule"
    advice = (
        "Let somebody decide and write a retention rule into a pack: nothing is kept or deleted by default."
    )


class NoCrosswalkError(Error):
    """A code of one scheme is not turned into a code of another."""

    code = "law.no_crosswalk"
    advice = "Record what is observed, and let a person grade it in the other scheme."


class UnknownSchemeError(Error):
    """No pack has that classification scheme, or the scheme has no such code."""

    code = "law.unknown_scheme"
    advice = "`tocsin law schemes` lists schemes and codes; a pack can bring others."
