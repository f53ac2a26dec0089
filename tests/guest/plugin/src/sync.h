/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Virtual time. A vCPU's time is its cycles, moved up after idling to where the others are. No running vCPU goes further
 * ahead of another than args.quantum cycles. Two that fight over a line are held closer: after one in user mode took a
 * Modified line from the other, each may be ahead of the other by one in EASE of the time that has gone by since. So what
 * they do to the line happens in the order of their times, to a block of instructions, while two that stopped fighting
 * soon run freely. (The kernel's own lines move as they move: waiting for each would cost more than all else.)
 *
 * One that is too far ahead sleeps until the other has come up or idles. The one with the least time never waits, so that
 * there is no circle of waiting.
 *
 * A vCPU that waits holds up what QEMU runs with all vCPUs stopped, and the one that it waits for may itself wait for
 * that: after args.patience microseconds it goes on for OVERRUN cycles, which is counted.
 */
#ifndef SYNC_H
#define SYNC_H

#include <stdint.h>

#include "cpu.h"

enum { EASE = 4, OVERRUN = 100 };

/* Every vCPU counts as idle, until it runs. */
void sync_reset(void);

void sync_check(unsigned cpu);
void sync_idle(unsigned cpu);

/* cpu took a Modified line from another. */
void sync_moved(unsigned cpu, unsigned from);

static inline void sync_advance(struct cpu *c, uint64_t cycles)
{
	__atomic_store_n(&c->time, c->time + cycles, __ATOMIC_RELAXED);
}

static inline bool sync_due(const struct cpu *c)
{
	return c->time >= __atomic_load_n(&c->check, __ATOMIC_RELAXED);
}

#endif
