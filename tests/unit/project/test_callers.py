"""No dead rooms: every public definition of the product is used by the product.

By name alone: a name counts as used where it is read, called or looked up as an attribute, in the product or in what
generates its files. Imports do not count, nor do tests and conformance suites. So one may escape that shares its
name with one that is used. Those that are accused wrongly, or stay for a reason, are listed here with it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from nas_dev.paths import REPOSITORY

STAYS: dict[str, str] = {
    "EDGES": "NAS-Bench's edges by name: who writes down a cell of the benchmark's text needs them (benchmarks, tests)",
    "extract": "of gradients: an ordinary network with a mixed network's weights, for who judges it untrained (tests)",
    "from_manifest": "of nas: for people's programs",
    "get_next": "onnxruntime asks a reader of calibration data for it",
    "preprocess": "of nas_model: for who computes with the network itself",
    "settings_of": "of gradients: for the work that trains supernets",
    "readable": "io.BufferedReader asks for it",
    "replay": "what the conformance suites, which ship, check of every strategy; the product asks for a sample",
    "seekable": "io.BufferedReader and zipfile ask for it",
}
"""Definitions that no line of the product names, with the reason."""

FILES = [
    path
    for top in ("operator", "trial_image")
    for path in sorted((REPOSITORY / top).rglob("*.py"))
    if "testing" not in path.parts
]
TREES = {path: ast.parse(path.read_text()) for path in FILES}
GENERATORS = [ast.parse(path.read_text()) for path in (REPOSITORY / "dev" / "nas_dev" / "generate").glob("*.py")]
Function = ast.FunctionDef | ast.AsyncFunctionDef


def test_every_public_definition_of_the_product_has_a_user_in_it() -> None:
    used = {name for tree in (*TREES.values(), *GENERATORS) for name in names_used(tree)} | STAYS.keys()
    dead = [
        f"{path.relative_to(REPOSITORY)}:{line}: {name}"
        for path, tree in TREES.items()
        for name, line in public_definitions(tree)
        if name not in used
    ]
    assert not dead, "delete it, or use it:\n" + "\n".join(dead)


def test_the_list_of_exceptions_holds_nothing_that_is_gone() -> None:
    defined = {name for tree in TREES.values() for name, _ in public_definitions(tree)}
    assert STAYS.keys() <= defined


def names_used(tree: ast.Module) -> Iterator[str]:
    """Yield the names that are read, and the attributes that are looked up."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr


def public_definitions(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Yield functions, classes, methods and constants of modules, with their lines."""
    for node in ast.walk(tree):
        if isinstance(node, Function | ast.ClassDef) and not registered(node) and not node.name.startswith("_"):
            yield node.name, node.lineno
    for node in tree.body:
        if isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for target in targets:
                if isinstance(target, ast.Name) and not target.id.startswith("_"):
                    yield target.id, node.lineno


def registered(node: Function | ast.ClassDef) -> bool:
    """Whether a decorator hands a function to somebody: a handler of Kopf, a validator of Pydantic."""
    return isinstance(node, Function) and any(isinstance(decorator, ast.Call) for decorator in node.decorator_list)
