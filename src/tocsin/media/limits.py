"""How much of a stranger's file is decoded before it is refused."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PictureLimits:
    """Limits of one picture; what lies beyond them is refused aloud, never dropped."""

    pixels: int = 200_000_000
    """Width times height of one frame; checked before anything is decoded."""
    encoded_bytes: int = 512_000_000
    """Length of the file, for the decoders that must hold all of it in memory."""
    frames: int = 1000
    """Frames of an animation, or pages, that are walked through to reach the sampled ones."""
    walked_pixels: int = 2_000_000_000
    """Pixels of all frames walked through, so that large frames do not turn into hours."""
    sampled: int = 8
    """Frames after the first one that become views, spread evenly."""

    def walkable(self, pixels: int) -> int:
        """How many frames of so many pixels each may be walked through."""
        return max(1, min(self.frames, self.walked_pixels // pixels))


@dataclass(frozen=True, slots=True)
class ChildLimits:
    """What one sandbox child may use."""

    memory: int = 900 << 20
    """Resident bytes, held by a limit on address space beyond what was mapped before the first job."""
    cpu_seconds: int = 30
    """Processor time for one job, or between two replies of a job."""
    wall_seconds: float = 90.0
    """Time on the clock for one job, or between two replies of a job."""
    file_size: int = 0
    """Bytes a child may write to any file."""
    open_files: int = 32
    reply_bytes: int = 256 << 20
    """Length of all replies to one job together."""
    jobs: int = 2000
    """Jobs after which a child is replaced, which bounds what a leaking decoder can hold."""
    start_seconds: float = 300.0
    """Time for the first child to be ready, the preloading and compiling of modules included."""


@dataclass(frozen=True, slots=True)
class ArchiveLimits:
    """Limits of one archive; what lies beyond them is refused aloud, never dropped."""

    members: int = 10_000_000
    """Members looked at."""
    decompressed_bytes: int = 1 << 40
    """Bytes that come out of all members, or of the compressed tar, together."""
    member_bytes: int = 1 << 36
    """Bytes that come out of one member."""
    buffered_bytes: int = 256_000_000
    """Members up to this size are held in memory and can be decoded; larger ones are only streamed."""
    ratio: int = 500
    """Bytes that may come out of one compressed byte, once more than `ratio_applies_from` have come out."""
    ratio_applies_from: int = 64 << 20
