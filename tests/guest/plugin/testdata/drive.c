/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Drives the model without QEMU. Arguments: the plugin's. Standard input, a line each:
 *   CPU load|store|atomic LINE    prints who served it, from whom, its home and latency
 *   forget                        empties the caches
 *   check                         compares caches and directory, prints what is wrong or "whole"
 *   storm THREADS N SEED LINES    N random accesses by each of so many vCPUs at once, on threads
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "args.h"
#include "cpu.h"
#include "model.h"

struct cpu cpus[MAX_CPUS];

static const char *const served[] = {"L1", "upgrade", "L2", "LLC", "hitm-local", "hitm-remote", "DRAM"};
static const char *const kinds[] = {"load", "store", "atomic"};

struct storm {
	pthread_t thread;
	unsigned cpu;
	uint64_t n, seed, lines;
};

static void *storm(void *p)
{
	struct storm *s = p;
	struct outcome o;
	for (uint64_t i = 0; i < s->n; i++) {
		s->seed = s->seed * 6364136223846793005ull + 1442695040888963407ull;
		model_access(s->cpu, (s->seed >> 33) % s->lines, (s->seed >> 20) % 3, &o);
	}
	return NULL;
}

static void storms(unsigned threads, uint64_t n, uint64_t seed, uint64_t lines)
{
	static struct storm all[MAX_CPUS];
	for (unsigned i = 0; i < threads; i++) {
		all[i] = (struct storm){.cpu = i, .n = n, .seed = seed + i * 7919, .lines = lines};
		pthread_create(&all[i].thread, NULL, storm, &all[i]);
	}
	for (unsigned i = 0; i < threads; i++)
		pthread_join(all[i].thread, NULL);
}

static void access_line(unsigned cpu, const char *kind, uint64_t line)
{
	struct outcome o;
	for (int k = 0; k < 3; k++)
		if (!strcmp(kind, kinds[k])) {
			model_access(cpu, line, k, &o);
			printf("%s from=%d home=%d latency=%d invalidated=%d written-back=%d\n", served[o.served],
				   o.from == NOBODY ? -1 : o.from, o.home, o.latency, o.invalidated, o.written_back);
		}
}

int main(int argc, char **argv)
{
	char text[128], kind[16];
	unsigned cpu;
	unsigned long long a, b, c;
	if (!args_parse(argc - 1, argv + 1) || !model_init())
		return 1;
	while (fgets(text, sizeof text, stdin)) {
		if (!strncmp(text, "forget", 6))
			model_reset();
		else if (!strncmp(text, "check", 5))
			printf("%s\n", model_check() ? model_check() : "whole");
		else if (sscanf(text, "storm %u %llu %llu %llu", &cpu, &a, &b, &c) == 4)
			storms(cpu, a, b, c);
		else if (sscanf(text, "%u %15s %llu", &cpu, kind, &a) == 3)
			access_line(cpu, kind, a);
	}
	return 0;
}
