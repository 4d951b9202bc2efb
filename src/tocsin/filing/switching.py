"""What proves a switch to production: a seal over who asked, who confirmed, where and for which account.

Only whoever has the node's keys can make one, so that no row copied or written into a database switches
anything.
"""

import json

from tocsin.evidence.errors import SealBrokenError
from tocsin.evidence.sealing import Sealer
from tocsin.filing.store_connections import KeptSwitch


def sealed_switch(sealer: Sealer, switch: KeptSwitch, mark: str, user: str) -> bytes:
    """The seal of a confirmed switch, at the place of that mark, for the account of that user name."""
    fields = {"who": _who(switch), "mark": mark, "user": user}
    return sealer.seal(json.dumps(fields).encode(), _purpose(switch))


def opened_seal(sealer: Sealer, switch: KeptSwitch) -> tuple[str, str]:
    """The mark and the user name in a seal. Raises SealBrokenError, and what a key that is gone raises."""
    fields = json.loads(sealer.unseal(switch.seal, _purpose(switch)))
    if fields["who"] != _who(switch):
        raise SealBrokenError
    return str(fields["mark"]), str(fields["user"])


def _who(switch: KeptSwitch) -> list[str]:
    return [switch.asked_by, switch.confirmed_by]


def _purpose(switch: KeptSwitch) -> str:
    return f"authority-switch:{switch.authority.value}:{switch.id}"
