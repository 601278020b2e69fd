"""The walls of the house: who may import whom, what a file may be called, what an import costs."""

from __future__ import annotations

import ast
import importlib.util
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MAY_IMPORT = {
    "embeddings": {"embeddings"},
    "assistant": {"assistant", "embeddings"},
    "eval": {"eval", "assistant", "embeddings"},
}
STAGES = (
    "language",
    "understanding",
    "retrieval",
    "reading",
    "composing",
    "proof",
    "llm",
    "showing",
    "chat",
    "command",
)
"""The folders of `assistant`: each imports itself and what comes before it."""
HEAVY = {"torch", "transformers", "sentence_transformers", "faiss", "chainlit", "onnxruntime"}
OPTIONAL = {"openai", "httpx2", "pymilvus", "ray"}  # of extras: only these may import them
LATER = {
    "assistant.language.facts",
    "assistant.llm.composing",
    "assistant.proof.grounding",
    "embeddings.backup",
    "embeddings.checking",
    "embeddings.distributed",
    "embeddings.milvus",
    "embeddings.readers.metadata",
    "embeddings.readers.sandbox",
    "embeddings.uploading",
}
"""What an answer from an indexed folder seldom or never needs: whoever does imports it then."""
EXTRAS = {"completion.py": "llm", "milvus.py": "milvus", "distributed.py": "ray"}
PUBLIC = [
    "Answer",
    "Assistant",
    "AssistantError",
    "Citation",
    "CitationError",
    "CorpusError",
    "DamagedError",
    "EngineError",
    "Event",
    "Filter",
    "Hit",
    "ModelError",
    "QuestionError",
    "ReadError",
    "Settings",
    "SettingsError",
    "UnreadError",
    "ask",
]


def modules(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


def imported(path: Path) -> Iterator[str]:
    """Top-level name of every import in the file, those inside functions too."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: absolute imports only (Chainlit loads by path)"
            yield (node.module or "").split(".")[0]


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_imports_go_one_way(package: str) -> None:
    forbidden = MAY_IMPORT.keys() - MAY_IMPORT[package] | {"tests", "benchmarks"}
    wrong = {
        f"{path.relative_to(ROOT)} imports {name}"
        for path in modules(package)
        for name in imported(path)
        if name in forbidden
    }

    assert modules(package), f"{package} has no modules: the test looks in the wrong place"
    assert not wrong


@pytest.mark.parametrize("stage", STAGES)
def test_the_stages_of_an_answer_go_one_way(stage: str) -> None:
    later = STAGES[STAGES.index(stage) + 1 :]
    paths = modules(f"assistant/{stage}")
    wrong = {
        f"{path.relative_to(ROOT)} imports {name}"
        for path in paths
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.ImportFrom)
        for name in [str(node.module)]
        if any(f"{name}.".startswith(f"assistant.{other}.") for other in later)
    }

    assert len(paths) > 1, f"assistant/{stage} has no modules: the test looks in the wrong place"
    assert not wrong


def test_every_folder_of_assistant_is_a_stage() -> None:
    folders = {path.parent.name for path in (ROOT / "assistant").glob("*/__init__.py")}
    assert folders == set(STAGES)


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_no_module_hides_another(package: str) -> None:
    names = {path.stem for path in modules(package)} | {path.name for path in ROOT.iterdir()}

    assert not names & set(sys.stdlib_module_names) - {"__main__"}
    assert not names & {"utils", "util", "helpers", "misc", "common"}
    # Chainlit puts the app's folder first on sys.path: these would hide the packages.
    assert not {path.stem for path in modules(package)} & MAY_IMPORT.keys()


def test_every_import_is_a_declared_dependency() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    declared = {_distribution(line) for line in project["dependencies"]}
    optional = {
        file: declared | {_distribution(line) for line in project["optional-dependencies"][extra]}
        for file, extra in EXTRAS.items()
    }
    for_eval = declared | {_distribution(x) for x in project["optional-dependencies"]["dev"]}
    distributions = packages_distributions()
    undeclared = {
        f"{path.relative_to(ROOT)} imports {name}"
        for package in MAY_IMPORT
        for path in modules(package)
        for name in imported(path)
        if name not in sys.stdlib_module_names | MAY_IMPORT.keys()
        and not {_distribution(d) for d in distributions.get(name, [name])}
        & (
            for_eval
            if package == "eval" or "training" in path.parts
            else optional.get(path.name, declared)
        )
    }

    assert not undeclared


def test_every_dependency_is_pinned() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    pins = [line for line in lines if not line.startswith("#")]
    wanted = {
        _distribution(line)
        for line in [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    }

    assert [pin for pin in pins if not re.fullmatch(r"[\w.-]+==[\w.]+", pin)] == []
    assert wanted - {_distribution(pin) for pin in pins} == set()
    assert "torch==2.13.0" in pins


def loaded_by(module: str) -> set[str]:
    """Full names of all modules that come with the import of one, in a process of its own."""
    code = f"import sys, json, {module}; print(json.dumps(list(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return set(json.loads(done.stdout))


def test_import_of_assistant_is_cheap() -> None:
    loaded = {name.split(".")[0] for name in loaded_by("assistant.command.cli")}

    assert not loaded & (HEAVY | OPTIONAL | {"numpy", "tantivy", "pydantic", "onnx"})


def test_a_question_does_not_wait_for_what_answers_none() -> None:
    loaded = loaded_by("assistant.service")

    assert "assistant.composing.composer" in loaded
    assert not loaded & (LATER | HEAVY | OPTIONAL | {"numpy", "tantivy"})
    assert all(importlib.util.find_spec(name) for name in LATER), "a name that is no module"


def test_public_names_are_these_and_all_there() -> None:
    import assistant

    assert assistant.__all__ == PUBLIC
    assert all(getattr(assistant, name).__name__ == name for name in PUBLIC)
    assert set(PUBLIC) <= set(dir(assistant))
    with pytest.raises(AttributeError, match="no attribute 'answer_everything'"):
        _ = assistant.answer_everything


def test_error_tree_is_complete_and_public() -> None:
    import assistant
    from embeddings import errors

    defined = {
        name: value
        for name, value in vars(errors).items()
        if isinstance(value, type) and issubclass(value, Exception)
    }

    assert set(errors.__all__) == set(defined) <= set(assistant.__all__)
    assert all(issubclass(error, errors.AssistantError) for error in defined.values())
    assert all(name in (errors.__doc__ or "") for name in defined)


def _distribution(requirement: str) -> str:
    """Normalised name of the distribution in `name>=1,<2`."""
    name = re.match(r"[\w.-]+", requirement)
    assert name, requirement
    return re.sub(r"[-_.]+", "-", name[0]).lower()
