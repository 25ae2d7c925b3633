"""One typed class for each contract."""
