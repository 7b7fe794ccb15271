"""How well zero-cost proxies rank NAS-Bench-201's cells (`make bench-proxies`)."""
