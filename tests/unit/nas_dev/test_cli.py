"""The verbs."""

from nas_dev import cli


def test_every_verb_has_a_summary() -> None:
    text = cli.parser().format_help()
    for verb in ("setup", "venv", "cluster-up", "cluster-down", "cluster-status", "images", "env", "kubectl"):
        assert verb in text
