"""The phases of a search, one file each. All have the interface of `nas_plan.phases.phase`.

`nas_plan.decide` lists them in their order.
"""
