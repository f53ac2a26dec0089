/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* A program's own stack, walked by frame pointers as the kernel does it, but
 * ended where the chain ends: the kernel's walk reads through the last frame
 * pointer, which is 0, and takes a fault for it at every walk, some 0.9 µs. */
#pragma once

volatile const u32 tells_user_registers = 0; /* the helper bpf_task_pt_regs, Linux 5.15 */

struct link {
	u64 next, returns;
};

/* step goes to the caller's frame; false ends the walk. Frames lie ever higher
 * on the stack, and pointers to them are aligned. */
static __always_inline bool step(u64 *frame, u64 *returns)
{
	struct link l;

	if (!*frame || *frame & 7 || bpf_probe_read_user(&l, sizeof(l), (void *)*frame))
		return false;
	if (!l.returns || (l.next && l.next <= *frame))
		l.next = 0;
	*frame = l.next;
	*returns = l.returns;
	return l.returns != 0;
}

static __always_inline u32 walk_user(struct frames *f, u64 ip, u64 frame)
{
	u64 returns;
	u32 i;

	f->addr[0] = ip;
	for (i = 1; i < MAX_FRAMES; i++) {
		if (!step(&frame, &returns))
			break;
		f->addr[i] = returns;
	}
	return i;
}

#if defined(__TARGET_ARCH_arm64)
#define IP(r) (r)->pc
#define FRAME(r) (r)->regs[29]
#else
#define IP(r) (r)->ip
#define FRAME(r) (r)->bp
#endif

/* The registers with which the current task entered the kernel. */
static __always_inline bool user_registers(u64 *ip, u64 *frame)
{
	struct pt_regs *regs;

	if (!tells_user_registers)
		return false;
	regs = (void *)bpf_task_pt_regs(bpf_get_current_task_btf());
	if (!regs)
		return false;
	bpf_probe_read_kernel(ip, sizeof(*ip), &IP(regs));
	bpf_probe_read_kernel(frame, sizeof(*frame), &FRAME(regs));
	return true;
}
