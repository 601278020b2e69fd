"""The reader's network: the six layers of MiniLM, with one linear layer on every token.

Written out by hand (about as long as a wrapper would be), so that training, export and the
checkpoint format depend on torch alone.
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

__all__ = ["ReaderNetwork", "load_minilm"]

VOCABULARY, WIDTH, DEPTH, HEADS, INNER, LENGTH = 30522, 384, 6, 12, 1536, 512
TOKEN_SIGNALS = 4
"""Per token: relevance to be averaged, relevance to be maximised, span start, span end.

The first starts as the token's cosine with the mean of the question's tokens: MiniLM read this way,
question and text together, already puts the right sentence first for 80 of 100 questions.
"""


class Layer(nn.Module):
    """One post-norm transformer layer, as BERT has it."""

    def __init__(self, dropout: float) -> None:
        super().__init__()
        self.qkv = nn.Linear(WIDTH, 3 * WIDTH)
        self.out = nn.Linear(WIDTH, WIDTH)
        self.norm1 = nn.LayerNorm(WIDTH, eps=1e-12)
        self.up = nn.Linear(WIDTH, INNER)
        self.down = nn.Linear(INNER, WIDTH)
        self.norm2 = nn.LayerNorm(WIDTH, eps=1e-12)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, bias: Tensor) -> Tensor:
        batch, length, _ = x.shape
        q, k, v = self.qkv(x).view(batch, length, 3, HEADS, WIDTH // HEADS).permute(2, 0, 3, 1, 4)
        scores = q @ k.transpose(-1, -2) * (WIDTH // HEADS) ** -0.5 + bias
        mixed = (scores.softmax(-1) @ v).transpose(1, 2).reshape(batch, length, WIDTH)
        x = self.norm1(x + self.dropout(self.out(mixed)))
        mixed = self.dropout(self.down(F.gelu(self.up(x))))
        return self.norm2(x + mixed)


class ReaderNetwork(nn.Module):
    """Token ids in; out: signals `(batch, length, 4)` per token, a logit `(batch,)` per text."""

    def __init__(self, dropout: float = 0.1) -> None:
        super().__init__()
        self.words = nn.Embedding(VOCABULARY, WIDTH)
        self.places = nn.Embedding(LENGTH, WIDTH)
        self.types = nn.Embedding(2, WIDTH)
        self.norm = nn.LayerNorm(WIDTH, eps=1e-12)
        self.dropout = nn.Dropout(dropout)
        self.layers = nn.ModuleList(Layer(dropout) for _ in range(DEPTH))
        self.tokens = nn.Linear(WIDTH, TOKEN_SIGNALS)
        self.text = nn.Linear(WIDTH, 1)
        self.likeness = nn.Parameter(torch.tensor(12.0))
        self.bfloat16 = False
        for head in (self.tokens, self.text):
            nn.init.normal_(head.weight, std=0.02)
            nn.init.zeros_(head.bias)
        with torch.no_grad():
            self.tokens.bias[0] = -7.0

    def forward(self, ids: Tensor, types: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """All int64 `(batch, length)`; `types` is 1 in the text, `mask` 0 in the padding."""
        places = torch.arange(ids.shape[1], device=ids.device)
        x = self.dropout(self.norm(self.words(ids) + self.places(places) + self.types(types)))
        bias = (1.0 - mask[:, None, None, :].to(x.dtype)) * -1e4
        with torch.autocast(ids.device.type, torch.bfloat16, enabled=self.bfloat16):
            for layer in self.layers:
                x = layer(x, bias)
        x = x.float()
        asked = ((1 - types) * mask).to(x.dtype).unsqueeze(-1)
        question = F.normalize((x * asked).sum(1, keepdim=True), dim=-1)
        likeness = (F.normalize(x, dim=-1) * question).sum(-1, keepdim=True) * self.likeness
        signals = self.tokens(x)
        return torch.cat([signals[..., :1] + likeness, signals[..., 1:]], -1), self.text(
            x[:, 0]
        ).squeeze(-1)

    def freeze(self, layers: int) -> None:
        """Keep the embeddings and the lowest `layers` layers as they are."""
        for part in (self.words, self.places, self.norm, *self.layers[:layers]):
            part.requires_grad_(False)


def load_minilm(network: ReaderNetwork, weights: Path) -> None:
    """Start the network from the published MiniLM weights (`model.safetensors`)."""
    from safetensors.torch import load_file

    given = load_file(str(weights))
    taken = {
        "words.weight": given["embeddings.word_embeddings.weight"],
        "places.weight": given["embeddings.position_embeddings.weight"],
        "types.weight": given["embeddings.token_type_embeddings.weight"][:1].repeat(2, 1),
        "norm.weight": given["embeddings.LayerNorm.weight"],
        "norm.bias": given["embeddings.LayerNorm.bias"],
    }
    names = {"out": "attention.output.dense", "norm1": "attention.output.LayerNorm"}
    names |= {"up": "intermediate.dense", "down": "output.dense", "norm2": "output.LayerNorm"}
    for index in range(DEPTH):
        layer = f"encoder.layer.{index}."
        for kind in ("weight", "bias"):
            parts = [
                given[f"{layer}attention.self.{part}.{kind}"] for part in ("query", "key", "value")
            ]
            taken[f"layers.{index}.qkv.{kind}"] = torch.cat(parts)
            for ours, theirs in names.items():
                taken[f"layers.{index}.{ours}.{kind}"] = given[f"{layer}{theirs}.{kind}"]
    missing, unexpected = network.load_state_dict(taken, strict=False)
    if unexpected or any(not name.startswith(("tokens.", "text.", "likeness")) for name in missing):
        raise ValueError(f"{weights} is not MiniLM: missing {missing}, unexpected {unexpected}")
