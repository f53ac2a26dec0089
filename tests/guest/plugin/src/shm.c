/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "shm.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cpu.h"

struct header {
	char magic[8];
	uint32_t version, cpus, events, entry_bytes;
	uint64_t entries;
	uint64_t counters, counters_bytes;
	uint64_t rings, ring_bytes;
	uint32_t ring_samples, sample_bytes;
	uint64_t outbox, outbox_bytes;
	uint64_t armed;
	uint64_t clock, clocks;
	uint64_t sample_period, sample_latency;
	char model[512];
	char plugin[128];
};

struct entry {
	char name[48], group[16], unit[8], help[184];
};

struct ring {
	uint64_t head, tail, lost, pad[5];
	struct sample samples[];
};

_Static_assert(sizeof(struct header) == 768, "header");
_Static_assert(sizeof(struct entry) == 256, "entry");
_Static_assert(sizeof(struct sample) == 64, "sample");
_Static_assert(sizeof(struct ring) == 64, "ring's head");

#define FITS(id, group, name, help) _Static_assert(sizeof(name) <= 48 && sizeof(group) <= 16 && sizeof(help) <= 184, name);
PUBLISHED(FITS)

static const struct {
	const char *name, *group, *help;
} published[] = {
#define ENTRY(id, group, name, help) {name, group, help},
	PUBLISHED(ENTRY)
};

enum { HEADER_BYTES = 4096 };

static char *base;

static struct header *header(void)
{
	return (struct header *)base;
}

static uint64_t round_up(uint64_t n, uint64_t to)
{
	return (n + to - 1) / to * to;
}

uint64_t monotonic(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ull + t.tv_nsec;
}

/* Where the counters and rings lie; the offset after them all. */
static uint64_t lay_out(struct header *h)
{
	h->entries = HEADER_BYTES;
	h->counters = round_up(h->entries + EV_PUBLISHED * sizeof(struct entry), 4096);
	h->counters_bytes = round_up(8 + 8 * EV_PUBLISHED, 64);
	h->rings = round_up(h->counters + args.cpus * h->counters_bytes, 4096);
	h->ring_bytes = round_up(sizeof(struct ring) + args.ring * sizeof(struct sample), 4096);
	return h->rings + args.cpus * h->ring_bytes;
}

static void describe(struct header *h, const char *model, const char *version)
{
	struct entry *e = (struct entry *)(base + h->entries);
	h->version = 1;
	h->cpus = args.cpus;
	h->events = EV_PUBLISHED;
	h->entry_bytes = sizeof(struct entry);
	h->ring_samples = args.ring;
	h->sample_bytes = sizeof(struct sample);
	h->sample_period = args.sample_period;
	h->sample_latency = args.sample_latency;
	snprintf(h->model, sizeof h->model, "%s", model);
	snprintf(h->plugin, sizeof h->plugin, "%s", version);
	for (int i = 0; i < EV_PUBLISHED; i++) {
		strcpy(e[i].name, published[i].name);
		strcpy(e[i].group, published[i].group);
		strcpy(e[i].unit, "1");
		strcpy(e[i].help, published[i].help);
	}
}

bool shm_open_file(const char *path, const char *model, const char *version)
{
	struct stat st;
	int fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) != 0) {
		fprintf(stderr, "softpmu: shm=%s: %s\n", path, strerror(errno));
		return false;
	}
	base = mmap(NULL, st.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (base == MAP_FAILED) {
		fprintf(stderr, "softpmu: shm=%s: cannot map its %lld bytes: %s\n", path, (long long)st.st_size, strerror(errno));
		return false;
	}
	struct header h = {0};
	uint64_t need = lay_out(&h);
	if ((uint64_t)st.st_size < HEADER_BYTES) {
		fprintf(stderr, "softpmu: shm=%s: it has %lld bytes, less than a header\n", path, (long long)st.st_size);
		return false;
	}
	/* Whoever made the file placed the outbox: it stays, and the plugin keeps below it. */
	h.outbox = header()->outbox;
	h.outbox_bytes = header()->outbox_bytes;
	uint64_t room = h.outbox ? h.outbox : (uint64_t)st.st_size;
	if (need > room) {
		fprintf(stderr, "softpmu: shm=%s: %llu bytes are needed below the outbox, there are %llu; lower ring=\n", path,
			(unsigned long long)need, (unsigned long long)room);
		return false;
	}
	describe(&h, model, version);
	*header() = h;
	__atomic_thread_fence(__ATOMIC_RELEASE);
	memcpy(header()->magic, "NLSOFTPM", 8);
	return true;
}

void shm_armed(bool armed)
{
	__atomic_store_n(&header()->armed, armed, __ATOMIC_RELEASE);
}

void shm_clock(void)
{
	__atomic_store_n(&header()->clock, monotonic(), __ATOMIC_RELAXED);
	__atomic_fetch_add(&header()->clocks, 1, __ATOMIC_RELEASE);
}

void shm_publish(unsigned cpu)
{
	struct cpu *c = &cpus[cpu];
	uint64_t *seq = (uint64_t *)(base + header()->counters + cpu * header()->counters_bytes);
	__atomic_store_n(seq, *seq + 1, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_RELEASE);
	for (int i = 0; i < EV_PUBLISHED; i++)
		__atomic_store_n(&seq[1 + i], c->count[USER][i] + c->count[KERNEL][i], __ATOMIC_RELAXED);
	__atomic_store_n(seq, *seq + 1, __ATOMIC_RELEASE);
}

static struct ring *ring(unsigned cpu)
{
	return (struct ring *)(base + header()->rings + cpu * header()->ring_bytes);
}

void shm_sample(unsigned cpu, const struct sample *s)
{
	struct ring *r = ring(cpu);
	uint64_t head = r->head;
	if (head - __atomic_load_n(&r->tail, __ATOMIC_ACQUIRE) >= args.ring) {
		__atomic_store_n(&r->lost, r->lost + 1, __ATOMIC_RELAXED);
		return;
	}
	r->samples[head & (args.ring - 1)] = *s;
	__atomic_store_n(&r->head, head + 1, __ATOMIC_RELEASE);
}

uint64_t shm_samples(unsigned cpu, uint64_t *lost)
{
	*lost = ring(cpu)->lost;
	return ring(cpu)->head;
}
