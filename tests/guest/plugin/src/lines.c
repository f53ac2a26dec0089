/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lines.h"

#include <sys/mman.h>

uint64_t (*section_counts[MAX_CPUS])[EV_ALL];

static struct line_record *table[MAX_CPUS];

/* Memory that costs nothing until it is used. */
static void *reserve(uint64_t bytes)
{
	void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	return p == MAP_FAILED ? NULL : p;
}

bool lines_init(void)
{
	bool ok = true;
	for (unsigned i = 0; i < args.cpus; i++) {
		cpus[i].section = -1;
		table[i] = reserve(args.lines * sizeof **table);
		section_counts[i] = reserve(MAX_SECTIONS * sizeof **section_counts);
		ok = ok && table[i] && section_counts[i];
	}
	return ok;
}

static bool same(const struct line_record *r, const struct cpu *c, uint64_t line)
{
	return r->line == line && r->tid == c->tid && r->section == (uint32_t)c->section;
}

struct line_record *lines_find(unsigned cpu, uint64_t line, uint64_t vaddr)
{
	enum { PROBES = 1024 };
	struct cpu *c = &cpus[cpu];
	if (c->last_line && same(c->last_line, c, line))
		return c->last_line;
	uint64_t h = (line * 0x9e3779b97f4a7c15ull) ^ (c->tid * 0xc2b2ae3d27d4eb4full) ^ ((uint64_t)c->section << 40);
	h = (h ^ h >> 29) * 0xbf58476d1ce4e5b9ull;
	h ^= h >> 32;
	for (unsigned i = 0; i < PROBES; i++) {
		struct line_record *r = &table[cpu][(h + i) & (args.lines - 1)];
		if (!r->vaddr)
			*r = (struct line_record){.line = line, .vaddr = vaddr & ~63ull, .tid = c->tid, .section = c->section};
		else if (!same(r, c, line))
			continue;
		return c->last_line = r;
	}
	c->lines_lost++;
	return NULL;
}

const struct line_record *lines_at(unsigned cpu, uint64_t i)
{
	return &table[cpu][i];
}

const uint64_t *section_at(unsigned cpu, unsigned section)
{
	return section_counts[cpu][section];
}
