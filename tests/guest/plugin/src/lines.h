/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What user mode does between a section's markers: totals by section, and by line and thread. A table a vCPU, filled by
 * its thread alone, of a size that is fixed from the start: what finds no room is counted as lost.
 */
#ifndef LINES_H
#define LINES_H

#include <stdbool.h>
#include <stdint.h>

#include "cpu.h"
#include "model.h"

enum { MAX_SECTIONS = 4096 };

struct line_record {
	uint64_t line, vaddr; /* vaddr 0: the record is free */
	uint32_t tid;
	uint32_t section;
	uint64_t loads, stores, load_mask, store_mask;
	uint64_t l1_load_misses, llc_loads, dram_loads, dram_stores;
	uint64_t moved[TRANSFERS];
	uint32_t from[MAX_CPUS];
};

bool lines_init(void);

/* The current section's counts of this vCPU; NULL outside of one. */
static inline uint64_t *section_totals(unsigned cpu)
{
	extern uint64_t (*section_counts[MAX_CPUS])[EV_ALL];
	return cpus[cpu].section < 0 ? NULL : section_counts[cpu][cpus[cpu].section];
}

/* The record of the current section, thread and line; NULL when the table is full. */
struct line_record *lines_find(unsigned cpu, uint64_t line, uint64_t vaddr);

/* For the truth: record i of args.lines, and a section's counts. */
const struct line_record *lines_at(unsigned cpu, uint64_t i);
const uint64_t *section_at(unsigned cpu, unsigned section);

#endif
