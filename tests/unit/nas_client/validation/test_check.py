"""What is refused without a cluster, and in which words: the tables that tests on a cluster are checked with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.support.denied_searches import ACCEPTED_SEARCHES, DENIED_SEARCHES
from tests.support.denied_templates import ACCEPTED_TEMPLATES, DENIED_TEMPLATES, UNKNOWN_FIELDS
from tests.support.wrong_manifests import WRONG

from nas_client.validation import findings

EXAMPLES = Path(__file__).parents[4] / "examples"


def search(**spec: Any) -> dict[str, Any]:
    given = {"task": {"dataset": {"name": "digits"}}, **spec}
    return {
        "apiVersion": "nas-operator.io/v1alpha1",
        "kind": "NASSearch",
        "metadata": {"name": "asked"},
        "spec": given,
    }


def said(*objects: dict[str, Any]) -> str:
    return "\n".join(map(str, findings(objects)))


def test_whether_a_model_is_there_only_the_cluster_knows() -> None:
    evaluation = {"initFrom": {"model": "digits-1"}}
    assert not findings([search(evaluation=evaluation, storage={"bucket": "nas", "secretRef": {"name": "s"}})])


@pytest.mark.parametrize("case", WRONG)
def test_what_people_get_wrong_is_refused(case: str) -> None:
    *_, spec = WRONG[case]
    assert findings([search() | {"spec": spec}])


@pytest.mark.parametrize("case", DENIED_SEARCHES)
def test_rules_say_what_the_api_server_says(case: str) -> None:
    spec, words = DENIED_SEARCHES[case]
    message = said(search(**spec))
    assert [word for word in words if word not in message] == [], message


@pytest.mark.parametrize("case", DENIED_TEMPLATES)
def test_rules_of_templates_say_what_the_api_server_says(case: str) -> None:
    template, field, words = DENIED_TEMPLATES[case]
    message = said(search(trialTemplate=template))
    assert [word for word in (f"spec.trialTemplate.{field}", *words) if word not in message] == [], message


@pytest.mark.parametrize("case", ACCEPTED_SEARCHES)
def test_a_search_that_is_fine_is_accepted(case: str) -> None:
    assert said(search(**ACCEPTED_SEARCHES[case])) == ""


@pytest.mark.parametrize("case", UNKNOWN_FIELDS)
def test_a_template_has_no_field_that_rights_depend_on(case: str) -> None:
    template, field = UNKNOWN_FIELDS[case]
    assert f"spec.trialTemplate.{field}: there is no such field" in said(search(trialTemplate=template))


@pytest.mark.parametrize("case", ACCEPTED_TEMPLATES)
def test_a_template_that_kubernetes_takes_is_accepted(case: str) -> None:
    assert said(search(trialTemplate=ACCEPTED_TEMPLATES[case])) == ""


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.yaml")), ids=lambda path: path.name)
def test_the_examples_are_accepted(path: Path) -> None:
    assert said(*filter(None, yaml.safe_load_all(path.read_text()))) == ""


@pytest.mark.parametrize(
    ("manifest", "sentence"),
    [
        (search(budget={"maxTrails": 3}), "spec.budget.maxTrails: there is no such field; did you mean maxTrials?"),
        (search() | {"apiVersion": "nas-operator.io/v1"}, "apiVersion: must be nas-operator.io/v1alpha1"),
        (
            search() | {"kind": "NASSerch"},
            "kind: must be one of NASSearchSpace, NASSearch, NASTrial, NASModel, NASPolicy, not",
        ),
        (search() | {"metadata": {"name": "My_Digits"}}, "; write my-digits"),
        (search() | {"metadata": {"name": "a", "label": {}}}, "metadata.label: there is no such field; did you mean"),
        (search() | {"metadata": None}, "metadata: is required"),
        (search(task={}), "spec.task.dataset: is required; add it"),
        (search(evaluation={"epochs": "10"}), 'must be a whole number without quotes, not "10"'),
        (search(objectives=[]), "name at least one metric, or leave objectives out"),
    ],
)
def test_a_message_has_field_value_and_remedy(manifest: dict[str, Any], sentence: str) -> None:
    assert sentence in said(manifest)


@pytest.mark.parametrize(
    ("spec", "sentence"),
    [
        # Another rule's message takes the first value that is wrong, and there is none.
        (
            {"hyperparameters": [{"name": "dropout", "choice": ["0"], "real": {"min": 0, "max": 2}}]},
            "exactly one of choice, integer, real and subset for dropout",
        ),
        ({"constraints": ["1", "1"]}, "spec.constraints[1]: must be a map (name: value), with fields such as metric"),
    ],
)
def test_a_rule_that_fails_is_broken_and_no_end_of_the_check(spec: dict[str, Any], sentence: str) -> None:
    assert sentence in said(search(**spec))


def test_guidance_that_the_space_cannot_keep_is_refused() -> None:
    guidance = {"decisions": [{"name": "0-1", "forbid": ["sep_conv"]}]}
    sentence = "spec.guidance.decisions: 'sep_conv' is no value: 0-1 is one of none, "
    assert sentence in said(search(guidance=guidance))


def test_null_counts_as_absent() -> None:
    assert said(search(budget=None, evaluation={"epochs": None})) == ""


def test_a_space_that_a_search_names_is_taken_from_the_same_file() -> None:
    space = search() | {"kind": "NASSearchSpace", "metadata": {"name": "mine"}}
    decisions = [{"name": "depth", "integer": {"min": 1, "max": 3}}]
    alike = space | {"spec": {"decisions": [*decisions, *decisions]}}
    asked = search(searchSpace={"ref": {"name": "mine"}})
    assert said(asked, space | {"spec": {"name": "tiny"}}) == ""
    assert "NASSearchSpace/mine" in said(asked, alike)
    assert said(asked) == ""


def test_objects_of_others_are_not_looked_at() -> None:
    assert findings([{"kind": "Secret", "apiVersion": "v1", "what": 1}]) == []


def test_aliases_that_make_few_characters_very_large_take_no_time() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{k}: &a{k} [{', '.join([f'*a{k - 1}'] * 10)}]" for k in range(1, 12)]
    assert said(search(task=yaml.safe_load("\n".join(lines)), objectives=yaml.safe_load("\n".join(lines))["a11"]))
