/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sync.h"

#include <errno.h>
#include <pthread.h>
#include <time.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t wake[MAX_CPUS] = {[0 ... MAX_CPUS - 1] = PTHREAD_COND_INITIALIZER};
static bool waits[MAX_CPUS];

/* Where the first stood when it and the second last moved a line between them. */
static struct {
	bool ever;
	uint64_t time, user;
} moved[MAX_CPUS][MAX_CPUS];

static uint64_t time_of(unsigned cpu)
{
	return __atomic_load_n(&cpus[cpu].time, __ATOMIC_RELAXED);
}

static uint64_t user_time_of(unsigned cpu)
{
	return __atomic_load_n(&cpus[cpu].user_time, __ATOMIC_RELAXED);
}

/* What the first did in user mode since. */
static uint64_t progress(unsigned a, unsigned b)
{
	return user_time_of(a) - moved[a][b].user;
}

static bool fight(unsigned a, unsigned b)
{
	return moved[a][b].ever && time_of(a) - moved[a][b].time < FIGHT && time_of(b) - moved[b][a].time < FIGHT;
}

/* So far may the first go in user mode before it waits for the second with which it fights. */
static uint64_t leash(unsigned a, unsigned b)
{
	return progress(b, a) + progress(b, a) / EASE;
}

static bool too_far_ahead(unsigned a, unsigned b)
{
	if (a == b || !cpus[b].running)
		return false;
	/* In the kernel it may have to answer the other's call; and for one that is far behind others may wait. */
	if (fight(a, b))
		return cpus[a].mode == USER && progress(a, b) > leash(a, b) && time_of(a) + 2 * args.quantum >= time_of(b);
	return time_of(a) > time_of(b) + args.quantum;
}

/* The time before which the first need not ask whether it is too far ahead of the second, which it is not now. */
static uint64_t may_go_until(unsigned a, unsigned b)
{
	if (fight(a, b))
		return time_of(a) + (leash(a, b) > progress(a, b) ? leash(a, b) - progress(a, b) : 0) + 1;
	return time_of(b) + args.quantum + 1;
}

/* The time of the second before which the first, too far ahead of it, has to wait. */
static uint64_t waits_until(unsigned a, unsigned b)
{
	if (!fight(a, b))
		return time_of(a) - args.quantum;
	if (cpus[b].mode == KERNEL)
		return time_of(b) + 200; /* as good as any: it makes no progress there */
	uint64_t need = progress(a, b) * EASE / (EASE + 1);
	return time_of(b) + (need > progress(b, a) ? need - progress(b, a) : 0);
}

static bool may_go(unsigned cpu)
{
	for (unsigned i = 0; i < args.cpus; i++)
		if (too_far_ahead(cpu, i))
			return false;
	return true;
}

static void ask_at(unsigned cpu, uint64_t time)
{
	if (time < cpus[cpu].check)
		__atomic_store_n(&cpus[cpu].check, time, __ATOMIC_RELAXED);
}

static void wake_others(void)
{
	for (unsigned i = 0; i < args.cpus; i++)
		if (waits[i] && may_go(i))
			pthread_cond_signal(&wake[i]);
}

/* Where a vCPU that comes from idling starts: with the slowest that runs, or after all that ever ran. */
static uint64_t starting_time(unsigned cpu)
{
	uint64_t slowest = UINT64_MAX, last = 0;
	for (unsigned i = 0; i < args.cpus; i++) {
		uint64_t t = time_of(i);
		if (i != cpu && cpus[i].running && t < slowest)
			slowest = t;
		if (t > last)
			last = t;
	}
	return slowest == UINT64_MAX ? last : slowest;
}

static void start(unsigned cpu)
{
	uint64_t t = starting_time(cpu);
	if (t > cpus[cpu].time)
		__atomic_store_n(&cpus[cpu].time, t, __ATOMIC_RELAXED);
	cpus[cpu].running = true;
	for (unsigned i = 0; i < args.cpus; i++)
		ask_at(i, 0); /* they have one more to mind */
}

/* By the wall clock: ../../slowclock may have the monotonic one go slower. */
static struct timespec patience(void)
{
	struct timespec t;
	clock_gettime(CLOCK_REALTIME, &t);
	uint64_t ns = t.tv_nsec + args.patience * 1000;
	return (struct timespec){t.tv_sec + ns / 1000000000, ns % 1000000000};
}

/* Whether one waits, over any others, for the other: nobody would ever wake either. */
static bool waits_for(unsigned one, unsigned other, uint32_t seen)
{
	if (one == other)
		return true;
	if (!waits[one] || seen & 1u << one)
		return false;
	for (unsigned i = 0; i < args.cpus; i++)
		if (too_far_ahead(one, i) && waits_for(i, other, seen | 1u << one))
			return true;
	return false;
}

/* Has those that the vCPU waits for ask when they have come up; false if one of them waits for it. */
static bool ask_others(unsigned cpu)
{
	for (unsigned i = 0; i < args.cpus; i++) {
		if (!too_far_ahead(cpu, i))
			continue;
		if (waits_for(i, cpu, 0))
			return false;
		ask_at(i, waits_until(cpu, i));
	}
	return true;
}

/* One of those that it waits for is in the kernel, where it may in turn wait for an answer to its call. */
static bool held_by_kernel(unsigned cpu)
{
	for (unsigned i = 0; i < args.cpus; i++)
		if (too_far_ahead(cpu, i) && cpus[i].mode == KERNEL)
			return true;
	return false;
}

/* Sleeps until the vCPU may go on; false when it lost patience, or would wait for itself. */
static bool wait_for_others(unsigned cpu)
{
	struct timespec until = patience();
	unsigned times = 0;
	bool ok = true;
	cpus[cpu].waits++;
	while (ok && !may_go(cpu)) {
		ok = ask_others(cpu);
		if (!ok)
			break;
		waits[cpu] = true;
		if (pthread_cond_timedwait(&wake[cpu], &lock, &until) == ETIMEDOUT) {
			ok = may_go(cpu) || (++times < PATIENT && !held_by_kernel(cpu));
			until = patience();
		}
		waits[cpu] = false;
	}
	cpus[cpu].overruns += !ok;
	return ok;
}

/*
 * When the vCPU must ask again: before it is too far ahead of another, and when another waits for it. One that lost
 * patience goes on for a few blocks: enough that QEMU can stop it at a block's begin, and too little to count for much if
 * the host only kept the other thread waiting for a processor.
 */
static void ask_again(unsigned cpu, bool in_bounds)
{
	uint64_t now = time_of(cpu), at = now + (in_bounds ? args.quantum : OVERRUN);
	for (unsigned i = 0; i < args.cpus; i++) {
		if (i == cpu)
			continue;
		if (in_bounds && cpus[i].running && may_go_until(cpu, i) < at)
			at = may_go_until(cpu, i);
		if (waits[i] && too_far_ahead(i, cpu) && waits_until(i, cpu) < at)
			at = waits_until(i, cpu);
	}
	__atomic_store_n(&cpus[cpu].check, at, __ATOMIC_RELAXED);
}

static void check_locked(unsigned cpu)
{
	if (!cpus[cpu].running)
		start(cpu);
	wake_others();
	ask_again(cpu, may_go(cpu) || wait_for_others(cpu));
}

void sync_check(unsigned cpu)
{
	pthread_mutex_lock(&lock);
	check_locked(cpu);
	pthread_mutex_unlock(&lock);
}

void sync_moved(unsigned cpu, unsigned from, uint64_t cycles)
{
	struct cpu *c = &cpus[cpu];
	pthread_mutex_lock(&lock);
	/* The one that fell behind, in the kernel's work, comes up: or the two would end up waiting for each other. */
	if (cpus[from].running && time_of(from) > c->time)
		__atomic_store_n(&c->time, time_of(from), __ATOMIC_RELAXED);
	moved[cpu][from].ever = moved[from][cpu].ever = true;
	moved[cpu][from].time = c->time;
	moved[from][cpu].time = time_of(from);
	moved[cpu][from].user = c->user_time;
	moved[from][cpu].user = user_time_of(from);
	sync_advance(c, USER, cycles);
	ask_at(from, 0);
	check_locked(cpu);
	pthread_mutex_unlock(&lock);
}

void sync_idle(unsigned cpu)
{
	pthread_mutex_lock(&lock);
	cpus[cpu].running = false;
	cpus[cpu].check = 0;
	wake_others();
	pthread_mutex_unlock(&lock);
}

void sync_reset(void)
{
	pthread_mutex_lock(&lock);
	for (unsigned i = 0; i < args.cpus; i++) {
		cpus[i].running = false;
		cpus[i].check = 0;
		for (unsigned j = 0; j < args.cpus; j++)
			moved[i][j].ever = false;
	}
	wake_others();
	pthread_mutex_unlock(&lock);
}
