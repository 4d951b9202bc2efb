"""Where Tocsin keeps its files."""

import os
from pathlib import Path


def home_folder(given: str | os.PathLike[str] | None = None) -> Path:
    """The folder that holds banks and indexes.

    `given` (the `--home` option) wins, then the environment variable `TOCSIN_HOME`, then the platform's
    folder for a user's data. The folder is not created here.
    """
    if given:
        return Path(given)
    if from_environment := os.environ.get("TOCSIN_HOME"):
        return Path(from_environment)
    import platformdirs  # noqa: PLC0415  # needed only when nobody named a folder

    return platformdirs.user_data_path("tocsin")


def trust_folder(home: Path) -> Path:
    """Where the trust lists of a home folder are."""
    return home / "trust"


def detectors_folder(home: Path) -> Path:
    """Where the plugged-in detectors of a home folder are."""
    return home / "detectors"
