"""A hub, nodes and their users on loopback for benchmarks: facts in memory, each server a process of its own."""
