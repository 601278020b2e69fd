"""From articles to something searchable: read, split, encode, commit, index."""

import os

# ONNX Runtime reports to its makers over the network, from Linux and macOS too, unless it is told
# not to before it is loaded. Nothing leaves the machine: whoever uses it comes through here first.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
