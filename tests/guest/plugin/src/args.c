/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "args.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct args args = {
	.version = "",
	.nodes = 1,
	.cpus_per_node = 1,
	.nodes_per_socket = 1,
	.l1 = {32 << 10, 8},
	.l2 = {256 << 10, 8},
	.llc = {2 << 20, 16},
	.quantum = 20000,
	.patience = 1000,
	.ring = 4096,
	.lines = 65536,
};

static const struct {
	const char *key;
	uint64_t *value, min, max;
} numbers[] = {
	{"cpus", &args.cpus, 1, MAX_CPUS},
	{"nodes", &args.nodes, 1, MAX_NODES},
	{"cpus_per_node", &args.cpus_per_node, 1, MAX_CPUS},
	{"nodes_per_socket", &args.nodes_per_socket, 1, MAX_NODES},
	{"node_bytes", &args.node_bytes, 1 << 20, 1ull << 36},
	{"ram_base", &args.ram_base, 0, 1ull << 40},
	{"quantum", &args.quantum, 1, 50000}, /* what is published grows old by no more than two of them */
	{"patience", &args.patience, 1, 100000},
	{"sample_period", &args.sample_period, 0, 1u << 31},
	{"sample_latency", &args.sample_latency, 0, 1u << 31},
	{"ring", &args.ring, 2, 1 << 20},
	{"unseen_from", &args.unseen_from, 0, 1ull << 47},
	{"unseen_to", &args.unseen_to, 0, 1ull << 47},
	{"lines", &args.lines, 16, 1 << 24},
};

static const struct {
	const char *key;
	const char **value;
} texts[] = {{"shm", &args.shm}, {"truth", &args.truth}, {"version", &args.version}};

static const struct {
	const char *key;
	struct geometry *value;
} caches[] = {{"l1", &args.l1}, {"l2", &args.l2}, {"llc", &args.llc}};

static bool number(const char *s, char **end, uint64_t *out)
{
	errno = 0;
	*out = strtoull(s, end, 0);
	return *end != s && *s != '-' && errno == 0;
}

static bool power_of_two(uint64_t n)
{
	return n && !(n & (n - 1));
}

/* BYTES:WAYS, a power of two of sets. */
static bool geometry(const char *s, struct geometry *g)
{
	char *end;
	uint64_t ways;
	if (!number(s, &end, &g->bytes) || *end++ != ':' || !number(end, &end, &ways) || *end)
		return false;
	g->ways = ways;
	return ways >= 1 && ways <= 64 && g->bytes % (64 * ways) == 0 && power_of_two(g->bytes / (64 * ways));
}

static bool one(const char *key, const char *value)
{
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		if (!strcmp(key, texts[i].key))
			return (*texts[i].value = strdup(value)) != NULL;
	for (size_t i = 0; i < sizeof caches / sizeof *caches; i++)
		if (!strcmp(key, caches[i].key))
			return geometry(value, caches[i].value);
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
		char *end;
		if (!strcmp(key, numbers[i].key))
			return number(value, &end, numbers[i].value) && !*end && *numbers[i].value >= numbers[i].min &&
			       *numbers[i].value <= numbers[i].max;
	}
	return false;
}

static bool consistent(void)
{
	const char *what = NULL;
	if (!args.cpus)
		args.cpus = args.nodes * args.cpus_per_node;
	if (!args.node_bytes)
		what = "node_bytes is missing: the bytes of memory of one node";
	else if (args.node_bytes % 4096)
		what = "node_bytes is not whole pages";
	else if (args.cpus > MAX_CPUS || args.cpus > args.nodes * args.cpus_per_node)
		what = "cpus is more than nodes times cpus_per_node, or above 32";
	else if (args.nodes % args.nodes_per_socket)
		what = "nodes is no multiple of nodes_per_socket";
	else if (!power_of_two(args.ring))
		what = "ring is no power of two";
	else if (!power_of_two(args.lines))
		what = "lines is no power of two";
	else if (args.l1.bytes > args.l2.bytes || args.l2.bytes > args.llc.bytes)
		what = "l1, l2 and llc must not shrink: each level holds what is in the one before";
	if (what)
		fprintf(stderr, "softpmu: %s\n", what);
	return !what;
}

bool args_parse(int argc, char **argv)
{
	for (int i = 0; i < argc; i++) {
		char *eq = strchr(argv[i], '=');
		bool ok = eq != NULL;
		if (ok) {
			*eq = 0;
			ok = one(argv[i], eq + 1);
			*eq = '=';
		}
		if (!ok) {
			fprintf(stderr, "softpmu: argument %s: unknown, or its value is out of range\n", argv[i]);
			return false;
		}
	}
	return consistent();
}
