/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The plugin's arguments, key=value each; options.go writes them. */
#ifndef ARGS_H
#define ARGS_H

#include <stdbool.h>
#include <stdint.h>

enum { MAX_CPUS = 32, MAX_NODES = 16 };

struct geometry {
	uint64_t bytes;
	uint32_t ways;
};

struct args {
	const char *shm, *truth, *version;
	uint64_t cpus, nodes, cpus_per_node, nodes_per_socket;
	uint64_t node_bytes, ram_base;
	struct geometry l1, l2, llc;
	uint64_t quantum, patience; /* cycles, microseconds */
	uint64_t sample_period, sample_latency, ring;
	uint64_t unseen_from, unseen_to; /* user-mode code at these addresses is not watched */
	uint64_t lines; /* records of the truth's per-line table, a vCPU */
};

extern struct args args;

/* Fills args, or writes to stderr what is wrong and returns false. */
bool args_parse(int argc, char **argv);

#endif
