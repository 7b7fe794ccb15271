"""The CustomResourceDefinitions, made from the models of `nas_core.api`. Pure: the operator makes them too.

Flow: models -> `tree` -> `schema` (with the kinds of `resources`) -> ``make generate`` writes files; when the operator
starts, `served` compares the result with what the API server has.
"""
