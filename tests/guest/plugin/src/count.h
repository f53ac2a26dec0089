/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an access adds to the counts, and what of it is sampled. */
#ifndef COUNT_H
#define COUNT_H

#include <stdint.h>

#include "cpu.h"
#include "model.h"

/* One access within one line. */
struct access {
	enum mode mode;
	enum kind kind;
	uint64_t ip, vaddr, offset; /* offset into the nodes' memory */
	unsigned bytes;
};

/* Runs the access through the model and counts it; what the model says of it goes to *o. */
void count_access(unsigned cpu, const struct access *, struct outcome *o);

void count_instructions(unsigned cpu, enum mode, uint64_t n);

#endif
