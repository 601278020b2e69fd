"""promptfoo: a folder with its configuration, the tests and a provider that asks Footnote.

Of an answer every fact is asserted by `icontains-any`, of a refusal that `refusal` is set in the
provider's metadata. The whole question goes into the test's `metadata`, and comes back from there.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eval.formats import (
    Exported,
    FormatError,
    Imported,
    LeftOut,
    answered_row,
    row_of,
    unanswerable_row,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from embeddings.records import Article
    from eval.questions import Question

__all__ = ["exported", "imported"]

PROVIDER = Path(__file__).with_name("promptfoo_provider.py")
REFUSED = "context.providerResponse.metadata.refusal !== null"
ANY = {"contains-any", "icontains-any"}
ALL = {"contains-all", "icontains-all"}
ONE = {"contains", "icontains", "equals"}


def exported(questions: Sequence[Question], articles: Path | None) -> Exported:
    """`promptfooconfig.yaml`, `tests.yaml` and the provider."""
    provider: dict[str, Any] = {"id": f"file://{PROVIDER.name}", "label": "Footnote"}
    if articles is not None:
        provider["config"] = {"articles": str(articles)}
    config = {
        "description": "Questions of Footnote's evaluation",
        "prompts": ["{{question}}"],
        "providers": [provider],
        "tests": "file://tests.yaml",
    }
    return Exported({
        "promptfooconfig.yaml": _yaml(config),
        "tests.yaml": _yaml([_test(question) for question in questions]),
        PROVIDER.name: PROVIDER.read_text("utf-8"),
    })  # fmt: skip


def imported(path: Path, articles: Mapping[str, Article], var: str = "question") -> Imported:
    """Questions of the tests in a YAML file: a list of tests, or a configuration that has it.

    Of assertions those on words are taken, for facts; a test with none of them is left out.
    """
    rows: list[dict[str, Any]] = []
    left_out: list[LeftOut] = []
    for number, test in enumerate(_tests(path), start=1):
        id_ = f"promptfoo-{number}"
        kept = _fields(test, "metadata").get("footnote")
        made = dict(kept) if isinstance(kept, dict) else _row(id_, test, articles, var)
        if isinstance(made, str):
            left_out.append(LeftOut(str(test.get("description") or id_), made))
        else:
            rows.append(made)
    return Imported(tuple(rows), left_out=tuple(left_out))


def _test(question: Question) -> dict[str, Any]:
    values: dict[str, Any] = {"question": _literal(question.question)}
    if question.history:
        values["history"] = [
            {"role": turn.role, "content": _literal(turn.content)} for turn in question.history
        ]
    checks = [
        {"type": "icontains-any", "value": [_literal(form) for form in _written(fact)]}
        for fact in question.facts
    ] or [{"type": "javascript", "value": REFUSED}]
    return {
        "description": question.id,
        "vars": values,
        "assert": checks,
        "metadata": {"kind": question.kind, "footnote": row_of(question)},
    }


def _written(fact: Sequence[str]) -> list[str]:
    """The forms of a fact, each with a printer's apostrophe too, which promptfoo tells apart."""
    return [*dict.fromkeys([*fact, *(form.replace("'", "’") for form in fact)])]


def _literal(text: str) -> str:
    """Text in which promptfoo, which renders everything as a template, finds nothing to render."""
    return f"{{% raw %}}{text}{{% endraw %}}" if re.search(r"\{[{%#]", text) else text


def _tests(path: Path) -> list[dict[str, Any]]:
    import yaml

    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise FormatError(f"{path}: cannot be read: {error.strerror}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise FormatError(f"{path}: not YAML: {' '.join(str(error).split())}") from error
    tests = document.get("tests") if isinstance(document, dict) else document
    if isinstance(tests, str):
        raise FormatError(f"{path}: its tests are in {tests}; name that file")
    if not isinstance(tests, list) or not all(isinstance(test, dict) for test in tests):
        raise FormatError(f"{path}: has no list of `tests`")
    return tests


def _row(
    id_: str, test: Mapping[str, Any], articles: Mapping[str, Article], var: str
) -> dict[str, Any] | str:
    question = _fields(test, "vars").get(var)
    if not isinstance(question, str) or not question.strip():
        return f"it has no var {var!r} of one text; name another with --var"
    facts: list[list[str]] = []
    checks = test.get("assert")
    for check in checks if isinstance(checks, list) else ():
        if not isinstance(check, dict):
            continue
        kind, value = check.get("type"), check.get("value")
        if kind == "is-refusal":
            return unanswerable_row(id_, question, None, "A refusal is asserted.", "from promptfoo")
        if kind in ANY | ALL and isinstance(value, list):
            facts += [[str(one) for one in value]] if kind in ANY else [[str(one)] for one in value]
        elif kind in ONE:
            facts.append([str(value)])
    if not facts:
        return "it asserts no words of the answer"
    return answered_row(id_, question, facts, articles.values(), "from promptfoo")


def _fields(test: Mapping[str, Any], name: str) -> dict[str, Any]:
    """An object of a test; none where it names a file instead, as promptfoo allows."""
    value = test.get(name)
    return value if isinstance(value, dict) else {}


def _yaml(document: object) -> str:
    import yaml

    return yaml.safe_dump(document, allow_unicode=True, sort_keys=False, width=100)
