/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "markers.h"

#include "cpu.h"
#include "frames.h"
#include "shm.h"

/* Offsets in the window, and how many words or pages a kind has. */
enum {
	AT_ARM = 0x00,
	AT_DISARM = 0x08,
	AT_CLOCK = 0x10,
	AT_THREAD = 0x10000,
	THREADS = 131072,
	AT_BEGIN = 0x200000,
	AT_END = 0x210000,
	SECTIONS = 4096,
	AT_FRAME_LOW = 0x220000,
	AT_FRAME_HIGH = 0x240000,
	FRAMES = 16384,
	AT_CHECK = 0x260000,
};

static bool word_in(uint64_t offset, uint64_t from, uint64_t words, uint64_t *index)
{
	*index = (offset - from) / 8;
	return offset >= from && *index < words && offset % 8 == 0;
}

static void section(struct cpu *c, int id)
{
	c->section = id;
	c->last_line = NULL;
}

enum marked markers_store(unsigned cpu, uint64_t vaddr)
{
	struct cpu *c = &cpus[cpu];
	uint64_t offset = vaddr - MARKERS_BASE, i;
	if (offset == AT_ARM)
		return ARM;
	if (offset == AT_DISARM)
		return DISARM;
	if (offset == AT_CLOCK)
		shm_clock();
	else if (word_in(offset, AT_THREAD, THREADS, &i))
		c->tid = i;
	else if (word_in(offset, AT_BEGIN, SECTIONS, &i))
		section(c, i);
	else if (word_in(offset, AT_END, SECTIONS, &i) && c->section == (int)i)
		section(c, -1);
	else if (word_in(offset, AT_FRAME_LOW, FRAMES, &i))
		frames_low(i);
	else if (word_in(offset, AT_FRAME_HIGH, FRAMES, &i))
		frames_high(i);
	else if (offset >= AT_CHECK && offset < AT_CHECK + (MAX_NODES << 12) && offset % 4096 == 0)
		return CHECK_FRAME;
	return NOTHING;
}
