#!/bin/sh
# blackbox_exporter asked by a real Prometheus for every host of a list (ICMP, each every 5 s).
# Usage: blackbox.sh SECONDS FILE_WITH_ADDRESSES      runs where it is started: a namespace of its own, please
work=$(mktemp -d)
exporter="" server=""
trap 'kill $exporter $server 2> /dev/null; wait; rm -rf "$work"' EXIT
printf 'modules: {icmp: {prober: icmp, timeout: 1s}}\n' > "$work/blackbox.yml"
sed 's/.*/"&"/' "$2" | paste -sd, | sed 's/.*/[{"targets": [&]}]/' > "$work/targets.json"
cat > "$work/prometheus.yml" << END
global: {scrape_interval: 5s, scrape_timeout: 3s}
scrape_configs:
  - job_name: icmp
    metrics_path: /probe
    params: {module: [icmp]}
    file_sd_configs: [{files: [$work/targets.json]}]
    relabel_configs:
      - {source_labels: [__address__], target_label: __param_target}
      - {source_labels: [__param_target], target_label: instance}
      - {target_label: __address__, replacement: "127.0.0.1:9115"}
END
prometheus-blackbox-exporter --config.file="$work/blackbox.yml" --web.listen-address=127.0.0.1:9115 2> /dev/null &
exporter=$!
prometheus --config.file="$work/prometheus.yml" --storage.tsdb.path="$work/data" --web.listen-address=127.0.0.1:9090 2> /dev/null &
server=$!
sleep "$1"
