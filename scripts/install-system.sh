#!/usr/bin/env bash
# Install what some tests need and Python packages do not bring; say what is missing where that is impossible.
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive

wanted=()
command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null ||
    wanted+=(chromium)
command -v node >/dev/null || wanted+=(nodejs)
[ -e /usr/share/tesseract-ocr/5/tessdata/eng.traineddata ] || wanted+=(tesseract-ocr-eng)
[ -e /usr/share/tesseract-ocr/5/tessdata/chi_sim.traineddata ] || wanted+=(tesseract-ocr-chi-sim)
# Fonts for synthetic captions: of the training split and of the test split, Latin and Chinese.
fonts=/usr/share/fonts/truetype
[ -e $fonts/dejavu/DejaVuSans.ttf ] || wanted+=(fonts-dejavu-core)
[ -e $fonts/liberation/LiberationSans-Regular.ttf ] || wanted+=(fonts-liberation)
[ -e $fonts/wqy/wqy-microhei.ttc ] || wanted+=(fonts-wqy-microhei)
[ -e $fonts/wqy/wqy-zenhei.ttc ] || wanted+=(fonts-wqy-zenhei)
[ ${#wanted[@]} -gt 0 ] || exit 0

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "Installing ${wanted[*]} …"
    apt-get update -qq && apt-get install -qq -y --no-install-recommends "${wanted[@]}" >/dev/null && exit 0
fi
echo "Missing: ${wanted[*]}. The tests that need them are skipped and say so; install them with apt to run all." >&2
