/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The few functions of QEMU's plugin API (version 1) that this plugin calls. Debian ships no header for them; QEMU
 * exports them from its own binary, so that they are resolved when it loads the plugin.
 */
#ifndef QEMU_H
#define QEMU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EXPORT __attribute__((visibility("default")))

typedef uint64_t qemu_plugin_id_t;
typedef uint32_t qemu_plugin_meminfo_t;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
struct qemu_plugin_hwaddr;

enum { QEMU_PLUGIN_CB_NO_REGS };
enum { QEMU_PLUGIN_MEM_R = 1, QEMU_PLUGIN_MEM_W, QEMU_PLUGIN_MEM_RW };

typedef struct qemu_info_t {
	const char *target_name;
	struct {
		int min, cur;
	} version;
	bool system_emulation;
	union {
		struct {
			int smp_vcpus, max_vcpus;
		} system;
	};
} qemu_info_t;

typedef void (*qemu_simple_fn)(qemu_plugin_id_t);
typedef void (*qemu_udata_fn)(qemu_plugin_id_t, void *);
typedef void (*qemu_vcpu_fn)(qemu_plugin_id_t, unsigned int);
typedef void (*qemu_exec_fn)(unsigned int, void *);
typedef void (*qemu_mem_fn)(unsigned int, qemu_plugin_meminfo_t, uint64_t, void *);
typedef void (*qemu_trans_fn)(qemu_plugin_id_t, struct qemu_plugin_tb *);

void qemu_plugin_reset(qemu_plugin_id_t, qemu_simple_fn);
void qemu_plugin_register_vcpu_idle_cb(qemu_plugin_id_t, qemu_vcpu_fn);
void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t, qemu_trans_fn);
void qemu_plugin_register_atexit_cb(qemu_plugin_id_t, qemu_udata_fn, void *);
void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *, qemu_exec_fn, int flags, void *);
void qemu_plugin_register_vcpu_mem_cb(struct qemu_plugin_insn *, qemu_mem_fn, int flags, int rw, void *);

size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *);
uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *, size_t);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *);
const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *); /* another function since version 3 */
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *);

unsigned int qemu_plugin_mem_size_shift(qemu_plugin_meminfo_t);
bool qemu_plugin_mem_is_store(qemu_plugin_meminfo_t);
struct qemu_plugin_hwaddr *qemu_plugin_get_hwaddr(qemu_plugin_meminfo_t, uint64_t);
bool qemu_plugin_hwaddr_is_io(const struct qemu_plugin_hwaddr *);
uint64_t qemu_plugin_hwaddr_phys_addr(const struct qemu_plugin_hwaddr *);

/*
 * An atomic instruction's access is reported once, as both a load and a store, but the API only asks whether it stores.
 * QEMU keeps the kind as an enum qemu_plugin_mem_rw above the low 16 bits (plugins/plugin.h, since 6.2).
 */
static inline bool mem_is_load(qemu_plugin_meminfo_t info)
{
	return (info >> 16) & QEMU_PLUGIN_MEM_R;
}

#endif
