from dataclasses import replace

from nas_dev.demo.closing import commands

from .test_search import EMBEDDED


def test_the_embedded_cluster_is_found_first_and_taken_down_last() -> None:
    first, *_, last = commands("fashion-mnist", EMBEDDED)
    assert first.startswith('eval "$(make -s env CLUSTER=demo)"')
    assert last.startswith("make demo-down")


def test_every_command_on_a_users_cluster_names_its_context() -> None:
    for command in commands("fashion-mnist", replace(EMBEDDED, context="mine")):
        assert "context mine" in command
