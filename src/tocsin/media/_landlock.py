"""Landlock: a process takes away its own rights to files, TCP and other processes (Linux 5.13 and later).

Numbers and structures are those of <linux/landlock.h>; the system call numbers are the same on every
architecture. What the running kernel does not know yet is left out, as its documentation advises
(Documentation/userspace-api/landlock.rst, "Compatibility").
"""

import contextlib
import ctypes
import os
import struct
from collections.abc import Iterable

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_ASK_VERSION = 1
_RULE_PATH_BENEATH = 1
_READ_FILE, _READ_DIR = 1 << 2, 1 << 3
_FILE_RIGHTS_BY_VERSION = {1: 13, 2: 14, 3: 15, 5: 16}
"""How many rights to files there are since that version: all are taken away."""
_TCP_SINCE, _BIND_AND_CONNECT = 4, 0b11
_SCOPES_SINCE, _ABSTRACT_SOCKETS_AND_SIGNALS = 6, 0b11


def landlock_version() -> int:
    """The version of Landlock that the kernel offers; 0 if it offers none."""
    library = ctypes.CDLL(None)
    if not hasattr(library, "prctl"):  # not Linux: the numbers would mean something else
        return 0
    return max(
        0, int(library.syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(_ASK_VERSION)))
    )


def allow_only_reading(folders: Iterable[str]) -> bool:
    """Let this process read files below `folders`, and nothing else; False if the kernel has no Landlock.

    No other file can be opened, made, changed, run or removed; no TCP connection begun or awaited; no signal
    sent to a process outside. Open descriptors keep working. It cannot be undone. Needs no_new_privs.

    Raises:
        OSError: the kernel offers Landlock and refuses it.
    """
    version = landlock_version()
    if not version:
        return False
    library = ctypes.CDLL(None, use_errno=True)
    rights = (1 << max(count for since, count in _FILE_RIGHTS_BY_VERSION.items() if since <= version)) - 1
    attributes = struct.pack("<Q", rights)
    if version >= _TCP_SINCE:
        attributes += struct.pack("<Q", _BIND_AND_CONNECT)
    if version >= _SCOPES_SINCE:
        attributes += struct.pack("<Q", _ABSTRACT_SOCKETS_AND_SIGNALS)
    ruleset = _call(library, _CREATE_RULESET, attributes, len(attributes), 0)
    try:
        for folder in folders:
            with contextlib.suppress(FileNotFoundError, NotADirectoryError, PermissionError):
                _allow_below(library, ruleset, folder)
        _call(library, _RESTRICT_SELF, ruleset, 0)
    finally:
        os.close(ruleset)
    return True


def _allow_below(library: ctypes.CDLL, ruleset: int, folder: str) -> None:
    below = os.open(folder, os.O_PATH | os.O_CLOEXEC | os.O_DIRECTORY)
    try:
        rule = struct.pack("<Qi", _READ_FILE | _READ_DIR, below)
        _call(library, _ADD_RULE, ruleset, _RULE_PATH_BENEATH, rule, 0)
    finally:
        os.close(below)


def _call(library: ctypes.CDLL, number: int, *arguments: int | bytes) -> int:
    wide = (one if isinstance(one, bytes) else ctypes.c_long(one) for one in arguments)
    result = int(library.syscall(ctypes.c_long(number), *wide))
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return result
