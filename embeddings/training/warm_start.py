"""A trained reader → the network it came from, to be trained further."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from embeddings.training.network import ReaderNetwork

__all__ = ["load_reader"]


def load_reader(network: ReaderNetwork, model: Path) -> None:
    """Start the network from an exported `model.onnx`; int8 weights are put back in float32.

    The exporter names what it can after the network's parameters; the weights of linear layers it
    turns round and numbers, in the order in which the network uses them.
    """
    import onnx
    import torch
    from onnx import numpy_helper

    graph = onnx.load(str(model)).graph
    held = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}

    def weight(name: str) -> torch.Tensor:
        whole = name.removesuffix("_quantized")
        if whole == name:
            return torch.from_numpy(held[name].copy())
        values = held[name].astype("float32") - held[f"{whole}_zero_point"].astype("float32")
        return torch.from_numpy(values * held[f"{whole}_scale"])

    turned = [
        node.input[1]
        for node in graph.node
        if node.op_type in ("MatMul", "MatMulInteger") and node.input[1] in held
    ]
    linear = [f"layers.{i}.{part}" for i in range(len(network.layers)) for part in PARTS]
    if len(turned) != len(linear) + 2:
        raise ValueError(f"{model} has {len(turned)} linear layers, not {len(linear) + 2}")
    heads = {"tokens": 4, "text": 1}
    by_width = {weight(name).shape[1]: name for name in turned[len(linear) :]}
    state = network.state_dict()
    for name in state:
        if name in held:
            state[name] = torch.from_numpy(held[name].copy())
    for name in ("words", "places", "types"):
        table = f"{name}.weight"
        state[table] = weight(table if table in held else f"{table}_quantized")
    for name, source in zip(linear, turned, strict=False):
        state[f"{name}.weight"] = weight(source).T.contiguous()
    for name, width in heads.items():
        state[f"{name}.weight"] = weight(by_width[width]).T.contiguous()
    network.load_state_dict(state)


PARTS = ("qkv", "out", "up", "down")
"""Linear layers of one transformer layer, in the order in which they are used."""
