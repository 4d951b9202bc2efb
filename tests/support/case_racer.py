"""A process that takes cases as fast as it can, for the tests of races: one line for each thing it does."""

import sys
from pathlib import Path

from tocsin.access.model import Principal, permissions_of
from tocsin.cases.errors import HoldingError, NotHeldError, TakenError, UnsuitableError
from tocsin.cases.model import Ground
from tocsin.cases.queue import Queue
from tocsin.evidence.keys import Keys
from tocsin.storage.cases import CaseStore
from tocsin.storage.home import Home
from tocsin.storage.ledger import LedgerStore


def queue_of(home: Home) -> Queue:
    """The queue of a home."""
    return Queue(home.database, CaseStore(home.database), LedgerStore(home.database, Keys.open(home.folder)))


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> None:
    """`FOLDER NAME ROUNDS NUMBER`: claim that case so many times; with NUMBER 0, skip what comes next."""
    folder, name, rounds, number = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    who = Principal(f"person:{name}", permissions_of(["reviewer"]))
    with Home.open(folder) as home:
        queue = queue_of(home)
        _say("ready")
        sys.stdin.readline()
        for _ in range(rounds):
            try:
                case = queue.claim(who, number) if number else queue.next(who)
            except (TakenError, HoldingError, UnsuitableError, NotHeldError):
                continue
            if case is None:
                break
            if case.given is Ground.AGAIN:  # nothing else is left
                queue.release(who, case.number, case.claim)
                break
            _say(f"got {case.number} {case.claim}")
            if number:
                queue.release(who, case.number, case.claim)
            else:
                queue.skip(who, case.number, case.claim)


if __name__ == "__main__":
    main()
