"""`python -m eval`: its exit codes, what it writes and what it says."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

import assistant
from eval.__main__ import OWN_FLOORS, app, main
from eval.questions import Question, load
from eval.saved import read_saved
from eval.sets import QuestionSet, load_sets, named

ROOT = Path(__file__).parents[2]


@pytest.fixture
def evaluate(
    fake: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Callable[..., Result]:
    """Run the command over a fake assistant, writing to `tmp_path`; no set has been run yet."""
    monkeypatch.setattr("eval.compare_command.RUNS", tmp_path / "runs")

    def command(*arguments: str, sabotage: str = "") -> Result:
        class Fakes:
            @staticmethod
            def open(articles: Path, *, data_dir: Path | None = None) -> Any:
                return fake(sabotage)

        monkeypatch.setitem(vars(assistant), "Assistant", Fakes)
        out = [] if arguments[:1] in (("accept",), ("compare",)) else ["--out", str(tmp_path)]
        return CliRunner().invoke(app, [*out, *arguments])

    return command


@pytest.mark.parametrize(
    ("arguments", "problem", "command"),
    [
        (["--nonsense"], "No such option: --nonsense", "python -m eval"),
        (["check"], "Missing argument 'FILE…'", "python -m eval check"),
        (["nosuch"], "No such command 'nosuch'", "python -m eval"),
    ],
)
def test_wrong_usage_is_one_line(
    arguments: list[str], problem: str, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert said.startswith(f"eval: {problem}")
    assert said.endswith(f"; see `{command} --help`\n")
    assert said.count("\n") == 1


def test_a_sound_assistant_passes_and_the_report_is_written(
    evaluate: Callable[..., Result], tmp_path: Path, questions: tuple[Question, ...]
) -> None:
    result = evaluate()
    assert result.exit_code == 0, result.output
    assert "BROKEN" not in result.output
    document = json.loads((tmp_path / "latest.json").read_text(encoding="utf-8"))
    assert len(document["records"]) == len(questions)
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert f'<p class="told">{len(questions)} questions: ' in page
    markdown = (tmp_path / "latest.md").read_text(encoding="utf-8")
    assert markdown.startswith("# Evaluation")
    for name in ("reliability.svg", "risk-coverage.svg"):
        assert f"]({name})" in markdown
        assert (tmp_path / name).read_text(encoding="utf-8").startswith("<svg")


def test_a_broken_floor_and_what_it_lost_are_named(evaluate: Callable[..., Result]) -> None:
    result = evaluate(sabotage="offset_by_one")
    assert result.exit_code == 1
    assert "BROKEN: citation_validity must be ≥ 1, is 0.000; lost: " in result.output
    assert "saic-vehicles" in result.output
    assert "faults: " not in result.output


def test_verbose_names_each_failing_question(evaluate: Callable[..., Result]) -> None:
    result = evaluate("--verbose", "--no-gate", sabotage="never_refuses")
    assert result.exit_code == 0
    assert "answered_wrongly · un-saic-2021 · asked: How many vehicles did" in result.output
    assert "correct · saic-vehicles" not in result.output


def test_a_run_is_compared_with_the_accepted_one_and_what_was_lost_is_named(
    evaluate: Callable[..., Result], tmp_path: Path, questions: tuple[Question, ...]
) -> None:
    accepted = tmp_path / "accepted.jsonl"
    assert evaluate().exit_code == 0
    first = evaluate("accept", str(tmp_path), "--to", str(accepted))
    assert first.output.startswith(f"Accepted {len(questions)} questions")
    same = evaluate("--accepted", str(accepted))
    assert same.exit_code == 0, same.output
    assert f"0 lost, 0 won of {len(questions)} questions" in same.output
    worse = evaluate("--accepted", str(accepted), sabotage="forgets_history")
    assert worse.exit_code == 1
    follow_ups = sum(bool(q.history) and q.answerable for q in questions)
    drop = follow_ups / sum(q.answerable for q in questions)
    assert f"BROKEN: correctness since accepted: -{drop:.3f}, p = 0.0000; lost: " in worse.output
    assert "lost · follow-cec-where · " in worse.output
    comparison = json.loads((tmp_path / "comparison.json").read_text(encoding="utf-8"))
    assert "follow-cec-where" in comparison["lost"]
    assert "correctness" in comparison["dropped"]
    junit = (tmp_path / "junit.xml").read_text(encoding="utf-8")
    assert 'name="follow-cec-where" classname="follow_up"' in junit
    assert '<failure message="lost: ' in junit
    assert "## Against the accepted run" in (tmp_path / "latest.md").read_text(encoding="utf-8")
    refused = evaluate("accept", str(tmp_path), "--to", str(accepted))
    assert refused.exit_code == 2
    assert refused.stderr.startswith(
        "eval: the run of seeds is not accepted: its gate is closed by answerable_refused, "
    )
    assert "mend that, or say why it shall hold all the same: --because" in refused.stderr
    assert read_saved(accepted).because == ""
    again = evaluate("accept", str(tmp_path), "--to", str(accepted), "--because", "no follow-ups")
    told = f": {follow_ups} lost, 0 won of {len(questions)} questions since the one before"
    assert told in again.output
    worse_now = again.stderr.splitlines()[-1]
    assert worse_now.startswith("Worse than in the run accepted before: correctness (100.0 % → ")
    assert "citation_validity" not in worse_now
    assert read_saved(accepted).because == "no follow-ups"


def test_two_runs_are_compared_by_their_folders(
    evaluate: Callable[..., Result], tmp_path: Path, questions: tuple[Question, ...]
) -> None:
    before, after = str(tmp_path / "before"), str(tmp_path / "after")
    evaluate("--out", before)
    evaluate("--out", after, "--no-gate", sabotage="never_refuses")
    worse = evaluate("compare", before, after, "--json", str(tmp_path / "both.json"))
    assert worse.exit_code == 1
    assert "WORSE: unanswerable_refused, lost: " in worse.output
    assert json.loads((tmp_path / "both.json").read_text("utf-8"))["shared"] == len(questions)
    assert evaluate("compare", after, before).exit_code == 0
    assert evaluate("compare", before, before).exit_code == 0


def test_a_run_with_errors_or_of_another_set_is_not_accepted(
    evaluate: Callable[..., Result], tmp_path: Path
) -> None:
    mine = tmp_path / "mine.jsonl"
    lines = (ROOT / "eval/questions/development.jsonl").read_text(encoding="utf-8").splitlines()
    mine.write_text(lines[0], encoding="utf-8")
    assert evaluate("--questions", str(mine)).exit_code == 0
    other = evaluate("accept", str(tmp_path))
    assert other.exit_code == 2
    assert "the run is of the set 'own', not 'seeds'; name its file: --to" in other.stderr
    assert evaluate("--questions", str(mine), sabotage="fails").exit_code == 1
    failed = evaluate("accept", str(tmp_path), "--to", str(tmp_path / "a.jsonl"))
    assert failed.exit_code == 2
    assert "a run with errors is not accepted; failed: " in failed.stderr


def test_a_run_that_was_held_to_nothing_or_to_another_run_is_not_accepted_unexplained(
    evaluate: Callable[..., Result], tmp_path: Path
) -> None:
    accepted, blind = tmp_path / "accepted.jsonl", tmp_path / "blind.toml"
    assert evaluate().exit_code == 0
    assert evaluate("accept", str(tmp_path), "--to", str(accepted)).exit_code == 0
    ungated = evaluate("--no-gate", sabotage="forgets_history")
    assert ungated.exit_code == 0
    refused = evaluate("accept", str(tmp_path), "--to", str(accepted))
    assert (refused.exit_code, "it was held against no gate" in refused.stderr) == (2, True)
    # Held against floors that are too low, and, for want of another run, against itself.
    blind.write_text("[no_drop]\nmeasures = ['correctness']\n[errors]\nmax = 0", encoding="utf-8")
    itself = tmp_path / "itself.jsonl"
    itself.write_text(read_saved(tmp_path).accepted(), encoding="utf-8")
    low = evaluate(
        "--floors", str(blind), "--accepted", str(itself), sabotage="forgets_history"
    )  # fmt: skip
    assert low.exit_code == 0, low.output
    refused = evaluate("accept", str(tmp_path), "--to", str(accepted))
    assert refused.exit_code == 2
    assert "significantly worse than in the run accepted before: correctness" in refused.stderr
    assert evaluate("accept", str(tmp_path), "--to", str(accepted), "--because", " ").exit_code == 2
    everything = evaluate("accept", "--all", "--because", "so")
    assert "leave out RUN, --set, --to and --because" in everything.stderr


@pytest.fixture
def two_sets(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> tuple[QuestionSet, QuestionSet]:
    """Three questions that are asked, and three that are held out, in the place of our sets."""
    seeds = named(None, load_sets())
    lines = seeds.questions[0].read_text(encoding="utf-8").splitlines()
    made = []
    for name, rows in (("open", lines[:3]), ("hidden", lines[3:6])):
        path = tmp_path / f"{name}.jsonl"
        path.write_text("\n".join(rows), encoding="utf-8")
        accepted = tmp_path / "accepted" / f"{name}.jsonl"
        made.append(replace(seeds, name=name, questions=(path,), floors=OWN_FLOORS,
                            accepted=accepted, held_out=name == "hidden"))  # fmt: skip
    for module in ("eval.__main__", "eval.compare_command"):
        monkeypatch.setattr(f"{module}.load_sets", lambda: tuple(made))
        monkeypatch.setattr(f"{module}.RUNS", tmp_path)
    return made[0], made[1]


def test_all_sets_are_asked_and_each_has_its_run(
    evaluate: Callable[..., Result], two_sets: tuple[QuestionSet, QuestionSet], tmp_path: Path
) -> None:
    done = evaluate("--all", "--verbose", sabotage="drops_best_hit")
    assert done.exit_code == 0, done.output
    for one in two_sets:
        run = json.loads((tmp_path / one.name / "latest.json").read_text(encoding="utf-8"))
        assert (run["set"], len(run["records"])) == (one.name, 3)
        assert f"{one.name}: 3 questions, 0 s; the gate is open" in done.output
    told, hidden = ((tmp_path / one.name / "latest.md").read_text("utf-8") for one in two_sets)
    first, fourth = (load(one.questions)[0] for one in two_sets)
    assert first.question in told
    assert f"wrong · {first.id} · " in done.output
    assert fourth.question not in hidden + done.output
    assert fourth.id not in hidden + done.output

    accepted = evaluate("accept", "--all")
    assert accepted.exit_code == 0, accepted.output
    assert [len(read_saved(one.accepted).judged) for one in two_sets] == [3, 3]
    (tmp_path / "hidden" / "latest.json").unlink()
    two_sets[0].accepted.unlink()
    assert evaluate("accept", "--all").exit_code == 2
    assert not two_sets[0].accepted.exists(), "one cannot be accepted: none is"


def test_of_all_sets_one_that_closes_or_cannot_be_asked_decides(
    evaluate: Callable[..., Result], two_sets: tuple[QuestionSet, QuestionSet]
) -> None:
    closed = evaluate("--all", sabotage="offset_by_one")
    assert closed.exit_code == 1
    assert "the gate is closed by citation_validity" in closed.output
    two_sets[0].questions[0].write_text("no question", encoding="utf-8")
    failed = evaluate("--all")
    assert failed.exit_code == 2
    assert "hidden: 3 questions, 0 s; the gate is open" in failed.output
    assert "open: " not in failed.stdout


def test_on_github_the_lost_questions_are_annotated(
    evaluate: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_WORKSPACE", str(ROOT))
    lost = evaluate(sabotage="drops_best_hit")
    assert "::error title=Gate%3A " in lost.output
    assert "::error file=eval/questions/development.jsonl,line=" in lost.output
    assert "::error" not in evaluate("--no-annotate", sabotage="drops_best_hit").output


def test_the_next_step_is_told_from_the_folder_of_the_checkout(
    evaluate: Callable[..., Result],
    two_sets: tuple[QuestionSet, QuestionSet],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What a runner's folders are called helps nobody who has fetched the run."""
    monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path))
    own = evaluate("--questions", str(two_sets[0].questions[0]), "--out", str(tmp_path / "a run"))
    assert "run `python -m eval accept 'a run' --to accepted.jsonl`" in own.output
    named = evaluate("--set", "hidden")
    assert "run `python -m eval accept . --set hidden` and commit hidden.jsonl." in named.output


def test_own_questions_replace_the_committed_ones(
    evaluate: Callable[..., Result], tmp_path: Path
) -> None:
    mine = tmp_path / "mine.jsonl"
    lines = (ROOT / "eval/questions/development.jsonl").read_text(encoding="utf-8").splitlines()
    mine.write_text("\n".join(lines[:3]), encoding="utf-8")
    result = evaluate("--questions", str(mine))
    assert result.exit_code == 0, result.output
    assert "unanswerable_refused  ≥" not in result.output  # the floors of the committed set
    step = f"run `python -m eval accept {tmp_path} --to accepted.jsonl`, commit that file, and name"
    assert (
        "No accepted run: only citation_validity and errors are gated; however bad they get, these "
        "close no gate: correctness, " in result.output
    )
    assert step in result.output
    assert step in (tmp_path / "latest.md").read_text(encoding="utf-8")
    on_github = evaluate("--questions", str(mine), "--annotate")
    assert "::warning title=No accepted run::no accepted run: only citation_" in on_github.output
    document = json.loads((tmp_path / "latest.json").read_text(encoding="utf-8"))
    assert len(document["records"]) == 3


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--questions", "nowhere.jsonl"], "eval: nowhere.jsonl: cannot be read: No such file"),
        (["--floors", "nowhere.toml"], "eval: nowhere.toml: cannot be read"),
        (["--articles", "nowhere/"], "eval: nowhere: no such folder; name one with --articles"),
        (["accept"], "eval: there is no run of seeds yet; make one: python -m eval --set seeds"),
        (["--set", "nowhere"], "eval: no set is named 'nowhere'; there are: seeds"),
        (["--accepted", "nowhere.jsonl"], "eval: nowhere.jsonl: no such accepted run; `python"),
        (
            ["--all", "--set", "x", "--floors", "y"],
            "eval: --all asks the sets as they are; leave out --set, --floors",
        ),
        (["accept", "nowhere", "--all"], "eval: --all takes each set's last run; leave out RUN"),
        (["accept", "nowhere"], "eval: nowhere: cannot be read: No such file"),
        (["accept", "--set", "larkmere"], "eval: there is no run of larkmere yet; make one: "),
        (["compare", "nowhere", "nowhere"], "eval: nowhere: cannot be read: No such file"),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_2(
    arguments: list[str], message: str, evaluate: Callable[..., Result]
) -> None:
    result = evaluate(*arguments)
    assert result.exit_code == 2
    assert result.stderr.startswith(message)
    assert result.stderr.count("\n") == 1


def test_a_run_that_has_nothing_in_common_is_not_compared_with(
    evaluate: Callable[..., Result], tmp_path: Path
) -> None:
    """No measure could have dropped then, and the gate would be open whatever the answers are."""
    accepted = tmp_path / "accepted.jsonl"
    assert evaluate().exit_code == 0
    assert evaluate("accept", str(tmp_path), "--to", str(accepted)).exit_code == 0
    row = json.loads((ROOT / "eval/questions/development.jsonl").read_text("utf-8").split("\n")[0])
    mine = tmp_path / "mine.jsonl"
    mine.write_text(json.dumps({**row, "question": "In other words?"}), encoding="utf-8")
    result = evaluate("--questions", str(mine), "--accepted", str(accepted))
    assert result.exit_code == 2
    assert "was asked none of these questions in these words" in result.stderr


def test_a_folder_that_cannot_be_written_is_named(
    evaluate: Callable[..., Result], tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    result = evaluate("--out", str(tmp_path / "file"))
    assert result.exit_code == 2
    assert "cannot be written" in result.stderr
    assert "All questions" in result.stdout, "what was measured is lost"


def test_help_teaches_and_loads_nothing_heavy() -> None:
    code = (
        "import sys, runpy; sys.argv = ['eval', '--help']\n"
        "try: runpy.run_module('eval', run_name='__main__')\n"
        "except SystemExit: pass\n"
        "heavy = {'torch', 'faiss', 'onnxruntime', 'tantivy', 'numpy', 'ir_measures'}\n"
        "print('HEAVY', sorted(heavy & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    for taught in ("Exit code", "--questions", "--floors", "--set", "compare", "python -m eval"):
        assert taught in done.stdout
    assert "HEAVY []" in done.stdout
