/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Virtual time. A vCPU's time is its cycles, moved up after idling to where the others are. No running vCPU goes further
 * ahead of another than args.quantum cycles.
 *
 * Two that fight over lines are held closer. After one in user mode took a Modified line from the other, for FIGHT cycles,
 * neither goes on in user mode if it has done more there since than the other has, and one part in EASE of that. So the one that took
 * the line waits until the other has used the time that the taking costs, and what both do to the line happens in an order
 * that does not hang on how the host runs the two threads, nor on the timer interrupts, of which a slow host brings more
 * in the same work; and two that stopped fighting soon run freely. (The kernel's own lines move as they move: waiting for
 * each would cost more than all else.)
 *
 * One that is too far ahead sleeps until the other has come up or idles. A vCPU that waits holds up what QEMU runs with
 * all vCPUs stopped, and takes no interrupts, for an answer to which the other may wait; several may wait in a circle. So
 * one goes on for OVERRUN cycles, which is counted, if the circle would close on it; after args.patience microseconds if
 * one that it waits for is in the kernel; and after PATIENT times that if not, since then the host only keeps the other's
 * thread from its processors.
 */
#ifndef SYNC_H
#define SYNC_H

#include <stdint.h>

#include "cpu.h"

enum { FIGHT = 200000, EASE = 4, OVERRUN = 100, PATIENT = 20 };

/* Every vCPU counts as idle, until it runs. */
void sync_reset(void);

void sync_check(unsigned cpu);
void sync_idle(unsigned cpu);

/* cpu, in user mode, took a Modified line from another, and waits so many cycles for it. */
void sync_moved(unsigned cpu, unsigned from, uint64_t cycles);

static inline void sync_advance(struct cpu *c, enum mode mode, uint64_t cycles)
{
	__atomic_store_n(&c->time, c->time + cycles, __ATOMIC_RELAXED);
	if (mode == USER)
		__atomic_store_n(&c->user_time, c->user_time + cycles, __ATOMIC_RELAXED);
}

static inline bool sync_due(const struct cpu *c)
{
	return c->time >= __atomic_load_n(&c->check, __ATOMIC_RELAXED);
}

#endif
