"""`tocsin admin lookups`: who looked up how much."""

import click

from tocsin.cli.output import home_option, json_option, put, put_json, say
from tocsin.names import shown


@click.command()
@json_option
@home_option
@click.pass_obj
def lookups(home: str | None, *, as_json: bool) -> None:
    """List who looked up how much on each day, the newest first.

    Days are in UTC. Counts are kept for 90 days; those of the last seconds may be missing. Look-ups were
    refused for coming too often, or because it looked as if the hash of an entry were being found out.
    """
    from tocsin.config import home_folder  # noqa: PLC0415  # not on --help
    from tocsin.storage.lookups import LookupStore  # noqa: PLC0415
    from tocsin.storage.opening import open_database  # noqa: PLC0415

    database = open_database(home_folder(home), create=False)
    try:
        found = LookupStore(database).by_day()
    finally:
        database.close()
    for one in found:
        count = one.count
        if as_json:
            numbers = {"asked": count.asked, "matched": count.matched, "refused": count.refused}
            put_json({"day": one.day.isoformat(), "principal": one.principal, **numbers})
        else:
            numbers_shown = f"{count.asked:,} asked, {count.matched:,} matched, {count.refused:,} refused"
            put(f"{one.day.isoformat()}  {shown(one.principal)}  {numbers_shown}")
    if not found:
        say("Nobody has looked anything up.")
