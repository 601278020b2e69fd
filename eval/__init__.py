"""The questions, the metrics, the runs and the gate: `python -m eval` (see eval/README.md)."""
