from __future__ import annotations

import contextlib
import os
import platform
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from embeddings.errors import ReadError
from embeddings.readers import LARGEST_FILE_BYTES, read_article
from embeddings.readers.child import TIRED_BYTES
from embeddings.readers.sandbox import SandboxedReader

ROOT = Path(__file__).parents[2]
HOSTILE = "hostile_readers:read"
ON_LINUX = sys.platform == "linux" and platform.machine() in ("x86_64", "aarch64")
only_linux = pytest.mark.skipif(not ON_LINUX, reason="seccomp is Linux's, on two architectures")


@pytest.fixture
def hostile(monkeypatch: pytest.MonkeyPatch) -> Iterator[SandboxedReader]:
    """A sandbox whose child does what the content says."""
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))
    with SandboxedReader(readers=HOSTILE, seconds=20) as reader:
        yield reader


def told(reader: SandboxedReader, content: str) -> str:
    return reader.read(content.encode(), "a.pdf", "/a.pdf").text


def refused(reader: SandboxedReader, content: str) -> str:
    with pytest.raises(ReadError, match=r"^a\.pdf: ") as caught:
        told(reader, content)
    return str(caught.value)


def test_it_reads_what_read_article_reads() -> None:
    content = "Eine Brücke\n\n3 March 2021\n\nSie ist offen, und das Café darunter auch.".encode(
        "cp1252"
    )
    with SandboxedReader() as reader:
        assert reader.read(content, "a/b.txt", "/x/a/b.txt") == read_article(
            content, "a/b.txt", "/x/a/b.txt"
        )


def test_utf8_text_needs_no_child() -> None:
    with SandboxedReader(seconds=0) as reader:
        for number in range(1_000):
            content = f"Title {number}\n\nTexte très court.".encode()
            assert reader.read(content, "a.md", "a.md").title == f"Title {number}"
        assert reader._child is None


def test_all_fields_arrive_cleaned(hostile: SandboxedReader) -> None:
    article = hostile.read(b"all Two lines", "a.pdf", "/a.pdf")
    assert (article.title, article.date, article.author) == ("A title", "2024-01-02", "An author")
    assert (article.language, article.pages) == ("pt-BR", (0, 2))
    assert (article.incomplete, article.source, article.id) == ("a reason", "/a.pdf", "a.pdf")


def test_one_child_reads_many_files_and_a_new_one_follows_close(hostile: SandboxedReader) -> None:
    first = told(hostile, "pid")
    assert told(hostile, "pid") == first != str(os.getpid())
    hostile.close()
    assert told(hostile, "pid") != first


def test_what_the_parent_holds_does_not_tire_the_child(hostile: SandboxedReader) -> None:
    ballast = b"x" * (TIRED_BYTES + (64 << 20))
    pids = {told(hostile, "pid") for _ in range(3)}
    assert len(pids) == 1
    assert ballast


def test_a_child_makes_way_after_many_files(
    hostile: SandboxedReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("embeddings.readers.sandbox.MOST_DOCUMENTS", 2)
    pids = [told(hostile, "pid") for _ in range(4)]
    assert pids[0] == pids[1] != pids[2] == pids[3]


def test_a_loop_is_ended_in_time_and_the_next_file_is_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))
    with SandboxedReader(readers=HOSTILE, seconds=1) as reader:
        began = time.monotonic()
        assert "took longer than 1 s to read" in refused(reader, "loop")
        assert time.monotonic() - began < 5
        assert "took longer" in refused(reader, "sleep 60")
        assert told(reader, "say hello") == "hello"


@only_linux
def test_memory_is_limited_and_the_next_file_is_read(hostile: SandboxedReader) -> None:
    first = told(hostile, "pid")
    assert "needs more than 1 GiB of memory" in refused(hostile, "eat")
    assert told(hostile, "pid") != first


@pytest.mark.parametrize("how", ["crash", "exit"])
def test_a_crash_is_the_files_fault_and_the_next_file_is_read(
    hostile: SandboxedReader, how: str
) -> None:
    assert "the file crashed its reader" in refused(hostile, how)
    assert told(hostile, "say hello") == "hello"


@pytest.mark.parametrize("what", ["connect", "run", "write {}", "delete {}"])
def test_python_cannot_reach_the_network_processes_or_files(
    hostile: SandboxedReader, tmp_path: Path, what: str
) -> None:
    file = tmp_path / "kept"
    file.write_text("kept", "utf-8")
    assert told(hostile, what.format(file)) == "stopped: PermissionError"
    assert file.read_text("utf-8") == "kept"


@only_linux
@pytest.mark.parametrize("what", ["connect-raw", "fork-raw", "write-raw {}", "delete-raw {}"])
def test_neither_can_native_code(hostile: SandboxedReader, tmp_path: Path, what: str) -> None:
    file = tmp_path / "kept"
    file.write_text("kept", "utf-8")
    assert told(hostile, what.format(file)) == "stopped: PermissionError"
    assert file.read_text("utf-8") == "kept"


def test_keys_stay_with_the_parent(
    hostile: SandboxedReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FOOTNOTE_LLM_API_KEY", "secret")
    assert "API_KEY" not in told(hostile, "environment")


def test_what_a_library_prints_is_not_taken_for_an_answer(hostile: SandboxedReader) -> None:
    assert told(hostile, "print") == "still understood"
    assert told(hostile, "say hello") == "hello"


def test_what_the_child_says_is_not_believed(hostile: SandboxedReader) -> None:
    assert told(hostile, "surrogate") == "a \ufffd b"
    assert "did not answer as it should" in refused(hostile, "lie some text")
    assert "did not answer as it should" in refused(hostile, "say  ")
    assert hostile.read(b"date", "a.pdf", "a.pdf").date is None
    assert refused(hostile, "refuse two\nlines\x1b[2J") == "a.pdf: two lines[2J"


def test_what_no_reader_takes_starts_no_child() -> None:
    with SandboxedReader() as reader:
        with pytest.raises(ReadError, match="no reader"):
            reader.read(b"x", "film.mp4", "film.mp4")
        with pytest.raises(ReadError, match="larger than"):
            reader.read(bytes(LARGEST_FILE_BYTES + 1), "a.pdf", "a.pdf")
        assert reader._child is None


def test_a_child_that_the_system_killed_is_replaced(hostile: SandboxedReader) -> None:
    told(hostile, "pid")
    assert hostile._child is not None
    hostile._child.kill()
    assert told(hostile, "say hello") == "hello"


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_the_child_goes_with_its_parent() -> None:
    code = """
        import sys
        from embeddings.readers.sandbox import SandboxedReader
        reader = SandboxedReader(readers="hostile_readers:read")
        print(reader.read(b"pid", "a.pdf", "a.pdf").text, flush=True)
        reader.read(b"LOOP", "a.pdf", "a.pdf")
    """
    for doing in ("sleep 60", "loop") if ON_LINUX else ():
        parent = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(code).replace("LOOP", doing)],
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{Path(__file__).parent}"},
        )
        with parent:
            assert parent.stdout
            child = int(parent.stdout.readline())
            parent.send_signal(signal.SIGKILL)
        assert gone(child)


def test_ctrl_c_in_the_terminal_is_not_for_the_child(hostile: SandboxedReader) -> None:
    pid = int(told(hostile, "pid"))
    os.kill(pid, signal.SIGINT)
    assert int(told(hostile, "pid")) == pid
    if hasattr(os, "getpgid"):
        assert os.getpgid(pid) != os.getpgid(0)


def gone(pid: int) -> bool:
    """Whether the process ends within seconds."""
    for _ in range(100):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, 0)
            state = Path(f"/proc/{pid}/stat")
            if not state.exists() or state.read_text("utf-8").split(") ")[1][0] != "Z":
                time.sleep(0.05)
                continue
        return True
    return False
