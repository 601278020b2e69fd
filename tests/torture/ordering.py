"""A system-call trace (`strace -f -y`) → what a power cut could take back of what was acknowledged.

The disk keeps what was synced, and may or may not keep the rest. So, at the moment of an
acknowledgement:

- a file that is in its place for good holds nothing that was written after its last sync;
- a file or folder that was moved into place was synced before it was moved;
- a name that was made or moved is followed by a sync of the folder it is in;
- SQLite's file is written only while a synced journal holds what it replaces, and it is
  synced before that journal goes;
- a sync of the folder follows a journal's end: one that came back would undo the commit.

Deleting anything else needs no sync: what comes back is old, and nothing names it. What is
under a temporary name is of no account until it is moved: a name is temporary when it is later
moved or deleted, or lies in a folder that is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from pathlib import PurePosixPath

__all__ = ["CALLS", "Call", "calls", "early", "published"]

CALLS = (
    "openat creat write pwrite64 writev pwritev ftruncate fallocate fsync fdatasync rename "
    "renameat renameat2 link linkat unlink unlinkat mkdir mkdirat rmdir close"
).split()
_LINE = re.compile(r"^(?P<pid>\d+)\s+(?:[\d.:]+\s+)?(?P<rest>.*)$")
_UNFINISHED = " <unfinished ...>"
_RESUMED = re.compile(r"^<\.\.\. (\w+) resumed>(.*)$")
_CALL = re.compile(r"^(\w+)\((.*)\)\s+= (-?\d+)(?:<(.*)>)?", re.DOTALL)
_DESCRIPTOR = re.compile(r"^(?:AT_FDCWD|\d+)<((?:[^<>\\]|\\.)*)>")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')
_ESCAPE = re.compile(r"\\([0-7]{1,3}|.)")
_LETTERS = {"n": "\n", "t": "\t", "r": "\r", "v": "\v", "f": "\f"}
_LOCK = re.compile(r"\.lock$")


@dataclass(frozen=True, slots=True)
class Call:
    """One system call that succeeded; `started` and `ended` are line numbers of the trace."""

    started: int
    ended: int
    name: str
    paths: tuple[str, ...]
    """Of the descriptor, or of the names given; absolute."""
    descriptor: int
    """First argument where that is a descriptor, else -1."""
    arguments: str
    result: int


def calls(trace: str) -> list[Call]:
    """The calls of a trace that succeeded, in the order they ended."""
    waiting: dict[str, tuple[int, str]] = {}
    found = []
    for number, line in enumerate(trace.splitlines()):
        match = _LINE.match(line)
        if not match:
            continue
        pid, rest = match["pid"], match["rest"]
        started = number
        if rest.endswith(_UNFINISHED):
            waiting[pid] = (number, rest.removesuffix(_UNFINISHED))
            continue
        resumed = _RESUMED.match(rest)
        if resumed:
            started, beginning = waiting.pop(pid, (number, ""))
            rest = beginning + resumed[2]
        call = _CALL.match(rest)
        if call and int(call[3]) >= 0:
            found.append(_call(started, number, call))
    return found


def _call(started: int, ended: int, match: re.Match[str]) -> Call:
    name, arguments, result = match[1], match[2], int(match[3])
    descriptor = -1
    paths: tuple[str, ...]
    base = _DESCRIPTOR.match(arguments)
    if name == "openat":
        paths = (_plain(match[4] or ""),)
        descriptor = result
    elif name in {"rename", "renameat", "renameat2", "link", "linkat", "unlink", "unlinkat"} | {
        "mkdir",
        "mkdirat",
        "rmdir",
    }:
        folders = [
            _plain(m) for m in re.findall(r"(?:AT_FDCWD|\d+)<((?:[^<>\\]|\\.)*)>", arguments)
        ]
        names = [_plain(m) for m in _QUOTED.findall(arguments)]
        paths = tuple(
            str(PurePosixPath(folders[min(i, len(folders) - 1)] if folders else "/") / name)
            for i, name in enumerate(names)
        )
    else:
        paths = (_plain(base[1]) if base else "",)
        number = re.match(r"\d+", arguments)
        descriptor = int(number[0]) if number else -1
    return Call(started, ended, name, paths, descriptor, arguments, result)


def _plain(text: str) -> str:
    """A name as strace prints it → as it is; the mark of a deleted file is dropped."""
    if "\\" in text:
        raw = bytearray()
        place = 0
        for match in _ESCAPE.finditer(text):
            raw += text[place : match.start()].encode()
            place = match.end()
            code = match[1]
            raw += bytes([int(code, 8)]) if code[0].isdigit() else _LETTERS.get(code, code).encode()
        text = (raw + text[place:].encode()).decode("utf-8", "surrogateescape")
    return text.removesuffix(" (deleted)").removesuffix("(deleted)")


def published(trace: Sequence[Call], folder: str) -> int:
    """Number of moves into place."""
    return sum(
        call.name.startswith("rename") and call.paths[-1].startswith(f"{folder}/") for call in trace
    )


def early(
    trace: Sequence[Call], folder: str, voice: int, words: Sequence[str], present: Set[str]
) -> tuple[int, list[str]]:
    """Number of acknowledgements, and each that came too early or whose order is wrong.

    `folder` is the data folder, `present` what there was in it; what is written to the
    descriptor `voice` acknowledges when it holds one of `words`.
    """
    disk = _Disk(trace, folder, present)
    parent = str(PurePosixPath(folder).parent)
    roots = f"{folder}/"
    wrong: list[str] = []
    acknowledgements = 0
    for call in trace:
        if call.name in {"write", "writev"} and call.descriptor == voice:
            if not any(word in call.arguments for word in words):
                continue
            acknowledgements += 1
            wrong += [
                f"line {call.started + 1}: acknowledged before {reason}"
                for reason in disk.unsafe(call)
            ]
        elif any(path == parent or f"{path}/".startswith(roots) for path in call.paths):
            wrong += [f"line {call.started + 1}: {reason}" for reason in disk.apply(call)]
    return acknowledgements, wrong


class _Disk:
    """Which files and folders hold something that a power cut could take."""

    def __init__(self, trace: Sequence[Call], folder: str, present: Set[str]) -> None:
        self._folder = folder
        self._made = set(present)
        self._leaving: dict[str, list[int]] = {}
        for call in trace:
            gone = call.paths[:1] if call.name.startswith(("rename", "unlink", "rmdir")) else ()
            for path in gone:
                self._leaving.setdefault(path, []).append(call.started)
        self._databases = {
            path.removesuffix("-journal")
            for call in trace
            for path in call.paths
            if path.endswith("-journal")
        }
        self._unsynced: dict[str, int] = {}
        """File → line that wrote what is not synced yet."""
        self._names: dict[str, dict[str, int]] = {}
        """Folder → name in it that was made or moved there since its last sync → line."""
        self._journals: set[str] = set()
        """Journals that would undo what was written since."""
        self._ended: dict[str, int] = {}
        """Journal that was deleted, its folder not synced yet → line."""

    def unsafe(self, call: Call) -> Iterator[str]:
        """Why it is too early for an acknowledgement."""
        for path, line in self._unsynced.items():
            if not self._temporary(path, call.started) and not path.endswith("-journal"):
                yield f"a sync of {path}, written at line {line + 1}"
        for folder, names in self._names.items():
            if not self._temporary(folder, call.started):
                for name, line in names.items():
                    if not self._temporary(f"{folder}/{name}", call.started):
                        yield f"a sync of the folder {folder}, for {name} of line {line + 1}"
        for path, line in self._ended.items():
            yield f"a sync of the folder of {path}, deleted at line {line + 1}"
        for path in self._journals:
            yield f"the end of the transaction of {path}"

    def apply(self, call: Call) -> Iterator[str]:
        """Follow one call; what is wrong with its order."""
        path = call.paths[0]
        if call.name in {"fsync", "fdatasync"}:
            self._unsynced.pop(path, None)
            self._names.pop(path, None)
            for journal in [j for j in self._ended if str(PurePosixPath(j).parent) == path]:
                del self._ended[journal]
        elif call.name in {"write", "pwrite64", "writev", "pwritev", "ftruncate", "fallocate"}:
            yield from self._write(path, call)
        elif call.name == "openat":
            made = "O_CREAT" in call.arguments and path not in self._made
            if made and not _LOCK.search(path):
                self._touch(path, call)
            if "O_TRUNC" in call.arguments:
                self._unsynced[path] = call.started
        elif call.name.startswith("mkdir"):
            self._touch(path, call)
        elif call.name.startswith("rename"):
            yield from self._move(path, call.paths[1], call)
        elif call.name.startswith("link"):
            self._touch(call.paths[1], call)
        elif call.name.startswith(("unlink", "rmdir")):
            self._forget(path)
            if path.endswith("-journal"):
                yield from self._end(path)
                self._ended[path] = call.started

    def _end(self, journal: str) -> Iterator[str]:
        """The transaction of this journal is over."""
        self._journals.discard(journal)
        database = journal.removesuffix("-journal")
        if database in self._unsynced:
            yield f"the journal of {database} goes before what was written is synced"

    def _write(self, path: str, call: Call) -> Iterator[str]:
        if _LOCK.search(path):
            return
        if path.endswith("-journal"):
            zeroed = ", 0)" in call.arguments and r'"\0\0\0\0\0\0\0\0' in call.arguments
            if path in self._journals and (zeroed or call.name == "ftruncate"):
                yield from self._end(path)
        elif path in self._databases:
            journal = f"{path}-journal"
            if journal in self._unsynced:
                yield f"{path} is written before its journal is synced"
            parent = str(PurePosixPath(path).parent)
            if PurePosixPath(journal).name in self._names.get(parent, {}):
                yield f"{path} is written before the folder of its journal is synced"
            self._journals.add(journal)
        self._unsynced[path] = call.started

    def _move(self, old: str, new: str, call: Call) -> Iterator[str]:
        inside = f"{old}/"
        for path in [p for p in self._unsynced if p == old or p.startswith(inside)]:
            yield f"{path} is moved to {new} before it is synced"
        for folder in [f for f in self._names if f == old or f.startswith(inside)]:
            yield f"{folder} is moved to {new} before its names are synced"
        self._forget(old)
        self._forget(new)
        self._touch(new, call)

    def _touch(self, path: str, call: Call) -> None:
        self._made.add(path)
        parent = PurePosixPath(path).parent
        self._names.setdefault(str(parent), {})[PurePosixPath(path).name] = call.started

    def _forget(self, path: str) -> None:
        inside = f"{path}/"
        for known in (self._unsynced, self._names):
            for name in [n for n in known if n == path or n.startswith(inside)]:
                del known[name]
        self._names.get(str(PurePosixPath(path).parent), {}).pop(PurePosixPath(path).name, None)
        self._made.discard(path)

    def _temporary(self, path: str, line: int) -> bool:
        """True when the name, or a folder it lies in, is moved or deleted later on."""
        while path.startswith(f"{self._folder}/"):
            if any(leaving > line for leaving in self._leaving.get(path, ())):
                return True
            path = str(PurePosixPath(path).parent)
        return False
