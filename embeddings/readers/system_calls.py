"""A seccomp filter for the reading child: the kernel refuses what no reader has to do.

Linux on x86_64 and aarch64. Written against <linux/seccomp.h>, <linux/audit.h> and
<linux/bpf_common.h>; the numbers of the calls are those of <asm/unistd.h>.
"""

from __future__ import annotations

import os
import struct
import sys

__all__ = ["filter_system_calls"]

_MACHINES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}
"""Column in the table below, and the kernel's name of the architecture."""

_DENIED: dict[str, tuple[int, int | None]] = {
    # network
    "socket": (41, 198), "socketpair": (53, 199), "bind": (49, 200), "listen": (50, 201),
    "accept": (43, 202), "accept4": (288, 242), "connect": (42, 203), "sendto": (44, 206),
    "sendmsg": (46, 211), "sendmmsg": (307, 269), "recvfrom": (45, 207), "recvmsg": (47, 212),
    "recvmmsg": (299, 243), "shutdown": (48, 210), "setsockopt": (54, 208),
    # processes
    "fork": (57, None), "vfork": (58, None), "execve": (59, 221), "execveat": (322, 281),
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271),
    "kill": (62, 129), "tkill": (200, 130), "tgkill": (234, 131), "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240), "pidfd_open": (434, 434), "pidfd_send_signal": (424, 424),
    "pidfd_getfd": (438, 438),
    # files
    "creat": (85, None), "truncate": (76, 45), "ftruncate": (77, 46), "fallocate": (285, 47),
    "rename": (82, None), "renameat": (264, 38), "renameat2": (316, 276), "link": (86, None),
    "linkat": (265, 37), "symlink": (88, None), "symlinkat": (266, 36), "unlink": (87, None),
    "unlinkat": (263, 35), "mkdir": (83, None), "mkdirat": (258, 34), "rmdir": (84, None),
    "mknod": (133, None), "mknodat": (259, 33), "chmod": (90, None), "fchmod": (91, 52),
    "fchmodat": (268, 53), "chown": (92, None), "fchown": (93, 55),
    "lchown": (94, None), "fchownat": (260, 54), "utime": (132, None), "utimes": (235, None),
    "utimensat": (280, 88), "futimesat": (261, None), "setxattr": (188, 5), "lsetxattr": (189, 6),
    "fsetxattr": (190, 7), "removexattr": (197, 14), "lremovexattr": (198, 15),
    "fremovexattr": (199, 16),
    # system
    "mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41), "chroot": (161, 51),
    "unshare": (272, 97), "setns": (308, 268), "init_module": (175, 105),
    "finit_module": (313, 273), "kexec_load": (246, 104), "keyctl": (250, 219),
    "add_key": (248, 217), "request_key": (249, 218), "bpf": (321, 280),
    "perf_event_open": (298, 241), "userfaultfd": (323, 282), "io_uring_setup": (425, 425),
    "open_by_handle_at": (304, 265),
}  # fmt: skip
"""Call → its number on x86_64 and on aarch64, where it exists there."""

_UNKNOWN = {"clone3": (435, 435), "openat2": (437, 437)}
"""Answered as if this kernel had no such call: callers then use one whose arguments show."""
_CLONE = (56, 220)
_OPEN = (2, None)
_OPENAT = (257, 56)

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _FAIL = 0x7FFF0000, 0x00050000
_EPERM, _ENOSYS = 1, 38
_NUMBER_AT, _MACHINE_AT, _ARGUMENTS_AT = 0, 4, 16
_CLONE_THREAD = 0x00010000
_OTHER_ABI = 0x40000000  # x86_64's x32 calls: the same calls under other numbers
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


def filter_system_calls() -> bool:
    """Install the filter for this process, for good; False where it cannot be installed."""
    import ctypes
    import platform

    machine = _MACHINES.get(platform.machine())
    if sys.platform != "linux" or machine is None or sys.maxsize < 2**32:
        return False
    program = _program(*machine)

    class Program(ctypes.Structure):
        _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))

    libc = ctypes.CDLL(None)
    libc.prctl.argtypes = (ctypes.c_int, *[ctypes.c_ulong] * 4)
    filtering = Program(len(program) // 8, program)
    no_new_privileges, set_seccomp, mode_filter = 38, 22, 2
    if libc.prctl(no_new_privileges, 1, 0, 0, 0):
        return False
    return not libc.prctl(set_seccomp, mode_filter, ctypes.addressof(filtering), 0, 0)


def _program(column: int, machine: int) -> bytes:
    """The filter's instructions, 8 bytes each."""
    steps = [_step(_LOAD, _MACHINE_AT), _step(_EQUAL, machine, yes=1), _fail(_EPERM)]
    steps += [_step(_LOAD, _NUMBER_AT), _step(_AT_LEAST, _OTHER_ABI, no=1), _fail(_EPERM)]
    for calls, error in ((_DENIED, _EPERM), (_UNKNOWN, _ENOSYS)):
        for numbers in calls.values():
            steps += _when(numbers[column], [_fail(error)])
    steps += _when(_OPEN[column], _unless_argument(1, _WRITING, allowed=False))
    steps += _when(_OPENAT[column], _unless_argument(2, _WRITING, allowed=False))
    steps += _when(_CLONE[column], _unless_argument(0, _CLONE_THREAD, allowed=True))
    return b"".join([*steps, _step(_RETURN, _ALLOW)])


def _when(number: int | None, steps: list[bytes]) -> list[bytes]:
    """`steps` for the call of that number."""
    return [] if number is None else [_step(_EQUAL, number, no=len(steps)), *steps]


def _unless_argument(index: int, bits: int, *, allowed: bool) -> list[bytes]:
    """Allowed, or not, when the call's argument has one of `bits`; the reverse when not."""
    with_bits, without = (_step(_RETURN, _ALLOW), _fail(_EPERM))
    if not allowed:
        with_bits, without = without, with_bits
    load = _step(_LOAD, _ARGUMENTS_AT + 8 * index)
    return [load, _step(_ANY_BIT, bits, no=1), with_bits, without]


def _step(code: int, value: int, yes: int = 0, no: int = 0) -> bytes:
    return struct.pack("=HBBI", code, yes, no, value)


def _fail(error: int) -> bytes:
    return _step(_RETURN, _FAIL | error)
