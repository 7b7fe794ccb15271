"""Nothing waits a fixed time for what takes longer on another machine: a sleep belongs in a loop that asks again."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from nas_dev.paths import REPOSITORY

PLAYED = {
    "examples/custom-trainer/trainer.py": "pretends to train",
    "tests/chaos/faulty_proxy.py": "a server that is slow",
    "tests/support/slow_trainer.py": "a network that is slow",
    "tests/unit/nas_operator/api_server.py": "a server that stays silent",
    "tests/unit/nas_operator/kube/test_watch.py": "a client whose next pause never ends",
}
"""Sleeps that are what is tested, not a wait for it."""


def test_every_sleep_is_in_a_loop_that_asks_again() -> None:
    fixed = {
        str(path.relative_to(REPOSITORY)): line
        for top in ("tests", "benchmarks", "dev", "examples")
        for path in (REPOSITORY / top).rglob("*.py")
        for line in fixed_sleeps(ast.parse(path.read_text()), in_loop=False)
    }
    assert fixed.keys() - PLAYED.keys() == set(), fixed
    assert PLAYED.keys() <= fixed.keys(), "take what is gone from the list"


def fixed_sleeps(node: ast.AST, in_loop: bool) -> Iterator[int]:
    """Yield the lines of calls of ``time.sleep`` and ``asyncio.sleep`` that no loop is around, but for ``sleep(0)``."""
    match node:
        case ast.Call(func=ast.Attribute(attr="sleep"), args=[ast.Constant(value=0)]):
            return
        case ast.Call(func=ast.Attribute(value=ast.Name(id="time" | "asyncio"), attr="sleep")) if not in_loop:
            yield node.lineno
    for child in ast.iter_child_nodes(node):
        yield from fixed_sleeps(child, in_loop or isinstance(node, ast.While | ast.For))
