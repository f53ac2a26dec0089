/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One load in args.sample_period of those that took args.sample_latency cycles or more goes to the vCPU's ring. */
#ifndef SAMPLE_H
#define SAMPLE_H

#include "count.h"

void sample_load(unsigned cpu, const struct access *, const struct outcome *);

/* perf's data_src for it. */
uint64_t data_source(unsigned cpu, const struct access *, const struct outcome *);

#endif
