#!/bin/bash
# A real ModemManager with a virtual modem on a D-Bus of its own: no hardware, no udev, nothing of the system's.
# Usage: modemmanager.sh DIR          starts all; DIR/answers.json moves what the modem says; DIR/NAME.pid are the processes
#        modemmanager.sh --stop DIR
set -eu
here=$(cd "$(dirname "$0")" && pwd)
if [ "$1" = --stop ]; then
  for name in manager modem bus; do
    if [ -s "$2/$name.pid" ]; then kill "$(cat "$2/$name.pid")" 2>/dev/null || true; fi
  done
  exit 0
fi
dir=$1
cd "$dir"
cat > bus.conf <<X
<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
  "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>session</type><listen>unix:path=$dir/bus</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy>
</busconfig>
X
run() {
  local name=$1
  shift
  setsid "$@" </dev/null >"$name.log" 2>&1 &
  echo $! >"$name.pid"
}
# until COMMAND…: as long as it takes, at most half a minute.
until_true() {
  for _ in $(seq 300); do
    if "$@" >/dev/null 2>&1; then return 0; fi
    sleep 0.1
  done
  echo "it never came: $*" >&2
  exit 1
}
port="abstract:faultline$$"
run bus dbus-daemon --config-file="$dir/bus.conf" --nofork
until_true test -S bus
export DBUS_SESSION_BUS_ADDRESS=unix:path=$dir/bus DBUS_SYSTEM_BUS_ADDRESS=unix:path=$dir/bus
[ -e answers.json ] || echo '{}' >answers.json
run modem python3 -B "$here/virtual_modem.py" abstract "$port" "$dir/answers.json"
until_true grep -q listening modem.log
run manager ModemManager --test-session --test-no-udev --test-no-suspend-resume --test-no-qrtr --test-enable \
  --filter-policy=ALLOWLIST-ONLY
service=(-d org.freedesktop.ModemManager1 -o /org/freedesktop/ModemManager1)
until_true gdbus introspect -e "${service[@]}"
gdbus call -e "${service[@]}" -m org.freedesktop.ModemManager1.Test.SetProfile virtual generic "['$port']" >/dev/null
has_modem() { mmcli -L | grep -q /Modem/; }
until_true has_modem
mmcli -m any --enable >/dev/null
echo "$port" >port
