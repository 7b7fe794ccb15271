"""Simple models of the prepared data: what a search has to beat. Begin with `fit`; needs scikit-learn, no PyTorch."""
