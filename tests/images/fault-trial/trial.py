"""A trainer for fault tests: takes as long, and ends as, its arguments say. Standard library only.

Its score depends on the candidate alone, so that searches can be compared run by run.
"""

import argparse
import hashlib
import http.server
import json
import os
import pathlib
import signal
import sys
import threading
import time
from typing import Any

FAMILY = "nas_trial_metric"
RELEASED = threading.Event()
"""Set by a POST to the served page."""


def score(candidate: dict[str, Any]) -> float:
    """Return a number in [0, 1) that depends on the candidate alone."""
    return int(hashlib.sha256(candidate["id"].encode()).hexdigest()[:8], 16) / 2**32


def metrics(candidate: dict[str, Any]) -> dict[str, Any]:
    """Return what a candidate's training reports."""
    return {"val_accuracy": score(candidate), "parameters": 1000.0}


def prepare(trial: dict[str, Any], result: pathlib.Path, seconds: float) -> int:
    """Prepare data, as the operator sees it; BAD_DATA of the environment is what is wrong with them."""
    for _ in range(100):
        time.sleep(seconds / 100)
    if message := os.environ.get("BAD_DATA"):
        result.write_text(json.dumps({"outcome": "Failed", "reason": "DatasetInvalid", "message": message}))
        return 64
    namespace = trial["storage"]["root"].rsplit("/", 2)[0]
    dataset = {
        "address": f"s3://{trial['storage']['bucket']}/{namespace}/datasets/5eed/",
        "hash": "sha256:5eed",
        "training": 80,
        "validation": 20,
        "classes": 2,
        "warnings": ["2 files are not read: .xcf"],
    }
    result.write_text(json.dumps({"outcome": "Succeeded", "dataset": dataset}))
    return 0


def train_supernet(trial: dict[str, Any], result: pathlib.Path, seconds: float) -> int:
    """Train a supernet, as the operator sees it; DERIVED of the environment is what each run derives, as JSON.

    BAD_DATA is what is wrong with the data.
    """
    for _ in range(100):
        time.sleep(seconds / 100)
    if message := os.environ.get("BAD_DATA"):
        result.write_text(json.dumps({"outcome": "Failed", "reason": "DatasetInvalid", "message": message}))
        return 64
    identity, storage = trial["identity"], trial["storage"]
    derived = json.loads(os.environ.get("DERIVED", "[]"))
    told = {
        "outcome": "Succeeded",
        "checkpoint": f"s3://{storage['bucket']}/{storage['root']}/trials/{identity['trial']}/checkpoints/w.safetensors",
        "derived": [{"architecture": one} for one in (derived[identity["index"]] if derived else [])],
        "datasetHash": "sha256:5eed",
    }
    result.write_text(json.dumps(told))
    return 0


def serve(trial: dict[str, Any], state: dict[str, Any]) -> None:
    """Serve ``/metrics`` with the newest values; a POST ends what is held."""
    who = trial["identity"]

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            labels = f'nas_search_uid="{who["searchUID"]}",nas_trial="{who["trial"]}",nas_attempt="{who["attempt"]}"'
            lines = [f"# TYPE {FAMILY} gauge"]
            lines += [f'{FAMILY}{{{labels},metric="{name}"}} {value}' for name, value in state.items()]
            body = ("\n".join(lines) + "\n").encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            RELEASED.set()
            self.send_response(204)
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    threading.Thread(target=http.server.HTTPServer(("", 8080), Handler).serve_forever, daemon=True).start()


def main() -> int:
    """Do what the arguments say."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=0.0)
    parser.add_argument("--exit", type=int, default=0)
    parser.add_argument("--message", default="")
    parser.add_argument("--fail-index", default="", help="indices of trials that end with exit code 64")
    parser.add_argument("--fail-candidate", default="", help="indices of candidates, of several in a trial, that fail")
    parser.add_argument("--crash-first", action="store_true", help="the first attempt of each trial crashes")
    parser.add_argument("--serve", action="store_true")
    parser.add_argument("--saved-after", type=float, help="seconds after which the served page says so of a checkpoint")
    parser.add_argument("--hold", action="store_true", help="go on serving the last values until stopped, or a POST")
    parser.add_argument("--ignore-sigterm", action="store_true", help="do nothing on SIGTERM, as many programs do")
    args = parser.parse_args()
    result = pathlib.Path(os.environ["NAS_RESULT_FILE"])
    trial = json.loads(pathlib.Path(os.environ["NAS_TRIAL_FILE"]).read_text())
    identity = trial["identity"]
    signal.signal(signal.SIGTERM, signal.SIG_IGN if args.ignore_sigterm else lambda *_: sys.exit(75))
    print(f"trial {identity['trial']} attempt {identity['attempt']}", flush=True)
    if trial["work"] == "Prepare":
        if args.serve:
            serve(trial, {"rows": 40.0})
        return prepare(trial, result, args.seconds)
    if trial["work"] == "Supernet":
        return train_supernet(trial, result, args.seconds)
    candidate, state = trial["candidates"][0], {"epoch": 0.0, "val_accuracy": 0.0}
    if args.serve:
        serve(trial, state)
    if args.saved_after is not None:
        threading.Timer(args.saved_after, lambda: state.update(checkpoint_time=time.time())).start()
    epochs = trial.get("untilEpoch") or trial["evaluation"]["epochs"]
    for epoch in range(epochs):
        time.sleep(args.seconds / epochs)
        state.update(epoch=epoch + 1.0, val_accuracy=score(candidate) * (epoch + 1) / epochs)
    if args.hold:
        RELEASED.wait()
    code = args.exit
    if str(identity["index"]) in args.fail_index.split(","):
        code = 64
    if args.crash_first and identity["attempt"] == 1:
        code = 1
    if code:
        reason, message = "AskedToFail", args.message or f"told to end with {code}"
        print(f"about to fail: {message}", flush=True)
        result.write_text(json.dumps({"outcome": "Failed", "reason": reason, "message": message}))
        return int(code)
    told = {"outcome": "Succeeded", "metrics": metrics(candidate), "epochs": epochs}
    if len(trial["candidates"]) > 1:
        told["candidates"] = [
            {"id": one["id"], "outcome": "Failed", "reason": "AskedToFail", "message": "told to fail"}
            if str(identity["index"] + place) in args.fail_candidate.split(",")
            else {"id": one["id"], "outcome": "Succeeded", "metrics": metrics(one)}
            for place, one in enumerate(trial["candidates"])
        ]
    result.write_text(json.dumps(told))
    return 0


if __name__ == "__main__":
    sys.exit(main())
