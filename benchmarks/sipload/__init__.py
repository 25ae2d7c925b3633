"""A node under load: what benchmarks/node.py and other load generators run and ask."""
