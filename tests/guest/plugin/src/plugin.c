/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A software PMU for QEMU's translator: what QEMU calls. README.md describes the whole.
 *
 * Until a program arms the plugin only user-mode stores are looked at, for their address. Arming and disarming go through
 * qemu_plugin_reset, which drops every callback and every translated block with all vCPUs stopped.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "args.h"
#include "cpu.h"
#include "qemu.h"
#include "shm.h"

EXPORT int qemu_plugin_version = 1;

struct cpu cpus[MAX_CPUS];

static qemu_plugin_id_t self;
static bool armed;

#define MARKERS 0x4e4c00000000ull
#define MARKERS_BYTES (4ull << 20)

static enum mode mode_of(uint64_t ip)
{
	return ip >> 63 ? KERNEL : USER;
}

static void watch(qemu_plugin_id_t);

static void marker(unsigned cpu, uint64_t offset)
{
	(void)cpu;
	if (offset == 0x00 || offset == 0x08) {
		bool want = offset == 0;
		if (__atomic_exchange_n(&armed, want, __ATOMIC_ACQ_REL) != want)
			qemu_plugin_reset(self, watch);
	} else if (offset == 0x10) {
		shm_clock();
	}
}

static void on_store_unarmed(unsigned cpu, qemu_plugin_meminfo_t info, uint64_t vaddr, void *ip)
{
	(void)info, (void)ip;
	if (__builtin_expect(vaddr - MARKERS < MARKERS_BYTES, 0))
		marker(cpu, vaddr - MARKERS);
}

static void on_access(unsigned cpu, qemu_plugin_meminfo_t info, uint64_t vaddr, void *ip)
{
	enum mode mode = mode_of((uintptr_t)ip);
	bool store = qemu_plugin_mem_is_store(info);
	if (store && vaddr - MARKERS < MARKERS_BYTES && mode == USER)
		marker(cpu, vaddr - MARKERS);
	cpus[cpu].count[mode][store ? EV_L1_STORES : EV_L1_LOADS]++;
}

static void on_block(unsigned cpu, void *mode_and_length)
{
	struct cpu *c = &cpus[cpu];
	uintptr_t word = (uintptr_t)mode_and_length;
	enum mode mode = word & 1;
	c->count[mode][EV_INSTRUCTIONS] += word >> 1;
	c->count[mode][EV_CYCLES] += word >> 1;
	if (c->count[USER][EV_INSTRUCTIONS] + c->count[KERNEL][EV_INSTRUCTIONS] - c->published > 50000) {
		c->published = c->count[USER][EV_INSTRUCTIONS] + c->count[KERNEL][EV_INSTRUCTIONS];
		shm_publish(cpu);
	}
}

static void on_idle(qemu_plugin_id_t id, unsigned cpu)
{
	(void)id;
	if (armed)
		shm_publish(cpu);
}

static void translate(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	(void)id;
	size_t n = qemu_plugin_tb_n_insns(tb);
	enum mode mode = mode_of(qemu_plugin_tb_vaddr(tb));
	if (!armed && mode == KERNEL)
		return;
	if (armed)
		qemu_plugin_register_vcpu_tb_exec_cb(tb, on_block, QEMU_PLUGIN_CB_NO_REGS, (void *)(uintptr_t)(n << 1 | mode));
	for (size_t i = 0; i < n; i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
		void *ip = (void *)(uintptr_t)qemu_plugin_insn_vaddr(insn);
		if (armed)
			qemu_plugin_register_vcpu_mem_cb(insn, on_access, QEMU_PLUGIN_CB_NO_REGS, QEMU_PLUGIN_MEM_RW, ip);
		else
			qemu_plugin_register_vcpu_mem_cb(insn, on_store_unarmed, QEMU_PLUGIN_CB_NO_REGS, QEMU_PLUGIN_MEM_W, ip);
	}
}

static void at_exit(qemu_plugin_id_t id, void *data)
{
	(void)id, (void)data;
	for (unsigned i = 0; i < args.cpus; i++)
		shm_publish(i);
	shm_armed(false);
}

/* Registers everything; QEMU calls it with every vCPU stopped, so that nobody is in a callback. */
static void watch(qemu_plugin_id_t id)
{
	qemu_plugin_register_vcpu_tb_trans_cb(id, translate);
	qemu_plugin_register_vcpu_idle_cb(id, on_idle);
	qemu_plugin_register_atexit_cb(id, at_exit, NULL);
	shm_armed(armed);
}

EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc, char **argv)
{
	self = id;
	if (!info->system_emulation) {
		fprintf(stderr, "softpmu: it needs a whole machine: qemu-system-…, not user-mode emulation\n");
		return 1;
	}
	if (!args_parse(argc, argv))
		return 1;
	if (!args.shm || !shm_open_file(args.shm, "counts only", args.version)) {
		fprintf(stderr, "softpmu: shm= is missing or cannot be used\n");
		return 1;
	}
	watch(id);
	return 0;
}
