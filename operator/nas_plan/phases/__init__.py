"""The phases a search goes through, one file each, all with the interface of `nas_plan.phases.phase`.

`nas_plan.decide` has them in their order.
"""
