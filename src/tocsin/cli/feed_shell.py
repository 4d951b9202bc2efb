"""Who stands at the shell, for the commands of `tocsin feed` and `tocsin partner`."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tocsin.access.model import Principal


def me() -> "Principal":
    """Whoever runs this process."""
    from tocsin.access.model import local  # noqa: PLC0415  # not on --help
    from tocsin.storage.recording import local_actor  # noqa: PLC0415

    return local(local_actor().removeprefix("local:"))
