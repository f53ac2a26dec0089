/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "truth.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "frames.h"
#include "lines.h"
#include "shm.h"

#define NAME(id, group, name, help) name,
static const char *const names[EV_ALL] = {PUBLISHED(NAME) TRUTH_ONLY(NAME)};
static const char *const mode_names[MODES] = {"user", "kernel"};

const char *model_text(void)
{
	static char text[512];
	int n = snprintf(text, sizeof text,
			 "softpmu: L1d %llu KiB/%u, L2 %llu KiB/%u a vCPU, LLC %llu KiB/%u a socket, 64-byte lines, LRU, inclusive, MESI; "
			 "cycles: L1 %d, L2 %d, LLC %d, HITM %d/%d, DRAM %d/%d, upgrade %d/%d (local/remote); no prefetcher, "
			 "no store buffer; drift <= %llu cycles",
			 (unsigned long long)args.l1.bytes >> 10, args.l1.ways, (unsigned long long)args.l2.bytes >> 10, args.l2.ways,
			 (unsigned long long)args.llc.bytes >> 10, args.llc.ways, LATENCY_L1, LATENCY_L2, LATENCY_LLC,
			 LATENCY_HITM_LOCAL, LATENCY_HITM_REMOTE, LATENCY_DRAM_LOCAL, LATENCY_DRAM_REMOTE, LATENCY_UPGRADE_LOCAL,
			 LATENCY_UPGRADE_REMOTE, (unsigned long long)args.quantum);
	if (args.unseen_to && n < (int)sizeof text)
		snprintf(text + n, sizeof text - n, "; the agent's own code is not watched");
	return text;
}

static void put_text(FILE *f, const char *s)
{
	fputc('"', f);
	for (; *s; s++) {
		if (*s == '"' || *s == '\\')
			fprintf(f, "\\%c", *s);
		else if ((unsigned char)*s < ' ')
			fprintf(f, "\\u%04x", *s);
		else
			fputc(*s, f);
	}
	fputc('"', f);
}

static void put(FILE *f, const char *key, uint64_t value)
{
	fprintf(f, ",\"%s\":%llu", key, (unsigned long long)value);
}

static void put_counts(FILE *f, const char *key, const uint64_t *n)
{
	fprintf(f, ",\"%s\":{", key);
	for (int i = 0; i < EV_ALL; i++)
		fprintf(f, "%s\"%s\":%llu", i ? "," : "", names[i], (unsigned long long)n[i]);
	fputc('}', f);
}

static void put_head(FILE *f)
{
	fprintf(f, "\"version\":1,\"model\":");
	put_text(f, model_text());
	fprintf(f, ",\"plugin\":");
	put_text(f, args.version);
	put(f, "cpus", args.cpus);
	put(f, "nodes", args.nodes);
	put(f, "cpus_per_node", args.cpus_per_node);
	put(f, "nodes_per_socket", args.nodes_per_socket);
	put(f, "node_bytes", args.node_bytes);
	put(f, "ram_base", args.ram_base);
	put(f, "quantum", args.quantum);
	put(f, "patience", args.patience);
	put(f, "sample_period", args.sample_period);
	put(f, "sample_latency", args.sample_latency);
	put(f, "frames_checked", frames_checked());
}

static void put_cpu(FILE *f, unsigned cpu)
{
	const struct cpu *c = &cpus[cpu];
	uint64_t lost, samples = shm_samples(cpu, &lost);
	fprintf(f, "%s\n{\"cpu\":%u", cpu ? "," : "", cpu);
	put(f, "node", node_of_cpu(cpu));
	put(f, "socket", socket_of_cpu(cpu));
	put_counts(f, "user", c->count[USER]);
	put_counts(f, "kernel", c->count[KERNEL]);
	put(f, "waits", c->waits);
	put(f, "overruns", c->overruns);
	put(f, "lines_lost", c->lines_lost);
	put(f, "samples", samples);
	put(f, "samples_lost", lost);
	fputc('}', f);
}

static void put_dram(FILE *f)
{
	const char *comma = "";
	for (unsigned i = 0; i < args.cpus; i++)
		for (int m = 0; m < MODES; m++)
			for (unsigned n = 0; n < args.nodes; n++) {
				const uint64_t *d = cpus[i].dram[m][n];
				if (!d[0] && !d[1])
					continue;
				fprintf(f, "%s\n{\"cpu\":%u", comma, i);
				put(f, "cpu_node", node_of_cpu(i));
				put(f, "memory_node", n);
				fprintf(f, ",\"mode\":\"%s\"", mode_names[m]);
				put(f, "loads", d[0]);
				put(f, "stores", d[1]);
				fputc('}', f);
				comma = ",";
			}
}

static void put_transfers(FILE *f, const uint64_t *n)
{
	put(f, "hitm_local", n[HITM_LOCAL]);
	put(f, "hitm_remote", n[HITM_REMOTE]);
	put(f, "rfo_hitm_local", n[RFO_LOCAL]);
	put(f, "rfo_hitm_remote", n[RFO_REMOTE]);
}

static void put_moved(FILE *f)
{
	const char *comma = "";
	for (unsigned to = 0; to < args.cpus; to++)
		for (int m = 0; m < MODES; m++)
			for (unsigned from = 0; from < args.cpus; from++) {
				const uint64_t *n = cpus[to].moved[m][from];
				if (!(n[0] | n[1] | n[2] | n[3]))
					continue;
				fprintf(f, "%s\n{\"from\":%u,\"to\":%u,\"mode\":\"%s\"", comma, from, to, mode_names[m]);
				put_transfers(f, n);
				fputc('}', f);
				comma = ",";
			}
}

static void put_line(FILE *f, unsigned cpu, const struct line_record *r)
{
	const char *comma = "";
	uint64_t offset = r->line * 64;
	fprintf(f, "{\"physical\":\"%#llx\",\"virtual\":\"%#llx\"", (unsigned long long)(args.ram_base + offset),
			(unsigned long long)r->vaddr);
	put(f, "home", offset / args.node_bytes);
	put(f, "cpu", cpu);
	put(f, "tid", r->tid);
	put(f, "loads", r->loads);
	put(f, "stores", r->stores);
	fprintf(f, ",\"load_mask\":\"0x%llx\",\"store_mask\":\"0x%llx\"", (unsigned long long)r->load_mask,
			(unsigned long long)r->store_mask);
	put(f, "l1_load_misses", r->l1_load_misses);
	put(f, "llc_loads", r->llc_loads);
	put(f, "dram_loads", r->dram_loads);
	put(f, "dram_stores", r->dram_stores);
	put_transfers(f, r->moved);
	fprintf(f, ",\"from\":{");
	for (unsigned i = 0; i < args.cpus; i++)
		if (r->from[i]) {
			fprintf(f, "%s\"%u\":%u", comma, i, r->from[i]);
			comma = ",";
		}
	fprintf(f, "}}");
}

static bool seen(unsigned cpu, unsigned section)
{
	return section_at(cpu, section)[EV_INSTRUCTIONS] || section_at(cpu, section)[EV_L1_LOADS] ||
		   section_at(cpu, section)[EV_L1_STORES];
}

static void put_section(FILE *f, unsigned section)
{
	const char *comma = "";
	fprintf(f, "{\"id\":%u,\"per_cpu\":[", section);
	for (unsigned i = 0; i < args.cpus; i++)
		if (seen(i, section)) {
			fprintf(f, "%s\n{\"cpu\":%u", comma, i);
			put_counts(f, "user", section_at(i, section));
			fputc('}', f);
			comma = ",";
		}
	fprintf(f, "],\"lines\":[");
	comma = "";
	for (unsigned i = 0; i < args.cpus; i++)
		for (uint64_t k = 0; k < args.lines; k++) {
			const struct line_record *r = lines_at(i, k);
			if (!r->vaddr || r->section != section)
				continue;
			fprintf(f, "%s\n", comma);
			put_line(f, i, r);
			comma = ",";
		}
	fprintf(f, "]}");
}

static void put_sections(FILE *f)
{
	const char *comma = "";
	for (unsigned s = 0; s < MAX_SECTIONS; s++) {
		bool any = false;
		for (unsigned i = 0; i < args.cpus; i++)
			any = any || seen(i, s);
		if (!any)
			continue;
		fprintf(f, "%s\n", comma);
		put_section(f, s);
		comma = ",";
	}
}

static void put_all(FILE *f)
{
	fputc('{', f);
	put_head(f);
	fprintf(f, ",\"per_cpu\":[");
	for (unsigned i = 0; i < args.cpus; i++)
		put_cpu(f, i);
	fprintf(f, "],\"dram\":[");
	put_dram(f);
	fprintf(f, "],\"moved\":[");
	put_moved(f);
	fprintf(f, "],\"sections\":[");
	put_sections(f);
	fprintf(f, "]}\n");
}

bool truth_write(const char *path)
{
	char *beside = NULL;
	FILE *f = asprintf(&beside, "%s.part", path) < 0 ? NULL : fopen(beside, "w");
	bool ok = f != NULL;
	if (ok) {
		put_all(f);
		ok = !ferror(f);
		ok = !fclose(f) && ok && !rename(beside, path);
	}
	if (!ok)
		fprintf(stderr, "softpmu: truth=%s was not written: %s\n", path, strerror(errno));
	free(beside);
	return ok;
}
