/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sync.h"

#include <errno.h>
#include <pthread.h>
#include <time.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t wake[MAX_CPUS];
static bool made, waits[MAX_CPUS];
static uint64_t moved[MAX_CPUS][MAX_CPUS]; /* the time at which the two last moved a line between them */

static uint64_t time_of(unsigned cpu)
{
	return __atomic_load_n(&cpus[cpu].time, __ATOMIC_RELAXED);
}

static uint64_t slack(unsigned a, unsigned b)
{
	uint64_t now = time_of(a), last = moved[a][b];
	uint64_t eased = now > last ? (now - last) / EASE : 0;
	return eased < args.quantum ? eased : args.quantum;
}

static bool too_far_ahead(unsigned a, unsigned b)
{
	return a != b && cpus[b].running && time_of(a) > time_of(b) + slack(a, b);
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

static struct timespec patience(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	uint64_t ns = t.tv_nsec + args.patience * 1000;
	return (struct timespec){t.tv_sec + ns / 1000000000, ns % 1000000000};
}

/* Sleeps until the vCPU may go on; false when it lost patience. */
static bool wait_for_others(unsigned cpu)
{
	struct timespec until = patience();
	cpus[cpu].waits++;
	waits[cpu] = true;
	bool ok = true;
	while (ok && !may_go(cpu)) {
		for (unsigned i = 0; i < args.cpus; i++)
			if (too_far_ahead(cpu, i))
				ask_at(i, time_of(cpu) - slack(cpu, i));
		ok = pthread_cond_timedwait(&wake[cpu], &lock, &until) != ETIMEDOUT || may_go(cpu);
	}
	waits[cpu] = false;
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
		if (in_bounds && cpus[i].running && time_of(i) + slack(cpu, i) + 1 < at)
			at = time_of(i) + slack(cpu, i) + 1;
		if (waits[i] && too_far_ahead(i, cpu) && time_of(i) - slack(i, cpu) < at)
			at = time_of(i) - slack(i, cpu);
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

void sync_moved(unsigned cpu, unsigned from)
{
	pthread_mutex_lock(&lock);
	uint64_t a = time_of(cpu), b = time_of(from);
	moved[cpu][from] = moved[from][cpu] = a > b ? a : b;
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

static void make(void)
{
	pthread_condattr_t monotonic;
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	for (unsigned i = 0; i < MAX_CPUS; i++)
		pthread_cond_init(&wake[i], &monotonic);
	made = true;
}

void sync_reset(void)
{
	if (!made)
		make();
	pthread_mutex_lock(&lock);
	for (unsigned i = 0; i < args.cpus; i++) {
		cpus[i].running = false;
		cpus[i].check = 0;
		for (unsigned j = 0; j < args.cpus; j++)
			moved[i][j] = 0;
	}
	wake_others();
	pthread_mutex_unlock(&lock);
}
