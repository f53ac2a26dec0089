/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "cache.h"
#include "cpu.h"

enum state { INVALID, SHARED, EXCLUSIVE, MODIFIED };

/*
 * The directory: what the machine knows of a line. `owner` is the core that holds it Exclusive or Modified, plus one;
 * which of both, its L1 knows while the line is there (a store to an Exclusive line tells nobody), and `modified` after.
 * `dirty`: the one socket's LLC differs from DRAM. `writer`: the last core that made it Modified.
 */
struct entry {
	uint32_t cores;
	uint16_t sockets;
	uint8_t owner;
	uint8_t writer : 6;
	uint8_t modified : 1;
	uint8_t dirty : 1;
};

_Static_assert(sizeof(struct entry) == 8 && MAX_CPUS <= 32 && MAX_NODES <= 16, "directory");

static struct cache l1[MAX_CPUS], l2[MAX_CPUS], llc[MAX_NODES];
static struct entry *directory;
static uint64_t directory_bytes;
static unsigned sockets;
static uint32_t cores_of[MAX_NODES]; /* by socket */

/*
 * One lock for everything but an L1's hits. Its owner alone adds words to an L1, under the lock; others only take them
 * away or down a state, under the lock too. So a hit needs no lock: a load that finds its word was before whatever
 * happens to the word next, and a store makes Exclusive Modified by compare-and-swap.
 */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static uint32_t bit(unsigned n)
{
	return 1u << n;
}

bool model_init(void)
{
	bool ok = true;
	sockets = args.nodes / args.nodes_per_socket;
	for (unsigned i = 0; i < args.cpus; i++) {
		ok = ok && cache_init(&l1[i], args.l1) && cache_init(&l2[i], args.l2);
		cores_of[socket_of_cpu(i)] |= bit(i);
	}
	for (unsigned s = 0; s < sockets; s++)
		ok = ok && cache_init(&llc[s], args.llc);
	directory_bytes = args.nodes * args.node_bytes / 64 * sizeof *directory;
	directory = mmap(NULL, directory_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	return ok && directory != MAP_FAILED;
}

void model_reset(void)
{
	pthread_mutex_lock(&lock);
	for (unsigned i = 0; i < args.cpus; i++) {
		cache_clear(&l1[i]);
		cache_clear(&l2[i]);
	}
	for (unsigned s = 0; s < sockets; s++)
		cache_clear(&llc[s]);
	madvise(directory, directory_bytes, MADV_DONTNEED); /* reads as zeros again */
	pthread_mutex_unlock(&lock);
}

/* Takes the line from a core's L1, and brings what only the L1 knew into the directory. */
static void drop_l1(unsigned core, uint64_t line)
{
	int64_t way = cache_find(&l1[core], line);
	if (way >= 0 && state_of(__atomic_exchange_n(&l1[core].word[way], 0, __ATOMIC_ACQ_REL)) == MODIFIED) {
		directory[line].modified = 1;
		directory[line].writer = core;
	}
}

/* Lowers the line to Shared in a core's L1, and brings what only the L1 knew into the directory. */
static void share_l1(unsigned core, uint64_t line)
{
	int64_t way = cache_find(&l1[core], line);
	if (way >= 0 && state_of(__atomic_exchange_n(&l1[core].word[way], word_of(line, SHARED), __ATOMIC_ACQ_REL)) == MODIFIED) {
		directory[line].modified = 1;
		directory[line].writer = core;
	}
}

static bool owner_modified(uint64_t line)
{
	struct entry *d = &directory[line];
	if (!d->owner)
		return false;
	int64_t way = cache_find(&l1[d->owner - 1], line);
	if (way >= 0 && state_of(__atomic_load_n(&l1[d->owner - 1].word[way], __ATOMIC_ACQUIRE)) == MODIFIED) {
		d->modified = 1;
		d->writer = d->owner - 1;
	}
	return d->modified;
}

static void drop_l2(unsigned core, uint64_t line)
{
	int64_t way = cache_find(&l2[core], line);
	if (way >= 0)
		l2[core].word[way] = 0;
}

/* The core no longer holds the line; if it had modified it, its LLC is dirty now. */
static void leave_core(unsigned core, uint64_t line)
{
	struct entry *d = &directory[line];
	drop_l1(core, line);
	d->cores &= ~bit(core);
	if (d->owner == core + 1) {
		d->dirty |= d->modified;
		d->owner = d->modified = 0;
	}
}

/* The socket no longer holds the line. Whether it had been modified there. */
static bool leave_socket(unsigned socket, uint64_t line)
{
	struct entry *d = &directory[line];
	for (uint32_t in = d->cores & cores_of[socket]; in; in &= in - 1) {
		unsigned core = __builtin_ctz(in);
		leave_core(core, line);
		drop_l2(core, line);
	}
	d->sockets &= ~bit(socket);
	bool dirty = d->dirty && !d->sockets; /* dirty in one socket: no other holds it */
	if (dirty)
		d->dirty = 0;
	return dirty;
}

static void fill_l1(unsigned cpu, uint64_t line, enum state state)
{
	struct cache *c = &l1[cpu];
	int64_t way = cache_find(c, line);
	if (way < 0) {
		way = cache_victim(c, line);
		if (c->word[way])
			drop_l1(cpu, line_of(c->word[way]));
	}
	__atomic_store_n(&c->word[way], word_of(line, state), __ATOMIC_RELEASE);
	cache_touch(c, way);
}

static void fill_l2(unsigned cpu, uint64_t line)
{
	struct cache *c = &l2[cpu];
	int64_t way = cache_find(c, line);
	if (way < 0) {
		way = cache_victim(c, line);
		if (c->word[way])
			leave_core(cpu, line_of(c->word[way]));
		c->word[way] = word_of(line, 0);
	}
	cache_touch(c, way);
}

static void fill_llc(unsigned socket, uint64_t line, struct outcome *o)
{
	struct cache *c = &llc[socket];
	int64_t way = cache_find(c, line);
	if (way < 0) {
		way = cache_victim(c, line);
		if (c->word[way])
			o->written_back += leave_socket(socket, line_of(c->word[way]));
		c->word[way] = word_of(line, 0);
	}
	cache_touch(c, way);
}

/* Whoever else holds the line loses it. */
static void invalidate_others(unsigned cpu, uint64_t line, struct outcome *o)
{
	struct entry *d = &directory[line];
	uint32_t others = d->cores & ~bit(cpu);
	o->invalidated = __builtin_popcount(others);
	for (; others; others &= others - 1) {
		unsigned core = __builtin_ctz(others);
		leave_core(core, line);
		drop_l2(core, line);
	}
	for (uint32_t in = d->sockets & ~bit(socket_of_cpu(cpu)); in; in &= in - 1) {
		unsigned socket = __builtin_ctz(in);
		int64_t way = cache_find(&llc[socket], line);
		if (way >= 0)
			llc[socket].word[way] = 0;
		d->sockets &= ~bit(socket);
	}
	d->dirty = 0; /* what was dirty goes with the line to its new owner, who writes it */
}

static void own(unsigned cpu, uint64_t line, enum state state)
{
	struct entry *d = &directory[line];
	d->owner = cpu + 1;
	d->modified = state == MODIFIED;
	if (state == MODIFIED)
		d->writer = cpu;
}

/* A miss in L1 that the own L2 can serve; false when it cannot. */
static bool from_own_core(unsigned cpu, uint64_t line, bool write, struct outcome *o)
{
	struct entry *d = &directory[line];
	bool owned = d->owner == cpu + 1;
	if (!(d->cores & bit(cpu)))
		return false;
	o->served = BY_L2;
	o->latency = LATENCY_L2;
	if (write && !owned) {
		o->served = BY_UPGRADE;
		o->latency = d->sockets & ~bit(socket_of_cpu(cpu)) ? LATENCY_UPGRADE_REMOTE : LATENCY_UPGRADE_LOCAL;
		invalidate_others(cpu, line, o);
	}
	if (write)
		own(cpu, line, MODIFIED);
	fill_l2(cpu, line);
	fill_l1(cpu, line, write ? MODIFIED : !owned ? SHARED : d->modified ? MODIFIED : EXCLUSIVE);
	return true;
}

/* Who serves a line that the own core does not hold. */
static void serve(unsigned cpu, uint64_t line, struct outcome *o)
{
	struct entry *d = &directory[line];
	unsigned socket = socket_of_cpu(cpu);
	bool here = d->sockets & bit(socket);
	bool core = owner_modified(line);
	if (core && here) {
		o->served = BY_HITM_LOCAL;
		o->from = d->writer;
		o->latency = LATENCY_HITM_LOCAL;
	} else if (!here && (core || d->dirty)) {
		o->served = BY_HITM_REMOTE;
		o->from = d->writer;
		o->latency = LATENCY_HITM_REMOTE;
	} else if (here) {
		o->served = BY_LLC;
		o->latency = LATENCY_LLC;
	} else {
		o->served = BY_DRAM;
		o->latency = o->home == node_of_cpu(cpu) ? LATENCY_DRAM_LOCAL : LATENCY_DRAM_REMOTE;
	}
}

/* The owner shares the line; what it had modified is dirty in its LLC, or written back if another socket asks. */
static void share_out(unsigned cpu, uint64_t line)
{
	struct entry *d = &directory[line];
	if (d->owner) {
		share_l1(d->owner - 1, line);
		d->dirty |= d->modified;
		d->owner = d->modified = 0;
	}
	if (!(d->sockets & bit(socket_of_cpu(cpu))))
		d->dirty = 0;
}

static void from_elsewhere(unsigned cpu, uint64_t line, bool write, struct outcome *o)
{
	struct entry *d = &directory[line];
	unsigned socket = socket_of_cpu(cpu);
	serve(cpu, line, o);
	if (write)
		invalidate_others(cpu, line, o);
	else
		share_out(cpu, line);
	fill_llc(socket, line, o);
	fill_l2(cpu, line);
	bool alone = !d->cores && !(d->sockets & ~bit(socket));
	d->sockets |= bit(socket);
	d->cores |= bit(cpu);
	enum state state = write ? MODIFIED : alone ? EXCLUSIVE : SHARED;
	if (state != SHARED)
		own(cpu, line, state);
	fill_l1(cpu, line, state);
}

static bool hit(unsigned cpu, uint64_t line, bool write)
{
	struct cache *c = &l1[cpu];
	int64_t way = cache_find(c, line);
	if (way < 0)
		return false;
	if (write) {
		uint64_t word = __atomic_load_n(&c->word[way], __ATOMIC_ACQUIRE);
		if (word != word_of(line, MODIFIED) &&
			(word != word_of(line, EXCLUSIVE) ||
			 !__atomic_compare_exchange_n(&c->word[way], &word, word_of(line, MODIFIED), false, __ATOMIC_ACQ_REL,
										  __ATOMIC_ACQUIRE)))
			return false;
	}
	cache_touch(c, way);
	return true;
}

void model_access(unsigned cpu, uint64_t line, enum kind kind, struct outcome *o)
{
	bool write = kind != LOAD;
	*o = (struct outcome){.served = BY_L1, .home = line * 64 / args.node_bytes, .from = NOBODY, .latency = LATENCY_L1};
	if (__builtin_expect(hit(cpu, line, write), 1))
		return;
	pthread_mutex_lock(&lock);
	/* Between the look and the lock the word can only have gone or sunk: no hit has come about. */
	if (!from_own_core(cpu, line, write, o))
		from_elsewhere(cpu, line, write, o);
	pthread_mutex_unlock(&lock);
}

static const char *check_core(unsigned cpu)
{
	for (uint64_t i = 0; i < l1[cpu].sets * l1[cpu].ways; i++) {
		uint64_t word = l1[cpu].word[i];
		if (!word)
			continue;
		struct entry *d = &directory[line_of(word)];
		if (cache_find(&l2[cpu], line_of(word)) < 0)
			return "a line is in an L1 and not in its L2";
		if (state_of(word) >= EXCLUSIVE && (d->owner != cpu + 1 || d->cores != bit(cpu)))
			return "an L1 holds a line for writing that others hold";
		if (state_of(word) == SHARED && d->owner)
			return "an L1 shares a line that has an owner";
	}
	for (uint64_t i = 0; i < l2[cpu].sets * l2[cpu].ways; i++)
		if (l2[cpu].word[i]) {
			struct entry *d = &directory[line_of(l2[cpu].word[i])];
			if (!(d->cores & bit(cpu)) || !(d->sockets & bit(socket_of_cpu(cpu))))
				return "a line is in an L2 that the directory does not list";
			if (cache_find(&llc[socket_of_cpu(cpu)], line_of(l2[cpu].word[i])) < 0)
				return "a line is in an L2 and not in its LLC";
		}
	return NULL;
}

static const char *check_line(uint64_t line)
{
	struct entry *d = &directory[line];
	for (unsigned i = 0; i < args.cpus; i++)
		if (!!(d->cores & bit(i)) != (cache_find(&l2[i], line) >= 0))
			return "the directory and an L2 differ";
	for (unsigned s = 0; s < sockets; s++)
		if (!!(d->sockets & bit(s)) != (cache_find(&llc[s], line) >= 0))
			return "the directory and an LLC differ";
	if (d->owner && (d->cores != bit(d->owner - 1) || d->sockets != bit(socket_of_cpu(d->owner - 1))))
		return "a line has an owner and other holders";
	if (d->dirty && __builtin_popcount(d->sockets) != 1)
		return "a line is dirty and not in exactly one socket";
	return NULL;
}

const char *model_check(void)
{
	const char *wrong = NULL;
	for (unsigned i = 0; i < args.cpus && !wrong; i++)
		wrong = check_core(i);
	for (uint64_t line = 0; line < directory_bytes / sizeof *directory && !wrong; line++)
		wrong = check_line(line);
	return wrong;
}
