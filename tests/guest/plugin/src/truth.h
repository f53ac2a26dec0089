/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writes everything that was counted as JSON; ../truth.go reads it and explains each word. */
#ifndef TRUTH_H
#define TRUTH_H

#include <stdbool.h>

/* The model in one line: at most 511 bytes, static memory. */
const char *model_text(void);

/* Beside the path first, then renamed: whole or not at all. False, after a message, on failure. No vCPU may run. */
bool truth_write(const char *path);

#endif
