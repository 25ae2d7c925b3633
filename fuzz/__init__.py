"""Fuzzing of the SIP core: `targets` says what must hold, `run` lets atheris try."""
