"""What hub and node share: their life, their listed key, how they refuse, and the load that one tells the other."""
