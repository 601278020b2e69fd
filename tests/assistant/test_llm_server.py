"""A real server that speaks the protocol: `transformers serve`, with a model that the test makes.

The model is a transformer whose weights are written by hand: each token of its answer is followed
by the next one. So what the server sends is known, and no training and no download is needed.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from assistant import Assistant, Settings
from tests.fakes import HashingEncoder

pytestmark = pytest.mark.slow

ARTICLE = (
    "Acme in Wend\n\nAcme produced 300,600 vehicles in Wend in 2023. Mara Lindqvist is the mayor."
)
WRITTEN = (
    "Acme produced 300,600 vehicles ",
    "in Wend in 2023 [2]. ",
    "Globex made 17 ships [2]. ",
    "Mara Lindqvist is the mayor",
    " [3].",
)
QUESTION = "How many vehicles did Acme produce, and who is the mayor of Wend?"
START_SECONDS = 180


def make_model(folder: Path) -> None:
    """A Llama of one layer that does nothing, between an embedding and a table of what follows."""
    import torch
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    turn, end, unknown = "<|assistant|>", "<|end|>", "<|unknown|>"
    tokenizer = Tokenizer(models.WordLevel({unknown: 0}, unk_token=unknown))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.decoder = decoders.Fuse()
    tokenizer.add_special_tokens([turn, end])
    tokenizer.add_tokens([AddedToken(piece, normalized=False) for piece in WRITTEN])
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token=end, unk_token=unknown)
    fast.chat_template = (
        "{% for message in messages %}{{ message['content'] }} {% endfor %}"
        "{% if add_generation_prompt %}<|assistant|>{% endif %}"
    )
    fast.save_pretrained(folder)

    size = 16
    config = LlamaConfig(
        vocab_size=size,
        hidden_size=size,
        intermediate_size=size,
        num_hidden_layers=1,
        num_attention_heads=2,
        max_position_embeddings=8192,
        eos_token_id=fast.eos_token_id,
        bos_token_id=None,
        pad_token_id=fast.eos_token_id,
    )
    model = LlamaForCausalLM(config)
    chain = [fast.convert_tokens_to_ids(token) for token in (turn, *WRITTEN, end)]
    with torch.no_grad():
        layer = model.model.layers[0]
        layer.self_attn.o_proj.weight.zero_()
        layer.mlp.down_proj.weight.zero_()
        model.model.embed_tokens.weight.copy_(torch.eye(size))
        model.lm_head.weight.zero_()
        for token, following in pairwise(chain):
            model.lm_head.weight[following, token] = 10.0
    model.generation_config.max_new_tokens = 50
    model.save_pretrained(folder)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """Address of the server and name of its model."""
    folder = tmp_path_factory.mktemp("model")
    make_model(folder)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        str(Path(sys.executable).with_name("transformers")), "serve", str(folder),
        "--host", "127.0.0.1", "--port", str(port), "--device", "cpu",
    ]  # fmt: skip
    log = folder / "server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            env={**os.environ, "HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1"},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            _wait(f"http://127.0.0.1:{port}/health", process, log)
            yield f"http://127.0.0.1:{port}/v1", str(folder)
        finally:
            process.terminate()
            process.wait(30)


def _wait(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        assert process.poll() is None, log.read_text("utf-8")[-2000:]
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.25)
    raise AssertionError(f"the server did not start: {log.read_text('utf-8')[-2000:]}")


def test_a_real_server_writes_and_is_proven(server: tuple[str, str], tmp_path: Path) -> None:
    (tmp_path / "articles").mkdir()
    (tmp_path / "articles" / "wend.txt").write_text(ARTICLE, "utf-8")
    url, model = server
    settings = Settings(
        articles=tmp_path / "articles",
        data_dir=tmp_path / "data",
        llm_url=url,
        llm_model=model,
        llm_prompt_price=1.0,
    )
    with Assistant.open(settings=settings, encoder=HashingEncoder()) as assistant:
        answer = assistant.ask(QUESTION)
        again = assistant.ask(QUESTION)
        refused = assistant.ask(QUESTION, llm=False)

    assert answer.text == (
        "Acme produced 300,600 vehicles in Wend in 2023.[1] Mara Lindqvist is the mayor.[2]"
    ), answer.notes
    assert answer.composer == "llm"
    assert answer.text == again.text
    assert refused.composer == "local"
    usage = answer.usage
    assert usage is not None
    assert usage.sentences_dropped == 1
    assert usage.prompt_tokens is not None
    assert usage.prompt_tokens > 50
    assert usage.completion_tokens == len(WRITTEN) + 1
    assert usage.cost == pytest.approx(usage.prompt_tokens * 1e-6)


def test_a_model_that_the_server_does_not_have(server: tuple[str, str], tmp_path: Path) -> None:
    (tmp_path / "articles").mkdir()
    (tmp_path / "articles" / "wend.txt").write_text(ARTICLE, "utf-8")
    settings = Settings(
        articles=tmp_path / "articles",
        data_dir=tmp_path / "data",
        llm_url=server[0].removesuffix("/v1") + "/v2",
        llm_model="another",
    )
    with Assistant.open(settings=settings, encoder=HashingEncoder()) as assistant:
        answer = assistant.ask(QUESTION)
    assert answer.composer == "local"
    assert "refused the request (HTTP 404)" in answer.notes[0]
