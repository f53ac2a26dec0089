/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where an access lies in the nodes' memory. What the API calls a physical address is, in QEMU 7.2, the sum of a memory
 * block's number in QEMU's own order and its place in the machine: with one block a node, all alike and made first, node
 * k's memory shows at 2k times its size. Later versions give the physical address. The guest, which knows its frames, tells
 * some (frames_low, frames_high, frames_check): the two that contradict it are ruled out, and nothing is counted on a guess.
 */
#ifndef FRAMES_H
#define FRAMES_H

#include <stdbool.h>
#include <stdint.h>

/* The offset into the nodes' memory laid end to end; false when the address is not in it. */
bool frames_place(uint64_t reported, uint64_t *offset);

void frames_low(uint64_t bits);
void frames_high(uint64_t bits);

/* A page of the frame just told shows at this address. Ends QEMU, with a message, if that cannot be. */
void frames_check(uint64_t reported);

unsigned frames_checked(void);

#endif
