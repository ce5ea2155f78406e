"""A kernel filter for query workers: no sockets, no new programs (Linux seccomp(2), mode 2).

The first wall is that queries with SERVICE are refused; this is the second, for what the first overlooks.
It holds on Linux x86_64 and arm64; elsewhere `deny_network` gives the reason why not, for the log.
"""

from __future__ import annotations

import ctypes
import errno
import platform
import sys

_NO_NEW_PRIVILEGES = 38
_SET_MODE_FILTER = 1
_FLAG_TSYNC = 1

# audit architecture, number of seccomp(2), and the calls that are denied:
# socket, connect, bind, listen, accept, accept4, execve, execveat, io_uring_setup, ptrace
_MACHINES = {
    "x86_64": (0xC000003E, 317, (41, 42, 49, 50, 43, 288, 59, 322, 425, 101)),
    "aarch64": (0xC00000B7, 277, (198, 203, 200, 201, 202, 242, 221, 281, 425, 117)),
}
_LOAD, _JUMP_EQUAL, _JUMP_GREATER_EQUAL, _RETURN = 0x20, 0x15, 0x35, 0x06
_ALLOW = 0x7FFF0000
_DENY = 0x00050000 | errno.EACCES
_X32 = 0x40000000


class _Instruction(ctypes.Structure):
    _fields_ = (
        ("code", ctypes.c_ushort),
        ("jt", ctypes.c_ubyte),
        ("jf", ctypes.c_ubyte),
        ("k", ctypes.c_uint),
    )


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.POINTER(_Instruction)))


def deny_network() -> str:
    """Install the filter for every thread of this process. '' when it holds, else why it does not."""
    machine = _MACHINES.get(platform.machine())
    if sys.platform != "linux" or machine is None:
        return f"no filter for {sys.platform} on {platform.machine()}"
    architecture, seccomp, denied = machine
    # data: number at offset 0, architecture at 4. Another architecture's numbering and the x32 one are denied.
    lines = [(_LOAD, 0, 0, 4), (_JUMP_EQUAL, 1, 0, architecture), (_RETURN, 0, 0, _DENY), (_LOAD, 0, 0, 0)]
    lines.append((_JUMP_GREATER_EQUAL, len(denied) + 1, 0, _X32))
    lines += [(_JUMP_EQUAL, len(denied) - place, 0, number) for place, number in enumerate(denied)]
    lines += [(_RETURN, 0, 0, _ALLOW), (_RETURN, 0, 0, _DENY)]
    instructions = (_Instruction * len(lines))(*(_Instruction(*line) for line in lines))
    program = _Program(len(lines), instructions)
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0) != 0:
        return f"prctl failed with errno {ctypes.get_errno()}"
    if libc.syscall(seccomp, _SET_MODE_FILTER, _FLAG_TSYNC, ctypes.byref(program)) != 0:
        return f"seccomp failed with errno {ctypes.get_errno()}"
    return ""
