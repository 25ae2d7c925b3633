"""What hub and node share: start and stop, the listed key, refusals, and the load that a node tells its hub."""
