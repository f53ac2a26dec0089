/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The caches and the directory. It knows lines of the guest's memory by number (0 is the first line of node 0), vCPUs by
 * number, and nothing of QEMU.
 *
 * Each vCPU is a core with an L1d and an L2, each socket has one LLC; all are set-associative, with the least recently
 * used way replaced and the line number's low bits as index. They are inclusive: L2 holds what L1 holds, the LLC what its
 * cores' L2s hold; what falls out of one falls out of those above it. A level's order of use knows what reached that
 * level, not the hits above it.
 *
 * MESI. A line is Modified in one socket at most: in one core, or in its LLC, dirty, after the core lost or shared it.
 * A clean line in another socket is never forwarded: DRAM of its home node serves it. A load of a line Modified in
 * another socket writes it back: both then hold it Shared. A load of a line Modified in another core of the same socket
 * leaves it Shared in both and dirty in their LLC. A line that nobody else holds comes Exclusive, and a store makes it
 * Modified without a word to anyone.
 *
 * There is no prefetcher, no store buffer, no TLB and no fetch of instructions.
 */
#ifndef MODEL_H
#define MODEL_H

#include <stdbool.h>
#include <stdint.h>

enum kind { LOAD, STORE, ATOMIC }; /* ATOMIC: a load that asks for the line to write it, then a store that finds it so */

enum served { BY_L1, BY_UPGRADE, BY_L2, BY_LLC, BY_HITM_LOCAL, BY_HITM_REMOTE, BY_DRAM, SERVED };

enum { NOBODY = 255 };

struct outcome {
	enum served served;
	uint8_t home;		   /* node of the line's memory */
	uint8_t from;		   /* BY_HITM_*: the CPU that had written it; else NOBODY */
	uint16_t latency;	   /* cycles */
	uint16_t invalidated;  /* other cores' copies */
	uint16_t written_back; /* Modified lines that left the socket to make room */
};

/* Allocates for args; false when there is no memory. */
bool model_init(void);

/* Forgets every line: all caches empty. */
void model_reset(void);

void model_access(unsigned cpu, uint64_t line, enum kind, struct outcome *);

/*
 * Compares every cache with the directory; NULL, or what is wrong (static memory). Nobody may be in model_access. Slow:
 * for tests.
 */
const char *model_check(void);

/* The latencies, for the description: cycles by enum served, DRAM's for the own node and others. */
enum {
	LATENCY_L1 = 4,
	LATENCY_L2 = 14,
	LATENCY_LLC = 50,
	LATENCY_HITM_LOCAL = 90,
	LATENCY_HITM_REMOTE = 300,
	LATENCY_DRAM_LOCAL = 200,
	LATENCY_DRAM_REMOTE = 350,
	LATENCY_UPGRADE_LOCAL = 60,	  /* nobody in another socket had it */
	LATENCY_UPGRADE_REMOTE = 200, /* somebody had */
};

#endif
