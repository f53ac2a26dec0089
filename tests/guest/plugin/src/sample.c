/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sample.h"

#include "shm.h"

/*
 * union perf_mem_data_src, as include/uapi/linux/perf_event.h of Linux 6.1 has it: where each field begins, and the values
 * that are used. Written out, because the build machine's own header may be older.
 */
enum { OP = 0, LVL = 5, SNOOP = 19, LOCK = 24, TLB = 26, LVL_NUM = 33, REMOTE = 37, BLK = 40, HOPS = 43 };
enum { OP_LOAD = 0x02 };
enum { LVL_HIT = 0x02, LVL_L1 = 0x08, LVL_L2 = 0x20, LVL_L3 = 0x40, LVL_LOC_RAM = 0x80, LVL_REM_RAM1 = 0x100, LVL_REM_CCE1 = 0x400 };
enum { SNOOP_NONE = 0x02, SNOOP_MISS = 0x08, SNOOP_HITM = 0x10 };
enum { LOCK_NA = 0x01, LOCK_LOCKED = 0x02, TLB_NA = 0x01, BLK_NA = 0x01 };
enum { NUM_L1 = 1, NUM_L2 = 2, NUM_L3 = 3, NUM_RAM = 0xd };
enum { HOPS_NODE = 2, HOPS_SOCKET = 3 }; /* HOPS_1: another node of the socket; HOPS_2: another socket of the board */

static uint64_t field(uint64_t value, unsigned at)
{
	return value << at;
}

static uint64_t level(unsigned lvl, unsigned number, unsigned snoop)
{
	return field(LVL_HIT | lvl, LVL) | field(number, LVL_NUM) | field(snoop, SNOOP);
}

static uint64_t remote(unsigned hops)
{
	return field(1, REMOTE) | field(hops, HOPS);
}

static uint64_t dram(unsigned cpu, unsigned home)
{
	if (home == node_of_cpu(cpu))
		return level(LVL_LOC_RAM, NUM_RAM, SNOOP_MISS);
	bool same_socket = home / args.nodes_per_socket == socket_of_cpu(cpu);
	return level(LVL_REM_RAM1, NUM_RAM, SNOOP_MISS) | remote(same_socket ? HOPS_NODE : HOPS_SOCKET);
}

static uint64_t served(unsigned cpu, const struct outcome *o)
{
	switch (o->served) {
	case BY_L2:
		return level(LVL_L2, NUM_L2, SNOOP_NONE);
	case BY_LLC:
		return level(LVL_L3, NUM_L3, SNOOP_NONE);
	case BY_HITM_LOCAL:
		return level(LVL_L3, NUM_L3, SNOOP_HITM);
	case BY_HITM_REMOTE:
		return level(LVL_REM_CCE1, NUM_L3, SNOOP_HITM) | remote(HOPS_SOCKET);
	case BY_DRAM:
		return dram(cpu, o->home);
	default:
		return level(LVL_L1, NUM_L1, SNOOP_NONE);
	}
}

uint64_t data_source(unsigned cpu, const struct access *a, const struct outcome *o)
{
	unsigned lock = a->kind == ATOMIC ? LOCK_LOCKED : LOCK_NA;
	return field(OP_LOAD, OP) | served(cpu, o) | field(lock, LOCK) | field(TLB_NA, TLB) | field(BLK_NA, BLK);
}

void sample_load(unsigned cpu, const struct access *a, const struct outcome *o)
{
	struct cpu *c = &cpus[cpu];
	if (++c->to_sample < args.sample_period)
		return;
	c->to_sample = 0;
	struct sample s = {
		.time = monotonic(),
		.ip = a->ip,
		.vaddr = a->vaddr,
		.paddr = args.ram_base + a->offset,
		.data_src = data_source(cpu, a, o),
		.latency = o->latency,
		.tid = c->tid,
		.weight = args.sample_period,
		.user = a->mode == USER,
	};
	shm_sample(cpu, &s);
}
