"""What a model's weights are worth for few labelled examples of other classes (`make bench-few-shot`)."""
