"""Connections to authorities, over one home."""

from tocsin.evidence.sealing import Sealer
from tocsin.filing.connections import Connections
from tocsin.outgoing.cybertip import transport
from tocsin.storage.connections import ConnectionStore
from tocsin.storage.home import Home
from tocsin.storage.place import HomePlace


def connections(home: Home, sealer: Sealer) -> Connections:
    """The connections of a home; `sealer` is its keys."""
    return Connections(
        home.database,
        ConnectionStore(home.database),
        sealer,
        home.ledger,
        transports=transport,
        places=HomePlace(home.folder, home.database),
    )
