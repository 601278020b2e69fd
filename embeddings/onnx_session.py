"""How ONNX Runtime is run here: on the processor, quietly, and as a good neighbour."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import onnxruntime

__all__ = ["open_session"]


def open_session(model: str | bytes, threads: int | None = None) -> onnxruntime.InferenceSession:
    """A session for `model` (a path, or its bytes) on `threads` cores; None: all of them."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads or 0
    options.log_severity_level = 3
    # Waiting threads sleep. Spinning is a little faster on an idle machine, and many times
    # slower on a busy one: a server with several users, or a CI runner.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
