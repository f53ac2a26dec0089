/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "count.h"

#include "lines.h"
#include "sample.h"
#include "sync.h"

/* The events of an access that missed L1, by who served it. */
static const struct {
	int own, other; /* event for the CPU's own node, another's; one for both when other is -1 */
} load_served[SERVED] = {
	[BY_L2] = {EV_L2_LOAD_HITS, -1},
	[BY_LLC] = {EV_LLC_LOAD_HITS, -1},
	[BY_HITM_LOCAL] = {EV_HITM_LOCAL, -1},
	[BY_HITM_REMOTE] = {EV_HITM_REMOTE, -1},
	[BY_DRAM] = {EV_NODE_LOADS, EV_NODE_LOAD_MISSES},
}, store_served[SERVED] = {
	[BY_UPGRADE] = {EV_UPGRADES, -1},
	[BY_L2] = {EV_L2_STORE_HITS, -1},
	[BY_LLC] = {EV_LLC_STORE_HITS, -1},
	[BY_HITM_LOCAL] = {EV_RFO_HITM_LOCAL, -1},
	[BY_HITM_REMOTE] = {EV_RFO_HITM_REMOTE, -1},
	[BY_DRAM] = {EV_NODE_STORES, EV_NODE_STORE_MISSES},
};

/* An atomic's load fetches the line; its store misses only where the line had to be upgraded. */
static bool load_missed(enum kind kind, enum served by)
{
	return kind != STORE && by != BY_L1 && by != BY_UPGRADE;
}

static bool store_missed(enum kind kind, enum served by)
{
	return kind == STORE ? by != BY_L1 : kind == ATOMIC && by == BY_UPGRADE;
}

static void add_load(uint64_t *n, const struct outcome *o, bool own_node)
{
	int other = load_served[o->served].other;
	n[EV_L1_LOAD_MISSES]++;
	n[EV_LLC_LOADS] += o->served >= BY_LLC;
	n[EV_LLC_LOAD_MISSES] += o->served >= BY_HITM_REMOTE;
	n[own_node || other < 0 ? load_served[o->served].own : other]++;
}

static void add_store(uint64_t *n, const struct outcome *o, bool own_node)
{
	int other = store_served[o->served].other;
	n[EV_L1_STORE_MISSES]++;
	n[own_node || other < 0 ? store_served[o->served].own : other]++;
}

static void add(uint64_t *n, const struct access *a, const struct outcome *o, bool own_node)
{
	n[EV_CYCLES] += o->latency - LATENCY_L1;
	n[EV_L1_LOADS] += a->kind != STORE;
	n[EV_L1_STORES] += a->kind != LOAD;
	n[EV_ATOMICS] += a->kind == ATOMIC;
	if (__builtin_expect(o->served == BY_L1, 1))
		return;
	if (load_missed(a->kind, o->served))
		add_load(n, o, own_node);
	if (store_missed(a->kind, o->served))
		add_store(n, o, own_node);
	n[EV_INVALIDATIONS] += o->invalidated;
	n[EV_WRITEBACKS] += o->written_back;
}

static enum transfer transfer_of(const struct access *a, const struct outcome *o)
{
	enum transfer local = a->kind == STORE ? RFO_LOCAL : HITM_LOCAL;
	return local + (o->served == BY_HITM_REMOTE);
}

static void add_line(struct line_record *r, const struct access *a, const struct outcome *o)
{
	uint64_t mask = (a->bytes >= 64 ? ~0ull : (1ull << a->bytes) - 1) << (a->offset & 63);
	if (a->kind != STORE)
		r->loads++, r->load_mask |= mask;
	if (a->kind != LOAD)
		r->stores++, r->store_mask |= mask;
	if (o->served == BY_L1)
		return;
	if (load_missed(a->kind, o->served)) {
		r->l1_load_misses++;
		r->llc_loads += o->served >= BY_LLC;
		r->dram_loads += o->served == BY_DRAM;
	} else {
		r->dram_stores += o->served == BY_DRAM;
	}
	if (o->from != NOBODY) {
		r->moved[transfer_of(a, o)]++;
		r->from[o->from]++;
	}
}

static void add_section(unsigned cpu, const struct access *a, const struct outcome *o, bool own_node)
{
	uint64_t *totals = section_totals(cpu);
	if (!totals)
		return;
	add(totals, a, o, own_node);
	struct line_record *r = lines_find(cpu, a->offset >> 6, a->vaddr);
	if (r)
		add_line(r, a, o);
}

void count_access(unsigned cpu, const struct access *a, struct outcome *o)
{
	struct cpu *c = &cpus[cpu];
	model_access(cpu, a->offset >> 6, a->kind, o);
	bool own_node = o->home == node_of_cpu(cpu);
	add(c->count[a->mode], a, o, own_node);
	if (a->mode == USER)
		add_section(cpu, a, o, own_node);
	if (a->kind != STORE && o->latency >= args.sample_latency && args.sample_period)
		sample_load(cpu, a, o);
	if (o->served == BY_L1)
		return;
	if (o->served == BY_DRAM)
		c->dram[a->mode][o->home][a->kind == STORE]++;
	if (o->from != NOBODY)
		c->moved[a->mode][o->from][transfer_of(a, o)]++;
	if (o->from != NOBODY && a->mode == USER)
		sync_moved(cpu, o->from, o->latency - LATENCY_L1);
	else
		sync_advance(c, a->mode, o->latency - LATENCY_L1);
}

void count_instructions(unsigned cpu, enum mode mode, uint64_t n)
{
	struct cpu *c = &cpus[cpu];
	__atomic_store_n(&c->mode, mode, __ATOMIC_RELAXED);
	uint64_t *totals = mode == USER ? section_totals(cpu) : NULL;
	c->count[mode][EV_INSTRUCTIONS] += n;
	c->count[mode][EV_CYCLES] += n;
	if (totals) {
		totals[EV_INSTRUCTIONS] += n;
		totals[EV_CYCLES] += n;
	}
	sync_advance(c, mode, n);
}
