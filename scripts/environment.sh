# Sourced by scripts/demo, test and check: makes .venv from a lock file, once for each change of the lock.
# TELSDK_PYTHON names the Python to make it with, TELSDK_VENV another place for it.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
venv=${TELSDK_VENV:-$root/.venv}

fail() {
    printf '%s\n' "$*" >&2
    exit 1
}

# A Python that we support and that can make virtual environments.
find_python() {
    local candidate without_venv=""
    for candidate in ${TELSDK_PYTHON:-python3.11 python3.12 python3.13 python3 python}; do
        "$candidate" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null || continue
        if "$candidate" -c 'import venv, ensurepip' 2>/dev/null; then
            printf '%s\n' "$candidate"
            return
        fi
        without_venv=${without_venv:-$candidate}
    done
    [ -z "$without_venv" ] ||
        fail "$without_venv cannot make virtual environments: install its venv package (Debian: apt install python3-venv)"
    [ -z "${TELSDK_PYTHON:-}" ] || fail "TELSDK_PYTHON=$TELSDK_PYTHON is not Python 3.11, 3.12 or 3.13"
    fail "Python 3.11, 3.12 or 3.13 is missing: install one (Debian: apt install python3 python3-venv) and run this again"
}

stamp_of() {
    (cd "$root" && cat "requirements/$1.lock" pyproject.toml | cksum)
}

# make_venv FOLDER: a virtual environment there, if there is none.
make_venv() {
    [ -x "$1/bin/python" ] && return
    local python
    python=$(find_python)
    "$python" -m venv "$1" || fail "no virtual environment could be made in $1"
}

# install_packages VENV LOG ARGUMENT…: pip, quietly. What goes wrong is in LOG, and shortly in the message.
install_packages() {
    local into=$1 log=$2
    shift 2
    "$into/bin/python" -m pip install --quiet --disable-pip-version-check --no-input --no-deps "$@" >"$log" 2>&1 ||
        fail "the installation failed: $(grep -m1 -i error "$log" || echo "see $log"). Is a package index reachable? The whole log: $log"
}

# install_lock NAME: what requirements/NAME.lock says is in .venv, and telsdk itself, editable.
install_lock() {
    local name=$1 stamp="$venv/.installed-$1" wanted
    wanted=$(stamp_of "$name")
    [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ] && return
    make_venv "$venv"
    echo "Installing requirements/$name.lock into ${venv#"$root/"} (a minute or two, the first time only) …" >&2
    # The lock is complete, and its hashes say what may be installed; --no-deps keeps it at that. With a resolver,
    # older pips refuse a lock when a newer release of a package is out that another asks for with an extra.
    install_packages "$venv" "$venv/install.log" --require-hashes -r "$root/requirements/$name.lock"
    install_packages "$venv" "$venv/install-telsdk.log" --no-build-isolation --editable "$root"
    printf '%s\n' "$wanted" >"$stamp"
}

# install_tool NAME: what requirements/NAME.lock says is in .build/NAME, and nothing else.
install_tool() {
    local into="$root/.build/$1" lock="$root/requirements/$1.lock"
    cmp -s "$lock" "$into/installed.lock" && return
    make_venv "$into"
    echo "Installing requirements/$1.lock into .build/$1 …" >&2
    install_packages "$into" "$into/install.log" --require-hashes -r "$lock"
    cp "$lock" "$into/installed.lock"
}
