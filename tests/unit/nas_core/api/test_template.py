"""What Kubernetes would deny in a Job, the models deny in a search, with the words of the API server's rule."""

from __future__ import annotations

import pytest
from pydantic import ValidationError
from tests.support.denied_templates import ACCEPTED_TEMPLATES, DENIED_TEMPLATES

from nas_core.api.template import TrialTemplate


@pytest.mark.parametrize("case", DENIED_TEMPLATES)
def test_a_template_whose_jobs_would_be_denied(case: str) -> None:
    template, _, words = DENIED_TEMPLATES[case]
    with pytest.raises(ValidationError) as denied:
        TrialTemplate.model_validate(template)
    assert [word for word in words if word not in str(denied.value)] == []


@pytest.mark.parametrize("case", ACCEPTED_TEMPLATES)
def test_a_template_that_is_fine(case: str) -> None:
    TrialTemplate.model_validate(ACCEPTED_TEMPLATES[case])
