#!/bin/bash
# Debian trixie's Emscripten (3.1.69, clang 19, binaryen 120) as a private folder on any Debian or Ubuntu of the same
# architecture: nothing of the system changes, no root needed. About 300 MB are fetched, 0.95 GB lie on disk. The folder
# has its own path inside: make it anew, do not move it.
#   tools/get-emscripten.sh PREFIX      then: . PREFIX/env.sh
. "$(dirname "$0")/private-apt.sh"
prefix=$(mkdir -p "$1" && cd "$1" && pwd)
root=$prefix/root
llvm=19
case $(dpkg --print-architecture) in
  amd64) triplet=x86_64-linux-gnu loader=ld-linux-x86-64.so.2 ;;
  arm64) triplet=aarch64-linux-gnu loader=ld-linux-aarch64.so.1 ;;
  *) echo "no Emscripten packages for this architecture are known: install Emscripten by its own installer" >&2; exit 3 ;;
esac
echo "reading trixie's package lists"
private_apt "$prefix/apt" trixie deb
mkdir -p "$root"
cd "$prefix/apt/cache/archives"
echo "fetching packages (300 MB)"
# The suite's own libc and friends too: its binaries are run with them, not with the system's older ones.
apt-get -qq download emscripten binaryen clang-$llvm lld-$llvm llvm-$llvm libllvm$llvm libclang-common-$llvm-dev \
  llvm-$llvm-linker-tools libclang-cpp$llvm libxml2 libicu76 libc6 libgcc-s1 libstdc++6 libedit2 libz3-4 libzstd1 \
  zlib1g libtinfo6 libffi8 libbsd0 libmd0 liblzma5 node-acorn patchelf
for package in *.deb; do
  echo "unpacking ${package%%_*}"
  # Left out: documents and prebuilt libraries that no build here links; Emscripten makes one when it is asked for.
  dpkg-deb --fsys-tarfile "$package" | tar -x -C "$root" --exclude=./usr/share/doc --exclude=./usr/share/man \
    --exclude=./usr/share/emscripten/test --exclude=./usr/share/emscripten/out --exclude='*/wasm32-emscripten/libGL*emu*' \
    --exclude='*/wasm32-emscripten/*-ww*' --exclude='*/wasm32-emscripten/*asan*' --exclude='*/wasm32-emscripten/*ubsan*' \
    --exclude='*/wasm32-emscripten/*lsan*' --exclude='*/wasm32-emscripten/libc++*debug*' --exclude='*/thinlto' \
    --exclude='*/lib/wasm32-emscripten/lto' --exclude='./usr/lib/python3*' --exclude='libLTO*' --exclude='*.a.bak' \
    --exclude="./usr/lib/$triplet/gconv"
  rm "$package"
done

echo "setting paths in the programs"
libraries=$root/usr/lib/$triplet
patchelf() { "$libraries/$loader" --library-path "$libraries" "$root/usr/bin/patchelf" "$@"; }
is_program() { [ -f "$1" ] && [ ! -L "$1" ] && [ "$(head -c4 "$1" | tail -c3)" = ELF ]; }
for file in "$root/usr/lib/llvm-$llvm"/bin/* "$root"/usr/bin/wasm*; do
  if is_program "$file"; then patchelf --set-interpreter "$libraries/$loader" --force-rpath --set-rpath "$libraries" "$file"; fi
done
for file in "$libraries"/libLLVM*.so* "$libraries"/libclang-cpp*.so* "$libraries"/libbinaryen.so; do
  if is_program "$file"; then patchelf --force-rpath --set-rpath '$ORIGIN' "$file"; fi
done
ln -sfn nodejs "$root/usr/share/node_modules"  # where Emscripten's JS optimizer looks for acorn
cat > "$prefix/emscripten-config" <<CONF
LLVM_ROOT='$root/usr/lib/llvm-$llvm/bin'
BINARYEN_ROOT='$root/usr'
NODE_JS='$(command -v node)'
CACHE='$root/usr/share/emscripten/cache'
FROZEN_CACHE=False
LLVM_ADD_VERSION=None
CLANG_ADD_VERSION=None
CONF
printf 'export EM_CONFIG=%q\nexport PATH=%q:$PATH\n' "$prefix/emscripten-config" "$root/usr/share/emscripten" > "$prefix/env.sh"
rm -rf "$prefix/apt"
