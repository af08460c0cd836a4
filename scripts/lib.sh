# What ./rollcall and ./check share; sourced by them, bash only.

say() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }

die() {
  say "$*"
  exit 1
}

# The feature version of the JDK in a directory, 17 for one; nothing if there is no JDK.
jdk_version() {
  local line version=
  [[ -x $1/bin/java && -x $1/bin/javac ]] || return 0
  if [[ -r $1/release ]]; then
    while IFS= read -r line; do
      [[ $line == JAVA_VERSION=* ]] && version=${line#*=}
    done <"$1/release"
  fi
  [[ -n $version ]] || version=$("$1/bin/java" -XshowSettings:properties -version 2>&1 |
    sed -n 's/^ *java\.specification\.version = //p')
  version=${version//\"/}
  version=${version#1.}
  printf '%s' "${version%%[!0-9]*}"
}

# All places where a JDK may be, the user's choice first.
jdk_places() {
  [[ -z ${JAVA_HOME:-} ]] || printf '%s\n' "$JAVA_HOME"
  local java
  if java=$(command -v java); then
    java=$(readlink -f "$java")
    printf '%s\n' "${java%/bin/java}"
  fi
  printf '%s\n' /usr/lib/jvm/*/
}

# find_jdk LEAST [MOST]: prints the first JDK whose version lies between the two.
find_jdk() {
  local home version
  while IFS= read -r home; do
    version=$(jdk_version "${home%/}")
    if [[ -n $version ]] && ((version >= $1 && version <= ${2:-999})); then
      printf '%s' "${home%/}"
      return
    fi
  done < <(jdk_places)
}

# Sets and exports JAVA_HOME: the user's JDK if it is new enough, else any that is.
need_jdk() {
  local home
  home=$(find_jdk 17)
  [[ -n $home ]] || die "no JDK 17 or newer in JAVA_HOME, PATH or /usr/lib/jvm (on Debian: apt-get install openjdk-17-jdk-headless)"
  export JAVA_HOME=$home
}

# A build is over before the JVM's better compiler pays; what the user has set comes last and counts.
need_maven() {
  command -v mvn >/dev/null || die "Maven is missing (on Debian: apt-get install maven)"
  export MAVEN_OPTS="-XX:TieredStopAtLevel=1 ${MAVEN_OPTS:-}"
}

# Sets and exports ETCD_BIN: the user's, the one in PATH, or Debian's, which is installed if we may.
need_etcd() {
  local found=${ETCD_BIN:-}
  [[ -n $found ]] || found=$(command -v etcd || true)
  if [[ -z $found ]] && command -v apt-get >/dev/null && ((EUID == 0)); then
    say "installing etcd (apt-get install etcd-server etcd-client) ..."
    install_etcd
    found=$(command -v etcd || true)
  fi
  [[ -n $found ]] || die "etcd is missing (on Debian, as root: apt-get install etcd-server etcd-client; or set ETCD_BIN)"
  [[ -x $found && ! -d $found ]] || die "ETCD_BIN: $found is not a program"
  local version major minor
  version=$("$found" --version 2>/dev/null | sed -n 's/^etcd Version: *//p') || true
  IFS=. read -r major minor _ <<<"$version"
  if [[ ! $major =~ ^[0-9]+$ || ! $minor =~ ^[0-9]+$ ]] || ((major * 100 + minor < 304)); then
    die "$found: version ${version:-unknown} (expected: etcd 3.4 or newer)"
  fi
  export ETCD_BIN=$found
}

# The tests use etcdctl too: the one beside etcd, or the one in PATH.
need_etcdctl() {
  local tries
  for tries in 1 2; do
    [[ ! -x ${ETCD_BIN%/*}/etcdctl ]] && ! command -v etcdctl >/dev/null || return 0
    ((tries == 1 && EUID == 0)) && command -v apt-get >/dev/null && install_etcd
  done
  die "etcdctl is missing (on Debian, as root: apt-get install etcd-client)"
}

# Debian starts a service when it is installed; a policy of "no" (101) prevents that, and we take only our own away again.
install_etcd() {
  local policy=/usr/sbin/policy-rc.d ours= log
  log=$(mktemp)
  if [[ ! -e $policy ]]; then
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
    ours=yes
  fi
  if ! { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends etcd-server etcd-client; } \
    >"$log" 2>&1 </dev/null; then
    say "apt-get: $(grep -m 1 '^E:' "$log" || tail -n 1 "$log")"
  fi
  [[ -z $ours ]] || rm -f "$policy"
  rm -f "$log"
}
