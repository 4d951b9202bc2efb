"""The index as its callers see it."""

import os
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from tocsin.index.arrays import (
    Bytes,
    Ids,
    checked_checkpoint,
    checked_hashes,
    checked_ids,
    checked_radius,
)
from tocsin.index.errors import IndexReadOnlyError, InvalidIndexInputError
from tocsin.index.folder import load
from tocsin.index.reader import Reader
from tocsin.index.searching import Answer, Searcher
from tocsin.index.settings import Settings, Step, no_step
from tocsin.index.writer import Writer


@dataclass(frozen=True, slots=True)
class IndexStats:
    """What an index holds and what it takes."""

    pairs: int
    """Pairs a search can find."""
    hidden: int
    """Pairs that were removed but are not yet merged away."""
    live: int
    """Pairs in the live part, backed by the log."""
    segments: tuple[int, ...]
    """Rows of each segment."""
    tombstones: int
    log_bytes: int
    segment_bytes: int


class HammingIndex:
    """A multiset of (id, 256-bit hash) pairs in a folder, searched exactly by Hamming distance.

    One object at a time writes (`open(path)`); any number, in any process, read (`open(path, readonly=True)`)
    and see each operation once it is durable. All methods may be called from several threads; searches run
    side by side and do not wait for writes. The folder must be on a local file system.
    """

    def __init__(self, folder: Path, source: Writer | Reader, searcher: Searcher) -> None:
        """Use `HammingIndex.open`."""
        self._folder = folder
        self._source = source
        self._searcher = searcher

    @classmethod
    def open(
        cls,
        path: str | os.PathLike[str],
        *,
        readonly: bool = False,
        preload: bool = False,
        merging: bool = True,
        _settings: Settings | None = None,
        _step: Step = no_step,
    ) -> Self:
        """Open the index in folder `path`; for writing, make it if it is not there.

        With `preload`, all of it is brought into memory, and locked there if the process may, and so are new
        segments before they are used: worth it for a server, not for a few queries. Checks headers, the
        manifest and the log, not whole segments (see `verify`). Without `merging`, segments are merged when
        there are too many and when `merge` is called, not as soon as it pays: whoever closes the index soon
        would only begin it. `_settings` and `_step` are for tests.

        Raises IndexLockedError (a second writer), IndexMissingError (readonly), IndexCorruptError.
        """
        folder, settings = Path(path), _settings or Settings()
        searcher = Searcher(settings, preload=preload)
        if readonly:
            return cls(folder, Reader(folder, preload=preload), searcher)
        return cls(folder, Writer(folder, settings, _step, preload=preload, merging=merging), searcher)

    def add(self, ids: Ids, hashes: Bytes, *, checkpoint: bytes | None = None) -> None:
        """Add pairs: ids uint64[n], hashes uint8[n, 32]. Durable, all or none, and findable when it returns.

        Neither ids nor hashes need be unique. `checkpoint` (at most 64 bytes) becomes durable together with
        the operation. Raises InvalidIndexInputError, IndexReadOnlyError, IndexClosedError, IndexFailedError.
        """
        numbers, words = checked_ids(ids), checked_hashes(hashes, "hashes")
        if len(numbers) != len(words):
            message = f"there are {len(numbers)} ids for {len(words)} hashes"
            raise InvalidIndexInputError(message)
        self._writer().apply(numbers, words, checked_checkpoint(checkpoint))

    def remove(self, ids: Ids, *, checkpoint: bytes | None = None) -> None:
        """Remove every pair with one of `ids` (uint64[n]) added so far; ids that are not there do no harm.

        Durable, all or none, and effective when it returns; the same ids may be added again. `checkpoint` and
        errors as for `add`.
        """
        self._writer().apply(checked_ids(ids), None, checked_checkpoint(checkpoint))

    def search(self, queries: Bytes, radius: int) -> Answer:
        """All pairs whose hash is within `radius` (0 to 64) bits of a query: queries uint8[q, 32].

        Returns limits int64[q + 1], ids uint64[total] and distances uint8[total]; the hits of query i are
        those from limits[i] up to limits[i + 1], in no particular order, and never cut short.
        Raises InvalidIndexInputError, IndexClosedError, IndexCorruptError.
        """
        words = checked_hashes(queries, "queries")
        return self._searcher.search(self._source.snapshot(), words, checked_radius(radius))

    def search_at(self, queries: Bytes, radius: int) -> tuple[bytes | None, Answer]:
        """As `search`, with the checkpoint of the very state that was searched."""
        words, snapshot = checked_hashes(queries, "queries"), self._source.snapshot()
        return snapshot.checkpoint, self._searcher.search(snapshot, words, checked_radius(radius))

    def __len__(self) -> int:
        """How many pairs a search can find. Reads every id while removals wait to be merged away."""
        snapshot = self._source.snapshot()
        return snapshot.stored() - snapshot.hidden()

    @property
    def checkpoint(self) -> bytes | None:
        """The checkpoint of the latest operation that had one."""
        return self._source.snapshot().checkpoint

    def compact(self) -> None:
        """Merge everything, dropping removed pairs. Adding waits meanwhile; searching does not.

        Raises IndexReadOnlyError, IndexClosedError, IndexFailedError.
        """
        self._writer().compact()

    @property
    def merge_due(self) -> bool:
        """Whether it pays to `merge`. Raises IndexReadOnlyError."""
        return self._writer().merge_due

    def merge(self) -> None:
        """Merge as far as it pays, as happens by itself with `merging`. Adding and searching go on meanwhile.

        Raises IndexReadOnlyError, IndexClosedError (also when it is closed meanwhile), IndexFailedError.
        """
        self._writer().merge()

    def verify(self) -> None:
        """Read every file and compare all checksums. Raises IndexCorruptError naming the damaged file."""
        self._source.snapshot()
        loaded = load(self._folder)
        loaded.close()
        for segment in loaded.snapshot.segments:
            segment.verify()

    def stats(self) -> IndexStats:
        """Sizes. As costly as `len`."""
        snapshot = self._source.snapshot()
        hidden = snapshot.hidden()
        return IndexStats(
            pairs=snapshot.stored() - hidden,
            hidden=hidden,
            live=snapshot.live.count,
            segments=tuple(len(segment.rows) for segment in snapshot.segments),
            tombstones=len(snapshot.tombstones),
            log_bytes=self._source.log_bytes(),
            segment_bytes=sum(segment.size for segment in snapshot.segments),
        )

    def close(self) -> None:
        """Stop background work and let files and the writer's lock go."""
        self._source.close()

    def __enter__(self) -> Self:
        """The index itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
        self.close()

    def _writer(self) -> Writer:
        """The source if it may write. Raises IndexReadOnlyError."""
        if isinstance(self._source, Reader):
            raise IndexReadOnlyError
        return self._source
