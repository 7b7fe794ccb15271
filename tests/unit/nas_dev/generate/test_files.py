"""Generated files are up to date: the fast half of `make lint`'s check, which a developer sees while editing."""

from __future__ import annotations

from nas_dev.generate import files


def test_generated_files_are_up_to_date() -> None:
    stale = [p.name for p, content in files.generated().items() if not p.exists() or p.read_text() != content]
    assert not stale, "run: make generate"


def test_braces_in_a_description_do_not_become_helm_actions() -> None:
    crd = {"metadata": {"annotations": {}}, "spec": {"description": "{{ danger }}"}}
    assert '{{ "{{" }} danger }}' in files.chart_template(crd)
