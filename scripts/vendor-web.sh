#!/bin/sh
# Makes static/vendor/lit.js again from the npm package. For developers only: the result is committed.
set -eu
target="$(cd "$(dirname "$0")/.." && pwd)/src/caption_boundaries/web/static/vendor"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --no-audit --no-fund --silent lit-html@3.3.3 esbuild@0.28.2
cat > entry.js <<'JS'
export { html, svg, render, nothing, noChange } from "lit-html";
export { repeat } from 'lit-html/directives/repeat.js';
export { classMap } from 'lit-html/directives/class-map.js';
export { live } from 'lit-html/directives/live.js';
export { ref, createRef } from 'lit-html/directives/ref.js';
export { ifDefined } from 'lit-html/directives/if-defined.js';
export { guard } from 'lit-html/directives/guard.js';
JS
./node_modules/.bin/esbuild entry.js --bundle --format=esm --minify --conditions=production \
    --legal-comments=inline --outfile="$target/lit.js"
cp node_modules/lit-html/LICENSE "$target/LICENSE-lit"
sha256sum "$target/lit.js"
