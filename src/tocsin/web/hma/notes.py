"""What is kept for HMA's clients, remembered for a second: ratios are needed for every look-up."""

import time
from collections.abc import Callable, Mapping
from typing import Final, Generic, TypeVar

from tocsin.storage.hma import BankNote, ContentNote, HmaNotes

T = TypeVar("T")
REMEMBERED_SECONDS: Final = 1.0


class _Remembered(Generic[T]):
    """An answer that is asked for anew once it is old."""

    def __init__(self, ask: Callable[[], T]) -> None:
        self._ask = ask
        self._kept: tuple[float, T] | None = None

    def get(self) -> T:
        """The answer, of this second."""
        kept = self._kept
        if kept is None or time.monotonic() > kept[0]:
            kept = self._kept = time.monotonic() + REMEMBERED_SECONDS, self._ask()
        return kept[1]

    def forget(self) -> None:
        """Ask anew next time."""
        self._kept = None


class Notes:
    """`HmaNotes` with a memory. What another process changes shows within a second."""

    def __init__(self, kept: HmaNotes) -> None:
        """Remember what is in `kept`."""
        self.kept = kept
        self._banks = _Remembered(kept.banks)
        self._types = _Remembered(kept.types)

    def banks(self) -> Mapping[str, BankNote]:
        """What is kept about banks, by name."""
        return self._banks.get()

    def ratio(self, bank: str) -> float:
        """Share of look-ups in which a bank takes part: all, unless somebody said otherwise."""
        note = self.banks().get(bank)
        return 1.0 if note is None else note.ratio

    def type_ratio(self, name: str) -> float:
        """The same of a signal type."""
        return self._types.get().get(name, 1.0)

    def content(self, entry_id: int) -> ContentNote:
        """What is kept about an entry, as it is now."""
        return self.kept.content(entry_id)

    def sizes(self) -> Mapping[str, tuple[int, int]]:
        """For each type of signal how many entries have one, and the Unix time of the newest."""
        return self.kept.sizes()

    def forget(self) -> None:
        """Something was changed: ask anew."""
        self._banks.forget()
        self._types.forget()
