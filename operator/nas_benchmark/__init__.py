"""Strategies measured on tabulated benchmarks (`nasctl benchmark`); begin reading at `simulation`."""
