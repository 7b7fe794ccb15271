"""Zero-cost proxies, one a file: scores of networks that are not trained; `scores` has the table of them."""
