"""Numbers: live curves of running trials (`curves`), and the operator's own (`own`)."""
