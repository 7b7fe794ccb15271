"""What a look at a search loads: nothing of the operator, and none of its libraries."""

import subprocess
import sys

import pytest

NOT_LOADED = (
    "aiohttp", "boto3", "botocore", "kopf", "numpy", "optuna", "prometheus_client", "scipy", "torch",
    "nas_benchmark", "nas_operator", "nas_plan", "nas_search", "nas_storage", "nas_trial",
)  # fmt: skip


def python(program: str) -> str:
    done = subprocess.run([sys.executable, "-c", program], check=False, capture_output=True, text=True, timeout=60)
    return done.stdout + done.stderr


@pytest.mark.parametrize("module", ["main", "watch", "best", "list"])
def test_looking_at_a_search_loads_nothing_of_the_operator(module: str) -> None:
    program = f"import sys, nas_client.cli.{module}; print(sorted(set(sys.modules) & set({NOT_LOADED!r})))"
    assert python(program) == "[]\n"


@pytest.mark.parametrize(
    ("command", "missing", "extra"),
    [
        ("benchmark --help", "scipy", "benchmark"),
        ("table --help", "nas_benchmark", "benchmark"),
        ("replay --help", "scipy", "search"),
    ],
)
def test_a_command_whose_packages_are_not_installed_says_what_to_install(
    command: str, missing: str, extra: str
) -> None:
    program = (
        f"import sys; sys.modules[{missing!r}] = None\n"
        f"from nas_client.cli.main import main; print(main({command.split()!r}))"
    )
    assert python(program).splitlines() == [
        "2",
        f"nasctl: this command needs {missing}, which is not installed; pip install 'nas-operator[{extra}]'",
    ]


def test_replaying_loads_nothing_of_the_operator() -> None:
    program = f"import sys, nas_client.cli.replay; print(sorted(set(sys.modules) & set({NOT_LOADED[:-1]!r})))"
    assert "nas_operator" not in python(program)
