/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is counted, per vCPU, user and kernel mode apart. PUBLISHED are written into the shared memory under perf's name
 * where the meaning is perf's; TRUTH_ONLY stand in the truth alone. X(identifier, group, name, help).
 *
 * These hold exactly, per vCPU and mode:
 *   L1-dcache-load-misses = l2-load-hits + LLC-loads
 *   LLC-loads             = llc-load-hits + hitm-local + LLC-load-misses
 *   LLC-load-misses       = node-loads + node-load-misses + hitm-remote
 *   l1-store-misses       = upgrades + l2-store-hits + llc-store-hits + rfo-hitm-local + rfo-hitm-remote
 *                           + node-stores + node-store-misses
 */
#ifndef EVENTS_H
#define EVENTS_H

#define PUBLISHED(X)                                                                                                    \
	X(CYCLES, "core", "cycles", "Cycles of the model: one an instruction, and what its loads and stores waited for.")   \
	X(INSTRUCTIONS, "core", "instructions", "Instructions begun, counted by translated block.")                         \
	X(L1_LOADS, "l1", "L1-dcache-loads", "Loads; one that spans two lines counts on each. An atomic counts here too.")  \
	X(L1_LOAD_MISSES, "l1", "L1-dcache-load-misses", "Loads that the CPU's own L1d could not serve.")                   \
	X(L1_STORES, "l1", "L1-dcache-stores", "Stores; one that spans two lines counts on each. An atomic counts too.")    \
	X(LLC_LOADS, "llc", "LLC-loads", "Loads that neither L1d nor L2 of the CPU could serve.")                           \
	X(LLC_LOAD_MISSES, "llc", "LLC-load-misses", "Loads that no cache of the CPU's own socket could serve.")            \
	X(NODE_LOADS, "node", "node-loads", "Loads served by DRAM of the CPU's own node.")                                  \
	X(NODE_LOAD_MISSES, "node", "node-load-misses", "Loads served by DRAM of another node.")                            \
	X(HITM_LOCAL, "hitm", "hitm-local",                                                                                 \
	  "Loads that found their line Modified in another core of the same socket. No LLC miss.")                          \
	X(HITM_REMOTE, "hitm", "hitm-remote", "Loads that found their line Modified in another socket. Each an LLC miss.")  \
	X(RFO_HITM_LOCAL, "rfo", "rfo-hitm-local", "Stores that took a Modified line from another core of the same socket.") \
	X(RFO_HITM_REMOTE, "rfo", "rfo-hitm-remote", "Stores that took a Modified line from another socket.")

#define TRUTH_ONLY(X)                                                                                                   \
	X(L2_LOAD_HITS, "truth", "l2-load-hits", "Loads served by the CPU's own L2.")                                       \
	X(LLC_LOAD_HITS, "truth", "llc-load-hits", "Loads served by the own socket's LLC or a clean copy in it.")           \
	X(L1_STORE_MISSES, "truth", "l1-store-misses", "Stores to a line that was not writable in L1d.")                    \
	X(UPGRADES, "truth", "upgrades", "Stores to a line that this core held Shared.")                                    \
	X(L2_STORE_HITS, "truth", "l2-store-hits", "Stores to a line writable in the own L2.")                              \
	X(LLC_STORE_HITS, "truth", "llc-store-hits", "Stores that took their line from the own socket, not Modified.")      \
	X(NODE_STORES, "truth", "node-stores", "Stores whose line came from DRAM of the own node.")                         \
	X(NODE_STORE_MISSES, "truth", "node-store-misses", "Stores whose line came from DRAM of another node.")             \
	X(INVALIDATIONS, "truth", "invalidations", "Other cores' copies that this CPU's stores invalidated.")               \
	X(WRITEBACKS, "truth", "writebacks", "Modified lines that this CPU's fills pushed out of its socket.")              \
	X(ATOMICS, "truth", "atomics", "Atomic instructions: each also one load and one store.")                            \
	X(SPLITS, "truth", "splits", "Accesses that spanned two lines: each counted on both.")                              \
	X(UNPLACED, "truth", "unplaced", "Accesses outside the nodes' memory (devices, ROM): counted nowhere else.")

#define EVENT_ID(id, group, name, help) EV_##id,
enum event {
	PUBLISHED(EVENT_ID) EV_PUBLISHED,
	EV_BEFORE_TRUTH_ONLY = EV_PUBLISHED - 1, /* the enumeration goes on without a gap */
	TRUTH_ONLY(EVENT_ID) EV_ALL
};

#endif
