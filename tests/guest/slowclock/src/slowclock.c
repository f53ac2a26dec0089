/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A library for LD_PRELOAD under which a program's monotonic clock, and what it waits for by it, goes SLOWCLOCK times
 * slower than the host's. QEMU's virtual clock, and so all timers of its machine, are made of it; so is the clock that the
 * plugin dates samples with. The processor's own counter (rdtsc) is not touched: a guest that measures it against a timer
 * takes it for a faster one.
 */
#include <dlfcn.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#define SECOND 1000000000ll

static int64_t factor = 1, base; /* base: where both clocks agree */

static int (*next_gettime)(clockid_t, struct timespec *);
static int (*next_ppoll)(struct pollfd *, nfds_t, const struct timespec *, const sigset_t *);
static int (*next_timedwait)(pthread_cond_t *, pthread_mutex_t *, const struct timespec *);

static int64_t ns(const struct timespec *t)
{
	return t->tv_sec * SECOND + t->tv_nsec;
}

static struct timespec spec(int64_t ns)
{
	return (struct timespec){ns / SECOND, ns % SECOND};
}

__attribute__((constructor)) static void start(void)
{
	next_gettime = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
	next_ppoll = (int (*)(struct pollfd *, nfds_t, const struct timespec *, const sigset_t *))dlsym(RTLD_NEXT, "ppoll");
	next_timedwait = (int (*)(pthread_cond_t *, pthread_mutex_t *, const struct timespec *))dlsym(RTLD_NEXT, "pthread_cond_timedwait");
	const char *wanted = getenv("SLOWCLOCK");
	struct timespec now;
	if (!next_gettime || !next_ppoll || !next_timedwait || !wanted || next_gettime(CLOCK_MONOTONIC, &now))
		abort(); /* half of it slow would be worse than none */
	base = ns(&now);
	factor = strtoll(wanted, NULL, 10);
	if (factor < 1)
		abort();
}

int clock_gettime(clockid_t clock, struct timespec *t)
{
	if (!next_gettime)
		start(); /* another library's constructor came first */
	int failed = next_gettime(clock, t);
	if (!failed && clock == CLOCK_MONOTONIC)
		*t = spec(base + (ns(t) - base) / factor);
	return failed;
}

int ppoll(struct pollfd *fds, nfds_t n, const struct timespec *timeout, const sigset_t *mask)
{
	struct timespec longer;
	if (timeout) {
		longer = spec(ns(timeout) * factor);
		timeout = &longer;
	}
	return next_ppoll(fds, n, timeout, mask);
}

/*
 * The plugin's conditions wait by the monotonic clock, and are told from those by the wall clock by the time that they
 * name: no machine runs for the decades that lie between the two.
 */
int pthread_cond_timedwait(pthread_cond_t *cond, pthread_mutex_t *mutex, const struct timespec *until)
{
	struct timespec later = *until;
	if (until->tv_sec < 1000000000)
		later = spec(base + (ns(until) - base) * factor);
	return next_timedwait(cond, mutex, &later);
}
