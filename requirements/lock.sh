#!/usr/bin/env bash
# Writes the lock files anew: run.lock (what `scripts/demo` installs) and dev.lock (with all that development
# needs). run.lock is a part of dev.lock: both hold the same versions. The others stand alone. Needs uv (PyPI) and npm.
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

# npm's: hashes, and no address that a package came from. Who pays whom is not ours to keep.
npm install --package-lock-only --omit-lockfile-registry-resolved --ignore-scripts --no-audit --no-fund --loglevel=error
node -e '
const fs = require("fs"), lock = JSON.parse(fs.readFileSync("package-lock.json"));
for (const entry of Object.values(lock.packages)) { delete entry.funding; delete entry.resolved; }
fs.writeFileSync("package-lock.json", JSON.stringify(lock, null, 2) + "\n");
'
