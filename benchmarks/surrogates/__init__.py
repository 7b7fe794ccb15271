"""How well predictors rank all of NAS-Bench-201 from a few of its networks (`make bench-surrogates`)."""
