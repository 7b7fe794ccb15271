"""The list of the generated files, with what each holds."""

from __future__ import annotations

import json
from pathlib import Path

import yaml

from nas_core.api import GROUP
from nas_core.crd.resources import Json
from nas_core.crd.schema import custom_resource_definitions
from nas_dev.generate.editor_schema import editor_schema
from nas_dev.generate.reasons import reasons_page
from nas_dev.generate.reference import reference
from nas_dev.paths import REPOSITORY

NOTICE = "Generated from operator/nas_core/api by make generate: do not edit, change the models."
REASONS_NOTICE = "Generated from operator/nas_core/reasons.py by make generate: do not edit, change the table."


def generated() -> dict[Path, str]:
    """Return the content of every generated file."""
    folder = REPOSITORY / "docs" / "reference"
    files = {
        folder / "api.md": reference(NOTICE),
        folder / "reasons.md": reasons_page(REASONS_NOTICE),
        folder / "nassearch.schema.json": json.dumps(editor_schema(), indent=2) + "\n",
    }
    for crd in custom_resource_definitions():
        name = f"{GROUP}_{crd['spec']['names']['plural']}.yaml"
        files[REPOSITORY / "crds" / name] = f"# {NOTICE}\n{to_yaml(crd)}"
        files[REPOSITORY / "helm" / "nas-operator" / "templates" / "crds" / name] = chart_template(crd)
    return files


def to_yaml(crd: Json) -> str:
    """Render an object with one line a description: they are long, and folded they would not be searchable."""
    return yaml.safe_dump(crd, sort_keys=False, width=1_000_000, allow_unicode=True)


def chart_template(crd: Json) -> str:
    """Return the chart's copy: Helm upgrades templates but never its ``crds/``; ``keep`` saves users' searches."""
    annotations = {"helm.sh/resource-policy": "keep"}
    kept = {**crd, "metadata": {**crd["metadata"], "annotations": annotations}}
    body = to_yaml(kept).replace("{{", '{{ "{{" }}')
    return f"{{{{- /* {NOTICE} */ -}}}}\n{{{{- if .Values.crds.install }}}}\n{body}{{{{- end }}}}\n"
