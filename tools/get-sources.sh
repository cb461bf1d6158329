#!/bin/bash
# Upstream tarballs out of Debian's source packages into FOLDER (apt checks their hashes, tools/sources.js checks what
# lies in them). Only the tarballs are asked for: nothing of Debian's own packaging is used.
#   tools/get-sources.sh FOLDER SUITE PACKAGE…
. "$(dirname "$0")/private-apt.sh"
folder=$(mkdir -p "$1" && cd "$1" && pwd)
private_apt "$folder/apt" "$2" deb-src
cd "$folder"
apt-get -qq source --tar-only --download-only "${@:3}"
rm -rf "$folder/apt"
