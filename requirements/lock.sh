#!/usr/bin/env bash
# Writes the lock files anew: run.lock (what `scripts/demo` installs) and dev.lock (with all that development
# needs). run.lock is a part of dev.lock: both hold the same versions. The others stand alone. Needs uv (PyPI).
set -euo pipefail
cd "$(dirname "$0")/.."
lock() {
    uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
        --no-emit-package telprotocol "$@"
}
lock pyproject.toml --extra demo --extra keyring --group dev -o requirements/dev.lock
lock pyproject.toml --extra demo --group build -c requirements/dev.lock -o requirements/run.lock
for group in nodejs slither halmos; do
    lock --group "$group" -o "requirements/$group.lock"
done
lock requirements/fuzz.in -o requirements/fuzz.lock
