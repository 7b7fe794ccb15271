"""The smallest trainer that keeps the contract (docs/trial-contract.md): read a JSON file, write a JSON file.

It does not learn anything: its score is a toy, the share of convolutions in the cell, so that a search has something
to find. Put your own training where ``evaluate`` is, in any language and with any framework.
"""

import argparse
import json
import os
import pathlib
import sys
import time
from typing import Any

EXIT_CANDIDATE = 64  # the candidate or its input is wrong: the operator does not try again


def evaluate(candidate: dict[str, Any], seconds: float) -> dict[str, Any]:
    """Return the metrics of a candidate; ``seconds`` is how long its 'training' takes."""
    time.sleep(seconds)
    operations = list(candidate["architecture"].values())
    convolutions = sum(operation.startswith("nor_conv") for operation in operations)
    return {"val_accuracy": convolutions / len(operations), "parameters": 1000 * convolutions}


def main() -> int:
    """Read the input, evaluate the candidate, write the result."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=1.0)
    seconds = parser.parse_args().seconds
    result = pathlib.Path(os.environ["NAS_RESULT_FILE"])
    trial = json.loads(pathlib.Path(os.environ["NAS_TRIAL_FILE"]).read_text())
    if trial["work"] != "Train":
        message = f"this trainer cannot do work {trial['work']!r}"
        result.write_text(json.dumps({"outcome": "Failed", "reason": "WorkUnknown", "message": message}))
        return EXIT_CANDIDATE
    metrics = evaluate(trial["candidates"][0], seconds)
    result.write_text(json.dumps({"outcome": "Succeeded", "metrics": metrics}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
