"""Banks and signals for tests."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from tocsin.banks.model import Bank, Policy
from tocsin.banks.store import KnownSignal, NearHit
from tocsin.hashing.signals import Dialect, Orientation, Signal, SignalType


def pdq(
    *bits: int,
    quality: int | None = 100,
    view: str = "picture",
    dialect: Dialect = Dialect.FULL,
    orientation: Orientation = Orientation.UPRIGHT,
) -> Signal:
    """A PDQ signal with just these bits set."""
    value = sum(1 << bit for bit in set(bits)).to_bytes(32, "big")
    return Signal(SignalType.PDQ, value, quality, view, dialect, orientation)


def digest(kind: SignalType, number: int) -> Signal:
    """An exact signal with a value that `number` decides."""
    return Signal(kind, number.to_bytes(kind.size, "big"))


def distance(left: bytes, right: bytes) -> int:
    """How many bits differ."""
    return (int.from_bytes(left) ^ int.from_bytes(right)).bit_count()


@dataclass
class MemoryItems:
    """The `KnownItems` of a few entries held in a list and compared one by one."""

    policies: dict[str, Policy]
    signals: list[KnownSignal] = field(default_factory=list)

    def banks(self) -> list[Bank]:
        """All banks, by name."""
        now = datetime.now(UTC)
        return [
            Bank(number, name, policy, now)
            for number, (name, policy) in enumerate(sorted(self.policies.items()))
        ]

    def add(self, bank: str, entry: int, signals: Iterable[Signal]) -> None:
        """Put an entry into a bank."""
        number = sorted(self.policies).index(bank)
        self.signals += [KnownSignal(number, entry, signal, ()) for signal in signals]

    def exact(self, signals: Sequence[Signal]) -> list[NearHit]:
        """Known signals equal to one of `signals`."""
        return [
            NearHit(query, known, 0)
            for query, signal in enumerate(signals)
            for known in self.signals
            if signal.type.exact and (known.signal.type, known.signal.value) == (signal.type, signal.value)
        ]

    def near(self, values: Sequence[bytes], radius: int) -> list[NearHit]:
        """Known PDQ signals within `radius` bits of one of `values`."""
        return [
            NearHit(query, known, bits)
            for query, value in enumerate(values)
            for known in self.signals
            if known.signal.type is SignalType.PDQ and (bits := distance(known.signal.value, value)) <= radius
        ]
