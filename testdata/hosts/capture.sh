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
copy $cpu/online $cpu/isolated $cpu/nohz_full $cpu/smt/control $cpu/smt/active
copy $cpu/cpu[0-9]*/cpufreq/scaling_governor $cpu/cpu[0-9]*/cpufreq/scaling_driver $cpu/intel_pstate/no_turbo $cpu/cpufreq/boost
copy $cpu/cpu[0-9]*/topology/core_id $cpu/cpu[0-9]*/topology/physical_package_id $cpu/cpu[0-9]*/topology/thread_siblings_list
for name in level type size ways_of_associativity coherency_line_size shared_cpu_list; do
	copy $cpu/cpu[0-9]*/cache/index[0-9]*/$name
done
copy $node/online $node/possible /sys/devices/system/memory/block_size_bytes
for name in cpulist distance meminfo numastat vmstat; do
	copy $node/node[0-9]*/$name
done
for link in $node/node[0-9]*/memory[0-9]*; do
	[ -L "$link" ] || continue
	ln -sfn "$(readlink "$link")" "$dir/$link"
done
for name in read_latency write_latency read_bandwidth write_bandwidth; do
	copy $node/node[0-9]*/access[01]/initiators/$name
done
for link in $node/node[0-9]*/access[01]/initiators/node[0-9]*; do
	[ -L "$link" ] || continue
	mkdir -p "$dir/${link%/*}"
	ln -sfn "$(readlink "$link")" "$dir/$link"
done
copy $node/node[0-9]*/hugepages/hugepages-*/nr_hugepages $node/node[0-9]*/hugepages/hugepages-*/free_hugepages
copy /sys/kernel/mm/transparent_hugepage/enabled /sys/kernel/mm/transparent_hugepage/defrag /sys/kernel/mm/ksm/run
copy /sys/devices/system/clocksource/clocksource0/current_clocksource /sys/devices/system/clocksource/clocksource0/available_clocksource
copy /proc/swaps /proc/interrupts /proc/irq/default_smp_affinity /proc/irq/[0-9]*/smp_affinity_list
copy /proc/sys/kernel/perf_event_paranoid /proc/sys/kernel/kptr_restrict /proc/sys/kernel/nmi_watchdog
copy /proc/sys/kernel/hostname /proc/sys/kernel/osrelease /proc/sys/kernel/random/boot_id
copy /proc/sys/kernel/numa_balancing /proc/zoneinfo /proc/self/status
# Enough for the model's name and the total; the rest tells about the owner.
mkdir -p "$dir/proc"
sed '/^$/q' /proc/cpuinfo >"$dir/proc/cpuinfo"
grep '^MemTotal' /proc/meminfo >"$dir/proc/meminfo"
