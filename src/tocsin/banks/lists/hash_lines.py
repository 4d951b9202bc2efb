"""One hash a line."""

from tocsin.banks.lists.lines import Block, SetAside
from tocsin.banks.lists.options import Gathered
from tocsin.hashing.signals import SignalType

BY_DIGITS = {32: SignalType.MD5, 40: SignalType.SHA1}
"""Types that the number of hexadecimal digits gives away; 64 may be pdq or sha256."""


class HashLines:
    """Reads blocks of lines with one hash each; blank lines and those that begin with # are passed over.

    What follows a hash behind white space is passed over, too: `sha256sum` and its kin write a name there.
    """

    def __init__(self, kind: SignalType | None, gathered: Gathered, bad: SetAside) -> None:
        """All hashes are of type `kind`, or of the type that their length gives away."""
        self._kind = kind
        self._gathered = gathered
        self._bad = bad

    def feed(self, block: Block) -> int:
        """Read a block; how many of its bytes are dealt with: all."""
        self._read(block.data.replace(b"\r\n", b"\n"), block.line)
        return len(block.data)

    def _read(self, data: bytes, line: int) -> None:
        """Read lines all at once; where that fails, each half by itself, down to the one that is bad."""
        pending = [(data, line)]
        while pending:
            data, line = pending.pop()
            if self._read_uniform(data):
                continue
            middle = data.find(b"\n", len(data) // 2) + 1
            if middle == len(data):
                middle = data.rfind(b"\n", 0, len(data) // 2) + 1
            if middle == 0:
                self._read_single(data, line)
            else:
                pending.append((data[middle:], line + data.count(b"\n", 0, middle)))
                pending.append((data[:middle], line))

    def _read_uniform(self, data: bytes) -> bool:
        """Read lines of the same type without anything else in them, if that is what they are."""
        digits = data.find(b"\n")
        kind = self._kind or BY_DIGITS.get(digits)
        if kind is None or digits != 2 * kind.size:
            return False
        count, rest = divmod(len(data), digits + 1)
        # Every line has the right length when the newlines stand where they must and nowhere else; and with
        # that many bytes read, all other characters were digits: fromhex passes over white space.
        if rest or data[digits :: digits + 1] != b"\n" * count or data.count(b"\n") != count:
            return False
        try:
            values = bytes.fromhex(data.decode("ascii"))
        except ValueError:
            return False
        if len(values) != count * kind.size:
            return False
        self._gathered.add_uniform(kind, values)
        return True

    def _read_single(self, data: bytes, line: int) -> None:
        """Read one line that is not plainly a hash."""
        text = data.strip()
        if not text or text.startswith(b"#"):
            return
        first = text.split(None, 1)[0]
        if first + b"\n" != data and self._read_uniform(first + b"\n"):
            return
        self._bad.add(line, *self._fault(first), data)

    def _fault(self, text: bytes) -> tuple[str, str]:
        """Why a line is no hash: code and message."""
        if not all(digit in b"0123456789abcdefABCDEF" for digit in text):
            return "not_hex", "not a hash: there is something other than hexadecimal digits"
        if self._kind is not None:
            return "wrong_length", f"{self._kind} has {2 * self._kind.size} digits, this has {len(text)}"
        if len(text) == 2 * SignalType.PDQ.size:
            return "ambiguous_type", "64 digits may be pdq or sha256: say which with --type"
        return "wrong_length", f"no type of hash has {len(text)} digits"
