"""What the README shows is what happens."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from assistant.settings import Settings

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")
SETTINGS = (ROOT / "docs" / "settings.md").read_text("utf-8")
DOCUMENTS = sorted(
    path
    for folder in ("", ".github", "docs", "seeds", "eval", "embeddings")
    for path in (ROOT / folder).glob("**/*.md" if folder else "*.md")
    if not {"articles", "runs"} & set(path.relative_to(ROOT).parts)
)


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def test_python_examples_run(
    data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FOOTNOTE_DATA_DIR", str(data_dir))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my-articles").mkdir()
    (tmp_path / "my-articles" / "treaty.md").write_text(
        "# A treaty\n\nThe agreement was signed by Mara Lindqvist and Tom Okafor in Wend.\n",
        "utf-8",
    )
    names: dict[str, object] = {}

    examples = blocks("python")
    assert len(examples) == 3
    for example in examples:
        exec(example, names)
        answer = names["answer"]
        assert answer.answered, example  # type: ignore[attr-defined]
        assert answer.citations, example  # type: ignore[attr-defined]


def test_help_is_shown_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    done = subprocess.run(
        [sys.executable, "-m", "assistant", "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )

    assert f"$ assistant --help\n{done.stdout}" in blocks("text")


def test_exit_codes_and_settings_are_the_real_ones() -> None:
    from assistant.command import cli

    codes = {cli.DONE, cli.CHECK_FAILED, cli.WRONG_USAGE, cli.FAILED, cli.INTERRUPTED}
    in_help = {int(code) for code in re.findall(r"^  (\d+) ", cli.HELP, re.MULTILINE)}

    assert in_help == codes
    for name, setting in Settings.model_fields.items():
        assert f"| `FOOTNOTE_{name.upper()}` | `{name}` |" in SETTINGS
        if isinstance(setting.default, str):
            assert f"`{setting.default}`" in SETTINGS
    rows = re.findall(r"^\| `FOOTNOTE_.*$", README, re.MULTILINE)
    assert rows, "the README shows none of the settings"
    for row in rows:
        assert row.replace("](", "](../") in SETTINGS, "the README says something else of it"


def test_make_targets_exist() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")

    for document in DOCUMENTS:
        for target in re.findall(r"(?:^|`)make ([a-z]+)", document.read_text("utf-8"), re.M):
            assert re.search(rf"^{target}:", makefile, re.MULTILINE), f"{document.name}: {target}"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(document: Path) -> None:
    for link in re.findall(r"\]\(([^)\s]+)\)", document.read_text("utf-8")):
        if not link.startswith(("http://", "https://")):
            path, _, anchor = link.partition("#")
            target = document.parent / path if path else document
            assert target.exists(), link
            assert not anchor or anchor in anchors(target), link


def anchors(document: Path) -> set[str]:
    """The names that GitHub gives to the headings of a page."""
    text = re.sub(r"^```.*?^```$", "", document.read_text("utf-8"), flags=re.M | re.S)
    headings = re.findall(r"^#{1,6} +(.+?) *$", text, re.MULTILINE)
    shown = (re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading) for heading in headings)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in shown}
