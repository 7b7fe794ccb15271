from __future__ import annotations

import json

import pytest

from nas_backend.result_text import UnusableResult, read_result

GOOD = '{"outcome":"Succeeded","metrics":{"val_accuracy":0.5}}'


def with_metric(value: object) -> str:
    return json.dumps({"outcome": "Succeeded", "metrics": {"val_accuracy": value}})


def test_a_result_may_carry_more_than_is_known() -> None:
    result = read_result('  {"outcome":"Failed","reason":"Boom","ours":{"a":1}}\n')
    assert result.reason == "Boom"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (with_metric("91.2%"), 'metrics.val_accuracy: "91.2%" is no number'),
        (with_metric(None), "metrics.val_accuracy: null is no number"),
        (with_metric([0.9]), "metrics.val_accuracy: [0.9] is no number"),
        (with_metric("9" * 400 + "%"), "…"),
        ('{"outcome":"success"}', "outcome: \"success\" is none of 'Succeeded', 'Failed' or 'Refused'"),
        ('{"metrics":{"val_accuracy":0.9}}', "outcome is missing"),
        ("{}", "outcome is missing"),
        ('{"outcome":"Succeeded","metrics":[0.9]}', "metrics: [0.9]: Input should be an object"),
        ('{"outcome":"Good","metrics":{"a":"x"}}', "(and 1 more faults)"),
        ("[0.9]", "[0.9] is no JSON object"),
        ("val_accuracy=0.91", "it is no JSON object, but begins with 'val_accuracy=0.91'"),
        (f"{GOOD}\n{GOOD}", 'there is more behind its JSON object: \'{"outcome"'),
        (f"{GOOD} done", "there is more behind its JSON object: 'done'; write one object, once"),
        ("{'outcome': 'Succeeded'}", "it is no JSON: key must be a string"),
        ('{"outcome":"Succ', "it is no JSON: EOF"),
        ('{"metrics":' + "[" * 4000, "it is no JSON: recursion limit exceeded"),
        ('{"outcome":"Succeeded","metrics":{' + '"m":1,' * 900, "longer than the 3,000 bytes"),
    ],
)
def test_what_is_wrong_is_said(text: str, words: str) -> None:
    with pytest.raises(UnusableResult) as fault:
        read_result(text)
    assert words in str(fault.value) and len(str(fault.value)) < 300
