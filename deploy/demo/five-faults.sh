#!/usr/bin/env bash
# five-faults.sh LAB DIRECTORY: makes in DIRECTORY all that the five faults are played with. `city` is the network as it is;
# `book` is the inventory that Faultline is given, with the probe host and one mistake: a sector at a site of another ring.
set -eu
lab=$1 here=$(dirname "$0")
cp "$here"/five-faults.* "$2"/
cd "$2"
"$lab" generate --seed 7 --output city
cp -r city book
echo noc-1,probe_host,,, >> book/nodes.csv
sed -i '/^cell-0106-2,/s/transport:cell-0106,/transport:cell-0206,/' book/endpoints.csv
# Half past seven in the evening: in the busy hours, far from midnight and from a full hour, whenever it is played.
offset=$(((19 * 3600 + 1800 - $(date +%s) % 86400 + 86400) % 86400))s
cat > evening.yaml << EOF
detect: {baseline: {utc_offset: $offset}}
correlate: {scan: {utc_offset: $offset}}
causes: {utc_offset: $offset}
EOF
