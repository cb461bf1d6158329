# Sourced by get-emscripten.sh and get-sources.sh: an apt of its own in a folder, which asks the machine's own Debian
# mirror for packages of another suite and changes nothing on the system. Needs no root.
set -euo pipefail

# The mirror that the system's apt uses for Debian ($DEBIAN_MIRROR names one where the system is not Debian).
debian_mirror() {
  if [ -n "${DEBIAN_MIRROR:-}" ]; then echo "$DEBIAN_MIRROR"; return; fi
  local uri
  uri=$(cat /etc/apt/sources.list.d/*.sources 2>/dev/null | awk '/^URIs:/ && $2 ~ /debian\/?$/ {print $2; exit}')
  [ -n "$uri" ] || uri=$(cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null |
    awk '$1 == "deb" {for (i = 2; i <= NF; i++) if ($i ~ /^https?:.*debian\/?$/) {print $i; exit}}' | head -n 1)
  if [ -z "$uri" ] && grep -qx 'ID=debian' /etc/os-release; then  # a mirror under another name
    uri=$(cat /etc/apt/sources.list.d/*.sources 2>/dev/null | awk '/^URIs:/ {print $2; exit}')
  fi
  if [ -z "$uri" ]; then
    echo "the system's apt names no Debian mirror; set DEBIAN_MIRROR to one (an address that ends in /debian)" >&2
    return 3
  fi
  echo "$uri"
}

# private_apt FOLDER SUITE deb|deb-src: makes it, exports APT_CONFIG and loads the package lists.
private_apt() {
  local folder=$1 suite=$2 type=$3 mirror keyring=/usr/share/keyrings/debian-archive-keyring.gpg
  mirror=$(debian_mirror)
  if [ ! -f $keyring ]; then
    echo "Debian's keys are missing: install debian-archive-keyring (apt-get install debian-archive-keyring)" >&2
    return 3
  fi
  mkdir -p "$folder"/{state/lists/partial,cache/archives/partial,parts,prefs}
  : > "$folder/status"
  printf 'Types: %s\nURIs: %s\nSuites: %s\nComponents: main\nSigned-By: %s\n' \
    "$type" "$mirror" "$suite" $keyring > "$folder/parts/debian.sources"
  cat > "$folder/apt.conf" <<CONF
Dir::State "$folder/state"; Dir::State::status "$folder/status"; Dir::Cache "$folder/cache";
Dir::Etc::sourcelist "/dev/null"; Dir::Etc::sourceparts "$folder/parts"; Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "$folder/prefs"; Acquire::Languages "none"; APT::Sandbox::User "root";
Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false"; Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled "false";
CONF
  export APT_CONFIG=$folder/apt.conf
  apt-get -qq update
}
