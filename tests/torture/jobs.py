"""What the forked children do. Each job speaks in lines of JSON on the descriptor it is given."""

from __future__ import annotations

import importlib
import json
import os
import random
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any
from unittest import mock

from tests.fakes import HashingEncoder
from tests.torture.scenario import (
    LAST,
    ROUNDS,
    SENTENCES,
    State,
    apply,
    article,
    changing,
    many,
)

__all__ = ["mixed_articles", "run", "warm"]

WARM = """
    numpy faiss tantivy langchain_text_splitters sentencex rapidfuzz.distance pathspec sqlite3
    charset_normalizer tempfile tokenizers onnxruntime difflib fcntl mmap ctypes traceback
    assistant.service embeddings.onnx_session embeddings.reader_model embeddings.splitting
""".split()

Say = Callable[..., None]


def warm() -> None:
    """Import what the children need, so that a fork has it at once."""
    for name in WARM:
        importlib.import_module(name)
    root = Path(__file__).absolute().parent.parent.parent
    for package in ("embeddings", "assistant"):
        for path in sorted((root / package).rglob("*.py")):
            parts = path.relative_to(root).with_suffix("").parts
            if not {"training", "chat", "__main__", "__init__", "export", "encoder"} & set(parts):
                importlib.import_module(".".join(parts))


def run(job: str, arguments: dict[str, Any], voice: int) -> None:
    """Run a job; what it says is one write each, so a kill cuts no line in two."""
    _let_be_traced()

    def say(**message: object) -> None:
        os.writev(voice, [json.dumps(message).encode() + b"\n"])

    JOBS[job](say, **arguments)


def _let_be_traced() -> None:
    """Where Yama lets only ancestors trace, say that strace may too."""
    import ctypes

    set_ptracer, anyone = 0x59616D61, ctypes.c_ulong(-1)
    ctypes.CDLL(None).prctl(set_ptracer, anyone, 0, 0, 0)


def _stop() -> None:
    os.kill(os.getpid(), signal.SIGSTOP)


def _open(articles: str, data: str, progress: Callable[[Any], None] | None = None) -> Any:
    from assistant import Assistant

    return Assistant.open(articles, data_dir=data, encoder=HashingEncoder(), progress=progress)


def _acknowledge(say: Say, number: int) -> Callable[[Any], None]:
    """A progress callback that says which articles are done: those passed by a later one."""
    waiting: dict[str, tuple[str, int]] = {}

    def progress(step: Any) -> None:
        passed = [
            article_id
            for article_id, (stage, done) in waiting.items()
            if stage == step.stage and step.done > done
        ]
        if passed:
            for article_id in passed:
                del waiting[article_id]
            say(round=number, acknowledged=passed)
        if step.article_id is not None:
            waiting[step.article_id] = (step.stage, step.done)

    return progress


def _report(assistant: Any) -> dict[str, Any]:
    report = assistant.report
    found = {name: list(getattr(report, name)) for name in REPORTED}
    return found | {"refused": [[note.path, note.reason] for note in report.refused]}


REPORTED = ("added", "updated", "unchanged", "removed", "moved", "duplicates")


def _error(error: BaseException) -> dict[str, Any]:
    """An error as it reached the caller: its class, whether it is ours, its message."""
    import traceback

    from assistant import AssistantError

    frames = traceback.extract_tb(error.__traceback__)
    inner = [frame for frame in frames if "/embeddings/" in frame.filename] or frames
    return {
        "kind": type(error).__name__,
        "ours": isinstance(error, AssistantError),
        "message": str(error),
        "where": f"{Path(inner[-1].filename).name}:{inner[-1].lineno} {inner[-1].name}",
    }


def _notices(assistant: Any) -> list[str]:
    return [str(notice) for notice in getattr(assistant, "notices", ())]


# Indexing, killed or traced


def index(say: Say, articles: str, data: str, stop: bool = False, close: bool = True) -> None:
    """Index the folder, acknowledging each article as it is done; then answer once."""
    if stop:
        _stop()
    assistant = _open(articles, data, _acknowledge(say, 0))
    say(round=0, report=_report(assistant), notices=_notices(assistant))
    assistant.retrieve("what was lost", 3)
    say(round=0, answered=True)
    if close:
        assistant.close()


def index_late(say: Say, articles: str, data: str) -> None:
    """As `index`, but it stops for strace when the last article has been told of."""
    tell = _acknowledge(say, 0)
    stopped = False

    def progress(step: Any) -> None:
        nonlocal stopped
        tell(step)
        if not stopped and step.total and step.done >= step.total:
            stopped = True
            _stop()

    assistant = _open(articles, data, progress)
    if not stopped:
        _stop()
    say(round=0, report=_report(assistant))
    assistant.retrieve("what was lost", 3)
    say(round=0, answered=True)
    assistant.close()


def session(say: Say, articles: str, data: str) -> None:
    """Every round in one process, with an article taken out after the last."""
    say(go=True)
    for number, state in enumerate(ROUNDS):
        apply(Path(articles), state)
        say(round=number, begun=True)
        assistant = _open(articles, data, _acknowledge(say, number))
        say(round=number, report=_report(assistant))
        assistant.retrieve("what was lost", 3)
        if number == LAST:
            say(round=number, removing="last.txt")
            assistant.remove("last.txt")
            say(round=number, removed="last.txt")
            assistant.retrieve("what was lost", 3)
        assistant.close()
    say(over=True)


def remove(say: Say, articles: str, data: str, article: str, stop: bool = True) -> None:
    """Take one article out."""
    assistant = _open(articles, data)
    if stop:
        _stop()
    say(removing=article)
    assistant.remove(article)
    say(removed=article)
    assistant.retrieve("what was lost", 3)
    assistant.close()


# Indexing while the disk fails


def failing(say: Say, articles: str, data: str, out: str) -> None:
    """Two assistants: one opened before the faults, one while they last; then both without.

    `out` is an article that is taken out before.
    """
    old = _open(articles, data)
    old.remove(out)
    question = "what was lost in the tunnel"
    before = [_hit(hit) for hit in old.retrieve(question, 5)]
    say(before=before)
    _stop()  # the folder changes, and strace attaches
    _try(say, "opened", lambda: _used(_open(articles, data), question))
    _try(say, "old", lambda: [_hit(hit) for hit in old.retrieve(question, 5)])
    _stop()  # strace lets go
    _try(say, "old after", lambda: [_hit(hit) for hit in old.retrieve(question, 5)])
    _try(say, "retried", lambda: _used(_open(articles, data), question))


def _used(assistant: Any, question: str) -> dict[str, Any]:
    assistant.retrieve(question, 5)
    found = {"report": _report(assistant), "notices": _notices(assistant)}
    assistant.close()
    return found


def _try(say: Say, key: str, attempt: Callable[[], object]) -> None:
    try:
        say(**{key: attempt()})
    except Exception as error:
        say(**{key: {"error": _error(error)}})


def _hit(hit: Any) -> list[Any]:
    passage = hit.passage
    return [passage.article_id, passage.start, passage.end, passage.text, hit.score]


def crowded(say: Say, articles: str, data: str) -> None:
    """Open while there are only 0, 1, 2 … free descriptors; the limit is real."""
    import resource

    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    taken = set(map(int, os.listdir("/proc/self/fd")))
    lowest = next(number for number in range(1000) if number not in taken)
    for free in range(24):
        resource.setrlimit(resource.RLIMIT_NOFILE, (lowest + free, most))
        _try(say, f"free {free}", lambda: _used(_open(articles, data), "what was lost"))
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    _try(say, "retried", lambda: _used(_open(articles, data), "what was lost"))


def mounted(say: Say, articles: str, data: str, template: str, how: str) -> None:
    """Index on a file system of its own that is read-only, or full but for so many KiB.

    Only in a mount namespace of its own: see `harness.Server`.
    """
    import shutil
    import subprocess

    def mount(*words: str) -> None:
        subprocess.run(["mount", *words], check=True, capture_output=True)

    Path(data).mkdir(exist_ok=True)
    mount("-t", "tmpfs", "-o", "size=4m", "footnote", data)
    shutil.copytree(template, data, dirs_exist_ok=True)
    filler = Path(data) / "filler"
    apply(Path(articles), ROUNDS[0])
    old = _open(articles, data)
    question = "what was lost in the tunnel"
    say(before=[_hit(hit) for hit in old.retrieve(question, 5)])
    apply(Path(articles), ROUNDS[1])
    if how == "read-only":
        # A second mount over the first, which has a file open: that one would be busy.
        mount("--bind", data, data)
        mount("-o", "remount,bind,ro", data)
    else:
        free = shutil.disk_usage(data).free - 1024 * int(how)
        filler.write_bytes(b"0" * max(0, free))
    _try(say, "opened", lambda: _used(_open(articles, data), question))
    _try(say, "old", lambda: [_hit(hit) for hit in old.retrieve(question, 5)])
    if how == "read-only":
        subprocess.run(["umount", data], check=True, capture_output=True)
    else:
        filler.unlink()
    _try(say, "old after", lambda: [_hit(hit) for hit in old.retrieve(question, 5)])
    _try(say, "retried", lambda: _used(_open(articles, data), question))
    old.close()
    verify(say, articles, data, doctor=True)


# Opening what was damaged


QUESTIONS = (
    "what was lost in the tunnel",
    "the harbour of Aberdale moved at dawn",
    *(sentence for text, sentence in SENTENCES.items() if text in list(ROUNDS[2].values())[:4]),
)


def inspect(say: Say, articles: str, data: str, question: str | None = None) -> None:
    """Open twice, and say what the user is told and shown each time."""
    for look, questions in (("first", QUESTIONS), ("second", QUESTIONS[:1])):
        try:
            found = _seen(articles, data, question, questions)
        except Exception as error:
            say(**{look: {"error": _error(error)}})
        else:
            say(**{look: found})


def _seen(
    articles: str, data: str, question: str | None, questions: Sequence[str]
) -> dict[str, Any]:
    assistant = _open(articles, data)
    try:
        hits = [[_hit(hit) for hit in assistant.retrieve(asked, 6)] for asked in questions]
        answer = None
        if question:
            answered = assistant.ask(question)
            answer = [answered.text, [[c.article_id, c.quote] for c in answered.citations]]
        return {
            "report": _report(assistant),
            "notices": _notices(assistant),
            "texts": {article.id: article.text for article in assistant.articles()},
            "hits": hits,
            "answer": answer,
        }
    finally:
        assistant.close()


def live(say: Say, articles: str, data: str) -> None:
    """Open, wait while a file is damaged under the open assistant, then ask it."""
    assistant = _open(articles, data)
    say(before=[[_hit(hit) for hit in assistant.retrieve(asked, 6)] for asked in QUESTIONS])
    _stop()

    def look() -> dict[str, Any]:
        return {
            "hits": [[_hit(hit) for hit in assistant.retrieve(asked, 6)] for asked in QUESTIONS],
            "texts": {article.id: article.text for article in assistant.articles()},
        }

    _try(say, "after", look)


# Indexes made again, wrong clocks, many at once


def rebuild(say: Say, articles: str, data: str, count: int, queries: int) -> None:
    """Index generated articles in two runs, search; delete all that is derived, search again."""
    import shutil

    from assistant.service import corpus_folder

    folder = Path(articles)
    chance = random.Random("rebuild")
    texts = {f"{n:04d}.txt": article(f"generated {n}", 0, 10 + n % 40) for n in range(count)}
    apply(folder, dict(list(texts.items())[: count // 2]))
    _open(articles, data).close()
    changed = {name: text.replace("dawn", "night") for name, text in list(texts.items())[:9]}
    apply(folder, texts | changed)
    assistant = _open(articles, data)
    words = sorted({word for text in list(texts.values())[:50] for word in text.split()})
    asked = [" ".join(chance.sample(words, chance.randint(2, 7))) for _ in range(queries)]
    say(before=[[_short(hit) for hit in assistant.retrieve(q, 10)] for q in asked])
    say(passages=assistant.report.passages)
    assistant.close()
    corpus = corpus_folder(Path(data), [folder])
    derived = [path for path in corpus.iterdir() if path.name.startswith(("dense", "lexical"))]
    for path in derived:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
    assistant = _open(articles, data)
    say(after=[[_short(hit) for hit in assistant.retrieve(q, 10)] for q in asked])
    say(deleted=len(derived), notices=_notices(assistant))
    assistant.close()


def _short(hit: Any) -> list[Any]:
    return [hit.passage.article_id, hit.passage.start, hit.passage.end, hit.score]


def clocks(say: Say, articles: str, data: str, seed: str, rounds: int) -> None:
    """Change files to others of equal size, with times drawn at random and a clock that jumps."""
    chance = random.Random(seed)
    folder = Path(articles)
    names = [f"{letter}.txt" for letter in "abcdef"]
    versions = dict.fromkeys(names, 0)
    apply(folder, {name: article(name, 0) for name in names})
    changes, missed = 0, []
    decade = 10 * 365.25 * 86400
    true_time, true_ns, now = time.time, time.time_ns, time.time()
    _open(articles, data).close()
    for number in range(rounds):
        shift = chance.uniform(-decade, decade)
        mock.patch.object(time, "time", lambda shift=shift: true_time() + shift).start()
        mock.patch.object(time, "time_ns", lambda s=shift: true_ns() + int(s * 1e9)).start()
        changed = [name for name in names if chance.random() < 0.5]
        for name in names:
            path = folder / name
            old = path.stat()
            if name in changed:
                versions[name] += 1
                path.write_text(article(name, versions[name] % 7), "utf-8")
                assert path.stat().st_size == old.st_size
            kind = chance.randrange(4)
            if kind == 0:  # as before
                os.utime(path, ns=(old.st_atime_ns, old.st_mtime_ns))
            elif kind == 1:  # all alike
                os.utime(path, (now, now))
            elif kind == 2:
                moment = now + chance.uniform(-decade, decade)
                os.utime(path, (moment, moment))
        changes += len(changed)
        assistant = _open(articles, data)
        for name in names:
            if assistant.article(name).text != article(name, versions[name] % 7):
                missed.append(f"round {number}: {name}")
        touched = {*assistant.report.added, *assistant.report.updated}
        if not touched >= set(changed):
            missed.append(f"round {number}: {sorted(set(changed) - touched)} not in the report")
        assistant.close()
    say(changes=changes, missed=missed)


def indexer(
    say: Say, articles: str, data: str, prefix: str, count: int, chunk: int, changes: int
) -> None:
    """Write files in chunks, and index the folder after each. Started anew, it goes on.

    With each chunk, `changes` articles get another version.
    """
    files = list(many(prefix, count))
    for first in range(0, count, chunk):
        part = files[first : first + chunk]
        if all((Path(articles) / name).exists() for name, _ in part) and first + chunk < count:
            continue
        for name, text in (*changing(changes, first // chunk + 1).items(), *part):
            unfinished = Path(articles) / f".{prefix}-{name}"
            unfinished.write_text(text, "utf-8")
            unfinished.rename(Path(articles) / name)
        assistant = _open(articles, data)
        say(chunk=first, articles=assistant.report.articles)
        assistant.close()
    say(over=True)


def reader(
    say: Say, articles: str, data: str, stop_file: str, seed: int, changes: int, versions: int
) -> None:
    """Open once; search and ask until told to stop; check every hit and citation.

    Each has to be text of its article, and those of one article all of one version of it.
    """
    assistant = _open(articles, data)
    chance = random.Random(seed)
    known: dict[str, list[str]] = {}
    for version in range(versions):
        for name, text in changing(changes, version).items():
            known.setdefault(name, []).append(text)
    for prefix in ("left", "right"):
        known |= {name: [text] for name, text in many(prefix, 1000)}
    names = sorted(known)
    wrong: list[str] = []
    states: set[str] = set()
    asked = 0
    assistant.ask("What did the report say of a loss?")  # loads the reader, before the clock runs
    say(reading=True)
    while not Path(stop_file).exists() and len(wrong) < 20:
        name = chance.choice(names if asked % 2 else names[:changes])
        lines = known[name][-1].splitlines()
        if asked % 40 == 39:
            answer = assistant.ask(f"What did the report on {name} say of a loss?")
            states.add(answer.corpus)
            shown = [(h.passage.article_id, h.passage.start, h.passage.text) for h in answer.hits]
            shown += [(c.article_id, c.start, c.quote) for c in answer.citations]
            wrong += [
                f"{c.article_id}: cited as a text that it never was"
                for c in answer.citations
                if c.sha256 not in map(_sha, known[c.article_id])
            ]
        else:
            hits = assistant.retrieve(chance.choice(lines[2:]) or name, 12)
            shown = [(h.passage.article_id, h.passage.start, h.passage.text) for h in hits]
        wrong += mixed_articles(known, shown)
        asked += 1
    say(asked=asked, wrong=wrong, states=len(states))


def mixed_articles(
    known: dict[str, list[str]], shown: Sequence[tuple[str, int, str]]
) -> Iterator[str]:
    """Articles of which no single version holds all that was shown of them."""
    for article_id in {article_id for article_id, _, _ in shown}:
        parts = [(start, text) for other, start, text in shown if other == article_id]
        if not any(
            all(version[start : start + len(text)] == text for start, text in parts)
            for version in known[article_id]
        ):
            yield f"{article_id}: no version of it holds all of {parts}"[:400]


def _sha(text: str) -> str:
    import hashlib

    return hashlib.sha256(text.encode()).hexdigest()


# Writers that break the order on purpose: the checker must see it


def broken(say: Say, data: str, how: str) -> None:
    """Write one file and acknowledge it, with one step of the order left out."""
    import sqlite3

    folder = Path(data)
    _stop()
    if how.startswith("database"):
        db = sqlite3.connect(folder / "broken.sqlite", isolation_level=None)
        level = {"database unsynced": "OFF", "database journal may return": "FULL"}.get(
            how, "EXTRA"
        )
        db.execute(f"PRAGMA synchronous = {level}")
        db.execute("CREATE TABLE t (x)")
        db.execute("BEGIN IMMEDIATE")
        db.execute("INSERT INTO t VALUES (1)")
        db.execute("COMMIT")
        say(acknowledged=["broken"])
        db.close()
        return
    new, path = folder / ".new-broken", folder / "broken"
    with new.open("wb") as file:
        file.write(b"content")
        file.flush()
        if how != "file unsynced":
            os.fsync(file.fileno())
    if how == "acknowledged too soon":
        say(acknowledged=["broken"])
    if how == "written in place":
        path.write_bytes(b"content")
        new.unlink()
    else:
        os.replace(new, path)
    if how != "folder unsynced":
        descriptor = os.open(folder, os.O_RDONLY)
        os.fsync(descriptor)
        os.close(descriptor)
    say(acknowledged=["broken"])


# Looking


def verify(say: Say, articles: str, data: str, doctor: bool = False) -> None:
    """Open, and say everything that can be seen of the articles."""
    began = time.monotonic()
    try:
        assistant = _open(articles, data)
    except BaseException as error:
        say(error=_error(error), seconds=time.monotonic() - began)
        return
    say(reopened=time.monotonic() - began)
    say(report=_report(assistant), notices=_notices(assistant))
    texts = {article.id: article.text for article in assistant.articles()}
    say(texts=texts)
    say(unfound=list(_unfound(assistant, texts)), first=time.monotonic() - began)
    if doctor:
        checks = assistant.doctor()
        say(checks=[[c.name, c.ok, c.message, c.repaired] for c in checks])
    assistant.close()
    files = [str(path.relative_to(data)) for path in sorted(Path(data).rglob("*"))]
    say(files=files)


def _unfound(assistant: Any, texts: State) -> Iterator[str]:
    """Articles that a sentence of theirs does not find, or whose hits are not their text."""
    for article_id, text in texts.items():
        wanted = SENTENCES.get(text)
        if wanted is None:
            continue
        hits = assistant.retrieve(wanted, 5)
        if not any(h.passage.article_id == article_id and wanted in h.passage.text for h in hits):
            yield f"{article_id}: not found by {wanted!r}"
        for hit in hits:
            passage = hit.passage
            whole = texts.get(passage.article_id)
            if whole is None or whole[passage.start : passage.end] != passage.text:
                yield f"{passage.article_id}: a hit that is not its text"


JOBS: dict[str, Callable[..., None]] = {
    job.__name__: job
    for job in (
        index,
        index_late,
        session,
        remove,
        failing,
        crowded,
        mounted,
        inspect,
        live,
        rebuild,
        clocks,
        indexer,
        reader,
        broken,
        verify,
    )
}
