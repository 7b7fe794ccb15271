"""The plan is pure: importing it loads no client of anything."""

import subprocess
import sys

NOT_LOADED = (
    "aiohttp", "boto3", "botocore", "kopf", "kubernetes", "prometheus_client", "rich", "yaml",
    "nas_operator", "nas_client", "nas_trial",
)  # fmt: skip


def test_the_plan_loads_no_client() -> None:
    program = f"import sys, nas_plan.decide; print(sorted(set(sys.modules) & set({NOT_LOADED!r})))"
    done = subprocess.run([sys.executable, "-c", program], check=False, capture_output=True, text=True, timeout=60)
    assert done.stdout + done.stderr == "[]\n"
