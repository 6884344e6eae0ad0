# Shared by deploy/run and tests/run: install what is missing, configure, build. Sourced, not run.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
export CCACHE_BASEDIR=$root CCACHE_NOHASHDIR=1 CCACHE_SLOPPINESS=pch_defines,time_macros

say() { printf '\n== %s\n' "$*"; }
die() { printf '%s: %s\n' "$(basename "$0")" "$*" >&2; exit 1; }

# install_packages KIND…: installs those of deploy/packages whose kind is named and that are not there yet.
install_packages() {
  local kinds=" $* " kind package missing=() sudo=()
  while read -r kind package; do
    [[ $kind == '#'* || -z $package || $kinds != *" $kind "* ]] && continue
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q '^install ok installed' || missing+=("$package")
  done < "$root/deploy/packages"
  [ ${#missing[@]} -eq 0 ] && return 0
  if [ "$(id -u)" -ne 0 ]; then
    sudo -n true 2>/dev/null || die "missing packages and no root or password-less sudo; run once as root: apt-get install -y ${missing[*]}"
    sudo=(sudo -n)
  fi
  say "installing ${missing[*]}"
  local log
  log=$(mktemp)
  { "${sudo[@]}" apt-get update -qq &&
    "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}"; } > "$log" 2>&1 ||
    { tail -n 20 "$log" >&2; die "apt-get could not install ${missing[*]} (whole log: $log)"; }
  rm -f "$log"
}

# build PRESET TARGET…: configures (quietly, once) and builds.
build() {
  local preset=$1
  shift
  cd "$root" || exit 1
  local log=build/$preset.configure.log
  mkdir -p build
  cmake --preset "$preset" > "$log" 2>&1 || { tail -n 40 "$log" >&2; die "cmake --preset $preset failed"; }
  cmake --build --preset "$preset" --target "$@" || die "the $preset build failed"
}
