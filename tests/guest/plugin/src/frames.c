/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "frames.h"

#include <stdio.h>
#include <unistd.h>

#include "args.h"

static unsigned checked;
static uint64_t told_low, told_high;
static bool not_summed, not_plain; /* what the guest ruled out */

static bool summed(uint64_t reported, uint64_t *offset)
{
	uint64_t node = reported / (2 * args.node_bytes), in = reported % (2 * args.node_bytes);
	*offset = node * args.node_bytes + in;
	return node < args.nodes && in < args.node_bytes;
}

static bool plain(uint64_t reported, uint64_t *offset)
{
	*offset = reported - args.ram_base;
	return reported >= args.ram_base && *offset < args.nodes * args.node_bytes;
}

bool frames_place(uint64_t reported, uint64_t *offset)
{
	return not_summed ? plain(reported, offset) : summed(reported, offset);
}

void frames_low(uint64_t bits)
{
	told_low = bits;
}

void frames_high(uint64_t bits)
{
	told_high = bits;
}

void frames_check(uint64_t reported)
{
	uint64_t frame = told_high << 14 | told_low, want = (frame << 12) - args.ram_base, offset;
	not_summed |= !summed(reported, &offset) || offset != want;
	not_plain |= !plain(reported, &offset) || offset != want;
	if (!not_summed || !not_plain) {
		checked++;
		return;
	}
	fprintf(stderr,
		"softpmu: the guest has frame %#llx where QEMU reports %#llx, which no known layout explains; "
		"node_bytes or ram_base is wrong, or the nodes' memory backends are not the first objects, all of one size\n",
		(unsigned long long)frame, (unsigned long long)reported);
	_exit(3); /* from a vCPU's thread exit() would wait for itself */
}

unsigned frames_checked(void)
{
	return checked;
}
