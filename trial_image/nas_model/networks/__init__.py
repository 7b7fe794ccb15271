"""Networks from encodings: a file a family of search spaces; `build` has the table of them."""
