"""`telsdk demo`: the whole of telsdk on one machine, for real, in under a minute."""
