"""Holding a draft against every rule: those documented, ours, and the authority's own schema."""

from dataclasses import replace
from datetime import datetime

from tocsin.filing.cybertip.checks import problems
from tocsin.filing.cybertip.fitting import fit
from tocsin.filing.cybertip.paths import in_draft
from tocsin.filing.cybertip.problems import Problem
from tocsin.filing.cybertip.schema import Schema
from tocsin.filing.draft import Draft
from tocsin.filing.model import Filing, Kind


def problems_of(filing: Filing, draft: Draft, now: datetime, schema: Schema | None) -> tuple[Problem, ...]:
    """What must be put right before a filing is confirmed; files are named by their places in the draft.

    `schema` is the authority's own, where it was fetched. It is asked once all other rules are kept: what
    breaks those cannot always be written as XML.
    """
    files = [one for one in draft.files if one.include]
    details, places = [one.details for one in files], [one.place for one in files]
    found = (*problems(draft.report, details, now), *_of_kind(filing, files=bool(files)))
    if not found and schema is not None:
        found = fit(draft.report, details, schema).problems
    return tuple(replace(one, field=in_draft(one.field, places)) for one in found)


def _of_kind(filing: Filing, *, files: bool) -> tuple[Problem, ...]:
    """What no rule of the authority says, and would still make it another report than it is called."""
    if filing.kind is Kind.TEXT or files:
        return ()
    sentence = "There is no file in it: put one in, or draft a report of an incident without files."
    return (Problem("file[1]/include", "no_file", sentence, "Tocsin"),)
