"""Model weights: what, from where, under which licence, with which sha256; fetched once, verified always."""
