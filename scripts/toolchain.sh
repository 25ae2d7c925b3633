# Sourced after environment.sh and install_lock: brings what compiles and runs the contracts, and sets what ape needs.

{ command -v node && command -v npm; } >/dev/null || [ -x "$venv/bin/npm" ] || install_lock nodejs
toolchain=$("$venv/bin/python" "$root/scripts/toolchain.py" --env) || exit 1
eval "$toolchain"
unset toolchain
