"""What Kubernetes would refuse in a Job, the models refuse in a search, with the words of the API server's rule."""

from __future__ import annotations

import pytest
from pydantic import ValidationError
from tests.support.refused_templates import ACCEPTED_TEMPLATES, REFUSED_TEMPLATES

from nas_core.api.template import TrialTemplate


@pytest.mark.parametrize("case", REFUSED_TEMPLATES)
def test_a_template_whose_jobs_would_be_refused(case: str) -> None:
    template, _, words = REFUSED_TEMPLATES[case]
    with pytest.raises(ValidationError) as refused:
        TrialTemplate.model_validate(template)
    assert [word for word in words if word not in str(refused.value)] == []


@pytest.mark.parametrize("case", ACCEPTED_TEMPLATES)
def test_a_template_that_is_fine(case: str) -> None:
    TrialTemplate.model_validate(ACCEPTED_TEMPLATES[case])
