"""What is wrong with a draft, by which rule of whom."""

from dataclasses import dataclass

DOC = "NCMEC, CyberTipline Reporting API, documentation of 2025-06-11"
BATCHED = f"{DOC}, appendix E"
XSD = "NCMEC, CyberTipline schema of 2025-11"
OURS = "Tocsin: what is sent must be understood without asking back"


@dataclass(frozen=True, slots=True)
class Problem:
    """One field that breaks one rule."""

    field: str
    """Its path, as in `report/incidentSummary/incidentType` or `file[2]/originalFileName`."""
    code: str
    """Stable, one word for each rule."""
    sentence: str
    source: str
    """Whose rule it is."""
