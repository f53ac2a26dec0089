/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One set-associative cache: words by set and way, the least recently used way of a set replaced. A word is 0 or a line
 * number plus one, shifted, with two bits of state for whoever keeps state there.
 */
#ifndef CACHE_H
#define CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "args.h"

struct cache {
	uint32_t ways;
	uint64_t sets, now;
	uint64_t *word; /* sets × ways */
	uint64_t *used; /* when */
};

bool cache_init(struct cache *, struct geometry);
void cache_clear(struct cache *);

static inline uint64_t word_of(uint64_t line, unsigned state)
{
	return (line + 1) << 2 | state;
}

static inline uint64_t line_of(uint64_t word)
{
	return (word >> 2) - 1;
}

static inline unsigned state_of(uint64_t word)
{
	return word & 3;
}

/*
 * The way's index that holds the line, or -1. Another thread may clear or change a word meanwhile: the caller looks at
 * the word again.
 */
static inline int64_t cache_find(const struct cache *c, uint64_t line)
{
	uint64_t at = (line & (c->sets - 1)) * c->ways;
	for (uint32_t w = 0; w < c->ways; w++)
		if (__atomic_load_n(&c->word[at + w], __ATOMIC_RELAXED) >> 2 == line + 1)
			return at + w;
	return -1;
}

static inline void cache_touch(struct cache *c, int64_t way)
{
	c->used[way] = ++c->now;
}

/* The way that a new line of this set goes to: a free one, or the least recently used. */
int64_t cache_victim(const struct cache *, uint64_t line);

#endif
