/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What one vCPU's thread owns. Only `time`, `user_time`, `mode`, `check` and `running` are touched by other threads, under the rules of
 * sync.c; everything else is written by the owner alone and read at exit, when no vCPU runs.
 */
#ifndef CPU_H
#define CPU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "args.h"
#include "events.h"

enum mode { USER, KERNEL, MODES };
enum transfer { HITM_LOCAL, HITM_REMOTE, RFO_LOCAL, RFO_REMOTE, TRANSFERS };

struct line_record;

struct cpu {
	uint64_t time;	/* virtual: cycles, and what it skipped while idle */
	uint64_t user_time; /* cycles in user mode */
	uint64_t check; /* the time at which sync.c wants to be asked */
	bool running;
	enum mode mode; /* of the block that it is in */

	uint32_t tid;
	int section; /* -1: none */
	uint64_t to_sample;
	uint64_t published; /* instructions at the last publication */
	uint64_t overruns, waits, lines_lost;
	struct line_record *last_line;
	uint64_t count[MODES][EV_ALL];
	uint64_t dram[MODES][MAX_NODES][2];		/* by home node: loads, stores */
	uint64_t moved[MODES][MAX_CPUS][TRANSFERS]; /* by the CPU that it was taken from */
} __attribute__((aligned(64)));

extern struct cpu cpus[MAX_CPUS];

static inline unsigned node_of_cpu(unsigned cpu)
{
	return cpu / args.cpus_per_node;
}

static inline unsigned socket_of_cpu(unsigned cpu)
{
	return node_of_cpu(cpu) / args.nodes_per_socket;
}

#endif
