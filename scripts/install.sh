#!/usr/bin/env bash
# Make the virtual environment and install the project into it, with pinned versions.
# Usage: scripts/install.sh VENV core|dev
set -euo pipefail
venv=$1
what=$2

# A folder of wheels that pip is told of serves uv too.
export UV_FIND_LINKS="${UV_FIND_LINKS-${PIP_FIND_LINKS-}}"

[ -x "$venv/bin/python" ] || python3 -m venv "$venv"
[ -x "$venv/bin/uv" ] || "$venv/bin/python" -m pip install --quiet --disable-pip-version-check uv

case $what in
core) target=. ;;
dev) target='.[dev]' ;;
*) echo "install.sh: there is no set '$what'; choose core or dev" >&2 && exit 2 ;;
esac

echo "Installing caption-boundaries ($what) into $venv …"
"$venv/bin/uv" pip install --quiet --python "$venv/bin/python" \
    --constraint constraints.txt --overrides overrides.txt --editable "$target"
touch "$venv/.$what"
