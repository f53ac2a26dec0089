/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A software PMU for QEMU's translator: what QEMU calls. README.md beside src/ describes the whole.
 *
 * Until a program first arms the plugin only user-mode stores are looked at, for their address. Arming goes through
 * qemu_plugin_reset, which drops every callback and every translated block while no vCPU runs; from then on blocks are
 * translated with everything, and disarming and arming again only turn a flag.
 *
 * There is one flush and no more, because QEMU 7.2 frees the lists of callbacks with the blocks, while a vCPU that left its
 * last block in the middle of an instruction still points to that instruction's list, and uses it when the next interrupt's
 * frame is pushed (mended in 8.0: "plugin: fix clearing of plugin_mem_cbs on TB exit"). Jumps to another page and system
 * calls leave so. Before the flush nothing is watched that does (may_be_marker); after it such a list lives on, and a frame
 * that is pushed through one is told from a program's access by its address (on_access).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "args.h"
#include "count.h"
#include "cpu.h"
#include "frames.h"
#include "lines.h"
#include "markers.h"
#include "model.h"
#include "qemu.h"
#include "shm.h"
#include "sync.h"
#include "truth.h"

EXPORT int qemu_plugin_version = 1;

struct cpu cpus[MAX_CPUS];

static qemu_plugin_id_t self;
static bool x86;
static bool full;  /* blocks are translated with everything */
static bool armed; /* and it is counted */

static void watch(qemu_plugin_id_t);

static enum mode mode_of(uint64_t ip)
{
	return ip >> 63 ? KERNEL : USER;
}

/* Begins with empty caches, whoever runs. */
static void begin(void)
{
	model_reset();
	sync_reset();
	__atomic_store_n(&armed, true, __ATOMIC_RELEASE);
	shm_armed(true);
}

static void arm(void)
{
	static bool asked;
	if (!frames_checked())
		fprintf(stderr, "softpmu: armed without a frame that the guest told; addresses are as QEMU 7.2 would give them\n");
	if (!__atomic_exchange_n(&asked, true, __ATOMIC_ACQ_REL))
		qemu_plugin_reset(self, watch);
	else if (full && !armed)
		begin();
}

static void disarm(void)
{
	__atomic_store_n(&armed, false, __ATOMIC_RELEASE);
	shm_armed(false);
}

static void mark(unsigned cpu, qemu_plugin_meminfo_t info, uint64_t vaddr)
{
	struct qemu_plugin_hwaddr *at;
	switch (markers_store(cpu, vaddr)) {
	case ARM:
		arm();
		break;
	case DISARM:
		disarm();
		break;
	case CHECK_FRAME:
		at = qemu_plugin_get_hwaddr(info, vaddr);
		if (at && !qemu_plugin_hwaddr_is_io(at))
			frames_check(qemu_plugin_hwaddr_phys_addr(at));
		break;
	case NOTHING:
		break;
	}
}

static void on_store_unarmed(unsigned cpu, qemu_plugin_meminfo_t info, uint64_t vaddr, void *ip)
{
	(void)ip;
	if (in_markers(vaddr))
		mark(cpu, info, vaddr);
}

static bool place(qemu_plugin_meminfo_t info, uint64_t vaddr, uint64_t *offset)
{
	struct qemu_plugin_hwaddr *at = qemu_plugin_get_hwaddr(info, vaddr);
	return at && !qemu_plugin_hwaddr_is_io(at) && frames_place(qemu_plugin_hwaddr_phys_addr(at), offset);
}

/* An access over two lines is one of each; over two pages the second line may lie anywhere. */
static void split(unsigned cpu, qemu_plugin_meminfo_t info, struct access a)
{
	struct outcome o;
	unsigned first = 64 - (a.offset & 63), all = a.bytes;
	uint64_t next = a.vaddr + first;
	cpus[cpu].count[a.mode][EV_SPLITS]++;
	a.bytes = first;
	count_access(cpu, &a, &o);
	a.offset += first;
	a.bytes = all - first;
	a.vaddr = next;
	if (next % 4096 == 0 && !place(info, next, &a.offset))
		cpus[cpu].count[a.mode][EV_UNPLACED]++;
	else
		count_access(cpu, &a, &o);
}

static void on_access(unsigned cpu, qemu_plugin_meminfo_t info, uint64_t vaddr, void *ip)
{
	bool store = qemu_plugin_mem_is_store(info);
	struct outcome o;
	if (!armed) {
		if (store && in_markers(vaddr))
			mark(cpu, info, vaddr);
		return;
	}
	struct access a = {
		.mode = mode_of((uintptr_t)ip),
		.kind = !store ? LOAD : mem_is_load(info) ? ATOMIC : STORE,
		.ip = (uintptr_t)ip,
		.vaddr = vaddr,
		.bytes = 1u << qemu_plugin_mem_size_shift(info),
	};
	if (a.mode == USER && vaddr >> 63)
		return; /* an interrupt's frame */
	if (in_markers(vaddr)) { /* counted nowhere */
		if (store && a.mode == USER)
			mark(cpu, info, vaddr);
	} else if (!place(info, vaddr, &a.offset)) {
		cpus[cpu].count[a.mode][EV_UNPLACED]++;
	} else if ((a.offset & 63) + a.bytes > 64) {
		split(cpu, info, a);
	} else {
		count_access(cpu, &a, &o);
	}
}

/* userdata: the block's instructions, shifted, and its mode. */
static void on_block(unsigned cpu, void *block)
{
	struct cpu *c = &cpus[cpu];
	if (!armed)
		return;
	count_instructions(cpu, (uintptr_t)block & 1, (uintptr_t)block >> 1);
	if (__builtin_expect(!sync_due(c), 1))
		return;
	shm_publish(cpu);
	sync_check(cpu);
}

static void on_idle(qemu_plugin_id_t id, unsigned cpu)
{
	(void)id;
	if (!full)
		return;
	shm_publish(cpu);
	sync_idle(cpu);
}

/*
 * The agent's own code. Watched, it would take most of the machine's time, and a reading that takes seconds is none; the
 * kernel's work for it is watched like any other. To the others its vCPU idles meanwhile.
 */
static bool unseen(uint64_t vaddr)
{
	return vaddr >= args.unseen_from && vaddr < args.unseen_to;
}

static void on_unseen_block(unsigned cpu, void *data)
{
	(void)data;
	if (!armed || !cpus[cpu].running)
		return;
	shm_publish(cpu);
	sync_idle(cpu);
}

/* Whether a store like a marker's may be this instruction: a mov or an xchg to memory, or on arm64 any but a branch. */
static bool may_be_marker(const struct qemu_plugin_insn *insn)
{
	const uint8_t *code = qemu_plugin_insn_data(insn), *end = code + qemu_plugin_insn_size(insn);
	if (!x86)
		return (code[3] & 0x1c) != 0x14;
	while (code < end && (*code == 0x66 || *code == 0xf0 || *code == 0xf2 || *code == 0xf3 || (*code & 0xf0) == 0x40))
		code++; /* prefixes */
	return code < end && (*code == 0x86 || *code == 0x87 || *code == 0x88 || *code == 0x89 || *code == 0xc6 || *code == 0xc7);
}

static void watch_memory(struct qemu_plugin_insn *insn)
{
	void *ip = (void *)(uintptr_t)qemu_plugin_insn_vaddr(insn);
	/* One callback for both: QEMU stops at the first of an instruction's that an access is not for. */
	if (full && !unseen((uintptr_t)ip))
		qemu_plugin_register_vcpu_mem_cb(insn, on_access, QEMU_PLUGIN_CB_NO_REGS, QEMU_PLUGIN_MEM_RW, ip);
	else if (may_be_marker(insn))
		qemu_plugin_register_vcpu_mem_cb(insn, on_store_unarmed, QEMU_PLUGIN_CB_NO_REGS, QEMU_PLUGIN_MEM_W, ip);
}

static void translate(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	(void)id;
	size_t n = qemu_plugin_tb_n_insns(tb);
	enum mode mode = mode_of(qemu_plugin_tb_vaddr(tb));
	if (!full && mode == KERNEL)
		return;
	if (full && unseen(qemu_plugin_tb_vaddr(tb)))
		qemu_plugin_register_vcpu_tb_exec_cb(tb, on_unseen_block, QEMU_PLUGIN_CB_NO_REGS, NULL);
	else if (full)
		qemu_plugin_register_vcpu_tb_exec_cb(tb, on_block, QEMU_PLUGIN_CB_NO_REGS, (void *)(uintptr_t)(n << 1 | mode));
	for (size_t i = 0; i < n; i++)
		watch_memory(qemu_plugin_tb_get_insn(tb, i));
}

static void at_exit(qemu_plugin_id_t id, void *data)
{
	(void)id, (void)data;
	for (unsigned i = 0; i < args.cpus; i++)
		shm_publish(i);
	shm_armed(false);
	if (args.truth && !truth_write(args.truth)) {
		fflush(NULL);
		_exit(3);
	}
}

static void listen(qemu_plugin_id_t id)
{
	qemu_plugin_register_vcpu_tb_trans_cb(id, translate);
	qemu_plugin_register_vcpu_idle_cb(id, on_idle);
	qemu_plugin_register_atexit_cb(id, at_exit, NULL);
}

/* Registers everything anew. QEMU calls it while no vCPU runs. */
static void watch(qemu_plugin_id_t id)
{
	full = true;
	listen(id);
	begin();
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
	if (!args.shm) {
		fprintf(stderr, "softpmu: shm= is missing: the file that is the guest's ivshmem device\n");
		return 1;
	}
	if (!model_init() || !lines_init()) {
		fprintf(stderr, "softpmu: no memory for the model\n");
		return 1;
	}
	if ((uint64_t)info->system.max_vcpus > args.cpus) {
		fprintf(stderr, "softpmu: the machine may have %d vCPUs, cpus= says %llu\n", info->system.max_vcpus,
			(unsigned long long)args.cpus);
		return 1;
	}
	if (!shm_open_file(args.shm, model_text(), args.version))
		return 1;
	x86 = !strcmp(info->target_name, "x86_64");
	listen(id);
	return 0;
}
