/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cache.h"

#include <stdlib.h>

bool cache_init(struct cache *c, struct geometry g)
{
	c->ways = g.ways;
	c->sets = g.bytes / 64 / g.ways;
	c->word = calloc(c->sets * c->ways, sizeof *c->word);
	c->used = calloc(c->sets * c->ways, sizeof *c->used);
	return c->word && c->used;
}

void cache_clear(struct cache *c)
{
	for (uint64_t i = 0; i < c->sets * c->ways; i++)
		__atomic_store_n(&c->word[i], 0, __ATOMIC_RELAXED);
}

int64_t cache_victim(const struct cache *c, uint64_t line)
{
	int64_t at = (line & (c->sets - 1)) * c->ways, best = at;
	for (int64_t w = at; w < at + c->ways; w++) {
		if (!__atomic_load_n(&c->word[w], __ATOMIC_RELAXED))
			return w;
		if (c->used[w] < c->used[best])
			best = w;
	}
	return best;
}
