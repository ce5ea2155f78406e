#!/bin/sh
# Makes .venv and installs kgraph into it, editable, pinned by constraints.txt.
#   environment.sh PYTHON           what `kgraph serve` needs
#   environment.sh PYTHON --test    and what tests and lint need
#   environment.sh PYTHON --pin     write constraints.txt again from a fresh installation
# Exit 3: this machine lacks something; the message says what and how to get it.
set -eu
cd "$(dirname "$0")/.."
python=${1:-python3}
extras=${2:-}

fail() { printf '%s\n' "$@" >&2; exit 3; }

runs() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }

if ! command -v "$python" >/dev/null 2>&1; then
  fail "kgraph needs Python 3.11 or newer; there is no '$python' on the PATH." \
    "  Install it (Debian, Ubuntu: apt install python3 python3-venv), or name yours: make PYTHON=/path/to/python3.12 ..."
fi
if ! runs "$python"; then
  found=$("$python" -c 'import platform; print(platform.python_version())' 2>/dev/null || echo unknown)
  for newer in python3.14 python3.13 python3.12 python3.11; do
    if command -v "$newer" >/dev/null 2>&1 && runs "$newer"; then
      echo "'$python' is Python $found; using $newer instead." >&2
      python=$newer
      break
    fi
  done
  runs "$python" || fail "kgraph needs Python 3.11 or newer; '$python' is Python $found." \
    "  Install a newer one beside it and name it: make PYTHON=python3.12 ..."
fi

venv=.venv
if [ "$extras" = --pin ]; then
  venv=$(mktemp -d)
  trap 'rm -rf "$venv"' EXIT
fi
log=$(mktemp)
if [ ! -x "$venv/bin/python" ] || ! "$venv/bin/python" -c '' 2>/dev/null; then
  echo "Making $venv with $("$python" --version) ..."
  if ! "$python" -m venv --clear "$venv" >"$log" 2>&1; then
    if ! "$python" -c 'import venv, ensurepip' >/dev/null 2>&1; then
      rm -rf "$venv"
      minor=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
      fail "This Python has no complete venv module, which makes the environment that kgraph is installed into." \
        "  Debian, Ubuntu: apt install python$minor-venv; then run make again."
    fi
    cat "$log" >&2
    fail "The environment in $venv could not be made; the reason stands above."
  fi
fi
"$venv/bin/python" -m pip --version >/dev/null 2>&1 ||
  fail "The environment in $venv holds no pip." "  Remove it (rm -r $venv) and run make again."

install() { "$venv/bin/python" -m pip install -q --disable-pip-version-check "$@" >"$log" 2>&1; }

explain() {
  tail -n 4 "$log" >&2
  if grep -qiE 'NewConnectionError|Temporary failure in name resolution|Connection refused|ConnectTimeout|ProxyError|Network is unreachable|No matching distribution found' "$log"; then
    fail "The packages could not be fetched: no way to the package index. The last lines of pip stand above." \
      "  Check the network (behind a proxy: set https_proxy; with a mirror: pip config set global.index-url ADDRESS), then run make again."
  fi
  fail "The packages could not be installed; the last lines of pip stand above."
}

case $extras in
  --pin)
    install '.[test,lint]' || explain
    "$venv/bin/python" -m pip freeze --exclude kgraph >"$log"
    { grep '^#' constraints.txt; LC_ALL=C sort -f "$log"; } >"$log.new" && mv "$log.new" constraints.txt
    ;;
  --test)
    echo "Installing kgraph and what its tests need into $venv ..."
    install -c constraints.txt -e '.[test,lint]' || explain
    touch "$venv/installed" "$venv/installed-test"
    ;;
  *)
    echo "Installing kgraph into $venv ..."
    install -c constraints.txt -e . || explain
    touch "$venv/installed"
    ;;
esac
rm -f "$log"
