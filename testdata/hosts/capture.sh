#!/bin/sh
# Copies what numalens reads of this host's /sys and /proc into a directory.
# usage: testdata/hosts/capture.sh DIR
set -eu
dir=${1:?usage: $0 DIR}

copy() {
	for file in "$@"; do
		[ -r "$file" ] || continue
		mkdir -p "$dir/${file%/*}"
		cat "$file" >"$dir/$file" 2>/dev/null || rm -f "$dir/$file"
	done
}

cpu=/sys/devices/system/cpu
node=/sys/devices/system/node
copy $cpu/online $cpu/smt/control $cpu/cpu0/cpufreq/scaling_governor
copy $cpu/cpu[0-9]*/topology/core_id $cpu/cpu[0-9]*/topology/physical_package_id
for name in level type size coherency_line_size shared_cpu_list; do
	copy $cpu/cpu[0-9]*/cache/index[0-9]*/$name
done
copy $node/online /sys/devices/system/memory/block_size_bytes
for name in cpulist distance meminfo numastat vmstat; do
	copy $node/node[0-9]*/$name
done
for link in $node/node[0-9]*/memory[0-9]*; do
	[ -L "$link" ] || continue
	ln -sfn "$(readlink "$link")" "$dir/$link"
done
copy /sys/kernel/mm/transparent_hugepage/enabled
copy /proc/sys/kernel/hostname /proc/sys/kernel/osrelease /proc/sys/kernel/random/boot_id
copy /proc/sys/kernel/numa_balancing /proc/zoneinfo /proc/self/status
# Enough for the model's name and the total; the rest tells about the owner.
mkdir -p "$dir/proc"
sed '/^$/q' /proc/cpuinfo >"$dir/proc/cpuinfo"
grep '^MemTotal' /proc/meminfo >"$dir/proc/meminfo"
