/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The memory that the plugin shares with the guest; tests/guest/README.md is its layout. */
#ifndef SHM_H
#define SHM_H

#include <stdbool.h>
#include <stdint.h>

struct sample {
	uint64_t time, ip, vaddr, paddr, data_src;
	uint32_t latency, tid, weight, user;
	uint64_t zero;
};

/* Maps the file and writes everything but counts; on failure says so and returns false. */
bool shm_open_file(const char *path, const char *model, const char *version);

void shm_armed(bool armed);
void shm_clock(void);
void shm_publish(unsigned cpu);
void shm_sample(unsigned cpu, const struct sample *);
uint64_t shm_samples(unsigned cpu, uint64_t *lost);
uint64_t monotonic(void);

#endif
