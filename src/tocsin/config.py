"""Where Tocsin keeps its files, and what an operator sets in `tocsin.toml` or the environment."""

import os
from pathlib import Path

from tocsin.errors import Error

SETTINGS = "tocsin.toml"
"""The file of settings in the home folder."""


class SettingsError(Error):
    """The settings cannot be read."""

    code = "config.settings"
    advice = "Correct tocsin.toml in the home folder; docs/reference/settings.md says what may stand in it."


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


def law_folder(home: Path) -> Path:
    """Where an operator's own rule packs of a home folder are."""
    return home / "law"


def database_url(home: Path) -> str | None:
    """The PostgreSQL database that `TOCSIN_DATABASE`, or else `tocsin.toml` in the home folder, names.

    None: the SQLite file in the home folder. The URL may hold a password: it is not for messages.

    Raises SettingsError.
    """
    if from_environment := os.environ.get("TOCSIN_DATABASE"):
        return _checked(from_environment, "TOCSIN_DATABASE")
    path = home / SETTINGS
    try:
        text = path.read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, UnicodeDecodeError) as error:
        message = f"{path} cannot be read: {error}"
        raise SettingsError(message) from error
    return _url_in(text, path)


def _url_in(text: str, path: Path) -> str | None:
    """`url` of the table `database`."""
    import tomllib  # noqa: PLC0415  # needed only where there is such a file

    try:
        settings = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        message = f"{path} is no TOML: {error}"
        raise SettingsError(message) from error
    table = settings.get("database", {})
    # A word that is misspelt must not leave a node on another database than was meant.
    known = {"database", "node", "review", "filing", "duties", "notices", "database.url"}
    names = {*settings, *(f"database.{name}" for name in (table if isinstance(table, dict) else ()))}
    if unknown := names - known:
        message = f"{path}: there is no setting {min(unknown)}"
        raise SettingsError(message)
    url = table.get("url") if isinstance(table, dict) else table
    if url is None:
        return None
    if not isinstance(url, str):
        message = f"{path}: database.url is not a text"
        raise SettingsError(message)
    return _checked(url, f"{path}: database.url")


def _checked(url: str, where: str) -> str:
    if not url.startswith(("postgresql://", "postgres://")):
        message = f"{where} does not begin with postgresql://"
        raise SettingsError(message)
    return url
