"""MLflow's own tracking server, with its database in a file; it can be killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from nas_dev.setup import mlflow
from nas_dev.steps import Steps

Json = dict[str, Any]


class MlflowProcess:
    """One server; what it has stays over restarts."""

    def __init__(self, directory: Path, port: int, prefix: Sequence[str] = ()) -> None:
        """``prefix``: what a command begins with to run where the server is to be; empty: on this machine."""
        self._directory, self.port, self._prefix = directory, port, prefix
        self._python = mlflow.python(Steps())
        self.url = f"http://127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it; it takes seconds until it answers."""
        argv = ["setpriv", "--pdeathsig", "KILL", "--", *self._prefix, str(self._python), "-m"]
        argv += ["mlflow", "server", "--host=127.0.0.1", f"--port={self.port}", "--workers=1"]
        argv += [f"--backend-store-uri=sqlite:///{self._directory}/mlflow.db"]
        argv += [f"--default-artifact-root={self._directory}/artifacts"]
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self._directory),
            "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
            "MLFLOW_DISABLE_TELEMETRY": "true",
        }
        with (self._directory / "mlflow.log").open("ab") as log:
            self._process = subprocess.Popen(argv, env=environment, stdout=log, stderr=log, start_new_session=True)

    def kill(self) -> None:
        """End all of its processes with SIGKILL."""
        if self._process:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None

    def answers(self) -> bool:
        """Whether it does."""
        try:
            self._fetch("/health", "")
        except subprocess.CalledProcessError:
            return False
        return True

    def until_it_answers(self, timeout: float = 60) -> None:
        """Wait until it does."""
        ends = time.monotonic() + timeout
        while not self.answers():
            assert time.monotonic() < ends, (self._directory / "mlflow.log").read_text()
            time.sleep(0.2)

    def runs(self, experiment: str) -> list[Json]:
        """Return the runs of an experiment that are not deleted, with tags and parameters as mappings."""
        found = self._ask(f"experiments/get-by-name?experiment_name={experiment}", None)["experiment"]
        asked = {"experiment_ids": [found["experiment_id"]], "max_results": 1000}
        runs: list[Json] = self._ask("runs/search", asked).get("runs", [])
        for run in runs:
            for name in ("tags", "params", "metrics"):
                run[name] = {each["key"]: each["value"] for each in run["data"].get(name, [])}
        return runs

    def history(self, run_id: str, metric: str) -> list[tuple[int, float]]:
        """Return step and value of each point of a metric."""
        answer = self._ask(f"metrics/get-history?run_id={run_id}&metric_key={metric}", None)
        return sorted((int(point["step"]), point["value"]) for point in answer.get("metrics", []))

    def versions(self) -> list[Json]:
        """Return the versions of all registered models."""
        found: list[Json] = self._ask("model-versions/search?max_results=1000", None).get("model_versions", [])
        return found

    def _ask(self, what: str, body: Json | None) -> Json:
        answer: Json = json.loads(self._fetch(f"/api/2.0/mlflow/{what}", json.dumps(body) if body else ""))
        return answer

    def _fetch(self, path: str, body: str) -> str:
        code = (
            "import sys, urllib.request as http\n"
            "data = sys.argv[2].encode() or None\n"
            "asked = http.Request(sys.argv[1], data, {'Content-Type': 'application/json'})\n"
            "print(http.urlopen(asked, timeout=10).read().decode())"
        )
        argv = [*self._prefix, sys.executable, "-c", code, f"{self.url}{path}", body]
        return subprocess.run(argv, check=True, capture_output=True, text=True).stdout
