"""Files that follow from the API models: CRDs, the chart's copies of them, the reference page, the editors' schema."""
