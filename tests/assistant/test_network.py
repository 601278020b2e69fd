"""R13: without a language model nothing leaves the machine, whichever library would send it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.torture.harness import why_no_strace

ROOT = Path(__file__).parents[2]
CALLS = "trace=connect,sendto,sendmsg,sendmmsg"
ELSEWHERE = re.compile(r'AF_INET6?\b(?!.*(?:"127\.|"::1"))')
SEND = "import socket; socket.socket(2, 2).sendto(b'x', ('{address}', 9))"


CI_VARIABLES = (
    "CI", "TF_BUILD", "GITHUB_ACTIONS", "GITLAB_CI", "CIRCLECI", "TRAVIS", "JENKINS_URL",
    "CODEBUILD_BUILD_ID", "BUILDKITE", "TEAMCITY_VERSION", "APPVEYOR", "BITBUCKET_BUILD_NUMBER",
)  # fmt: skip


def tracing(log: Path, *options: str) -> list[str]:
    """What stands before a command so that `log` has what it and its children send."""
    if reason := why_no_strace():
        pytest.skip(reason)
    # ONNX Runtime reports nothing where it takes itself to be in CI.
    home = [part for name in CI_VARIABLES for part in ("-u", name)]
    return ["env", *home, "strace", *options, "-f", "-qq", "-e", CALLS, "-o", str(log)]


def sent_away(log: Path) -> str:
    """The calls in a log that send something to another machine."""
    calls = [line for line in log.read_text("utf-8").splitlines() if ELSEWHERE.search(line)]
    return "\n".join(calls)


def traced(tmp_path: Path, *command: str) -> tuple[str, str]:
    """What a command prints, and the calls of it and its children that send something away."""
    log = tmp_path / "calls.txt"
    done = subprocess.run(
        [*tracing(log), sys.executable, *command],
        cwd=ROOT, capture_output=True, text=True, check=True, timeout=300,
    )  # fmt: skip
    return done.stdout, sent_away(log)


def test_indexing_and_asking_send_nothing_away(tmp_path: Path, data_dir: Path) -> None:
    articles = tmp_path / "articles"
    articles.mkdir()
    (articles / "page.html").write_text(
        "<html><head><title>A tower</title></head><body><article><p>The tower of Lusk is "
        "40 metres high.</p><img src='http://outside.example/a.png'></article></body></html>",
        "utf-8",
    )
    place = ("--data-dir", str(data_dir))
    _, sent = traced(tmp_path, "-m", "assistant", "index", str(articles), *place)
    assert sent == ""
    said, sent = traced(tmp_path, "-m", "assistant", "ask", "How high is the tower?", *place)
    assert "40 metres" in said
    assert sent == ""


def test_what_is_sent_away_would_be_seen(tmp_path: Path) -> None:
    assert "192.0.2.1" in traced(tmp_path, "-c", SEND.format(address="192.0.2.1"))[1]
    assert traced(tmp_path, "-c", SEND.format(address="127.0.0.1"))[1] == ""
