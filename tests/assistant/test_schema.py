"""The published form of an answer, and the page that describes it."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from assistant import Assistant, answers
from assistant.proof.schema import answer_schema, check_answer
from embeddings.errors import CitationError

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "answer-format.md").read_text("utf-8")
QUESTIONS = (
    "How many vehicles did SAIC Ningde produce?",
    "How many vehicles did BYD produce in 2021?",
    "What did CEC sign in July?",
    "What is the melting point of tungsten?",
    "Which articles mention Jiangsu?",
)


def block(language: str) -> str:
    found = re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    assert len(found) == 1
    return str(found[0])


@pytest.fixture(scope="module")
def seeds(exported: Path) -> Iterator[Assistant]:
    with Assistant.open(ROOT / "seeds", data_dir=exported) as opened:
        yield opened


def closed(schema: Any) -> Any:
    """The same schema, which lets no field pass that it does not know."""
    if isinstance(schema, list):
        return [closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {name: closed(value) for name, value in schema.items()}
    if schema.get("type") == "object" and "properties" in schema:
        inner["additionalProperties"] = False
    return inner


def properties(schema: Any) -> Iterator[str]:
    """Names of all fields of all objects."""
    if isinstance(schema, dict):
        yield from schema.get("properties", {})
        for value in schema.values():
            yield from properties(value)


def test_the_schema_is_one_and_names_its_version() -> None:
    schema = answer_schema()
    Draft202012Validator.check_schema(schema)
    assert schema["$id"] == answers.SCHEMA == schema["properties"]["schema"]["const"]


@pytest.mark.parametrize("explain", [False, True])
@pytest.mark.parametrize("question", QUESTIONS)
def test_an_answer_has_no_field_that_the_schema_does_not_describe(
    seeds: Assistant, question: str, explain: bool
) -> None:
    saved = json.loads(json.dumps(seeds.ask(question, explain=explain).to_dict()))
    assert ("explanation" in saved) is explain
    Draft202012Validator(closed(answer_schema())).validate(saved)


def test_readers_of_this_version_can_read_a_later_one(seeds: Assistant) -> None:
    saved = json.loads(json.dumps(seeds.ask(QUESTIONS[0], explain=True).to_dict()))
    for place in (saved, saved["citations"][0], saved["hits"][0], saved["explanation"]):
        place["later"] = [1]
    check_answer(saved)
    assert not Draft202012Validator(closed(answer_schema())).is_valid(saved)


def test_the_page_tells_of_every_field() -> None:
    told = set(re.findall(r"`(\w+)`", PAGE))
    assert set(properties(answer_schema())) - told == set()


def test_the_example_of_the_page_is_what_the_program_makes(seeds: Assistant) -> None:
    example = json.loads(block("json"))
    Draft202012Validator(closed(answer_schema())).validate(example)
    assert all(finding.ok and not finding.soft for finding in seeds.verify(example))
    now = json.loads(json.dumps(seeds.ask(example["question"]).to_dict()))
    assert list(example) == list(now)
    assert list(example["citations"][0]) == list(now["citations"][0])
    assert list(example["hits"][0]) == list(now["hits"][0])
    assert example["text"] == now["text"]
    assert example["hits"][0]["text"] == now["hits"][0]["text"]


def test_the_program_of_the_page_proves_an_answer_without_footnote(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    program = block("python")
    assert "assistant" not in program
    assert len([line for line in program.splitlines() if line and "import" not in line]) <= 10
    example = json.loads(block("json"))
    (tmp_path / "articles").symlink_to(ROOT / "seeds", target_is_directory=True)
    monkeypatch.chdir(tmp_path)
    Path("answer.json").write_text(json.dumps(example), "utf-8")
    exec(program, {})
    assert capsys.readouterr().out == "[1] holds\n"
    for name, value in (("start", 0), ("quote", "Another."), ("sha256", "0" * 64), ("number", 2)):
        forged = copy.deepcopy(example)
        forged["citations"][0][name] = value
        Path("answer.json").write_text(json.dumps(forged), "utf-8")
        with pytest.raises(AssertionError):
            exec(program, {})


@pytest.mark.parametrize("saved", [None, [], "x", {}, {"schema": ["footnote/answer/1"]}])
def test_what_is_no_answer_at_all_is_told_how_to_make_one(saved: object) -> None:
    with pytest.raises(CitationError, match="--json > answer"):
        check_answer(saved)
