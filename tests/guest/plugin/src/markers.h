/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The window of addresses through which a program inside speaks; tests/guest/README.md lists them. */
#ifndef MARKERS_H
#define MARKERS_H

#include <stdbool.h>
#include <stdint.h>

#define MARKERS_BASE 0x4e4c00000000ull
#define MARKERS_BYTES (4ull << 20)

static inline bool in_markers(uint64_t vaddr)
{
	return __builtin_expect(vaddr - MARKERS_BASE < MARKERS_BYTES, 0);
}

enum marked { NOTHING, ARM, DISARM, CHECK_FRAME };

/* Does what the store means for this vCPU; what only plugin.c can do it returns. */
enum marked markers_store(unsigned cpu, uint64_t vaddr);

#endif
