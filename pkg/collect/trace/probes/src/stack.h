/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* Kernel stacks that are recalled and not walked again.
 *
 * On x86 a walk takes the kernel longer than all the rest of an event. But it
 * goes by few words: for each return address the kernel's table (ORC,
 * arch/x86/include/asm/orc_types.h) tells from which register, and how far
 * away, the next one is. That is nearly always the stack pointer; else it is
 * the frame pointer, as a function below had saved it (frames of variable or
 * aligned size), or the registers of who was interrupted by an exception.
 *
 * So when a stack was walked, retrace() goes the same way by the same table,
 * and notes where each return address was, and each other word that decided
 * about the next place. When all of these words are what they were, a walk
 * would go the same way, by induction from frame to frame: the first frame is
 * bpf_trace_runN's, in which `ctx` lies, always at the same place; the same
 * address has the same entry in the table; and what the entry looks at was
 * compared. Places are told from `ctx`, and so are words that point into the
 * stack. The outermost frame alone is told from the stack's end, since the
 * kernel leaves a gap of random size within it (randomize_kstack_offset).
 *
 * Only what ends where a task's stack does is remembered, right below the
 * registers saved there, and where it ends is compared too: that is why a stack
 * is not taken for one that goes on. What leaves the task's stack (interrupts
 * have their own), goes through code without an entry (modules, BPF programs),
 * or lies deeper than WORDS is always walked.
 *
 * Not seen is code replaced by other code at the same address with other
 * frames. Therefore one recall in `check_every` is walked as well, and once
 * one is found wrong nothing is recalled any more.
 *
 * On arm64 a walk follows frame pointers, two words a frame: it is not slow. */
#pragma once

volatile const u64 orc_ips = 0, orc_entries = 0; /* the kernel's table */
volatile const u32 orc_count = 0;
volatile const u32 check_every = 0; /* a power of two; 0: nothing is recalled */

u32 recalls_wrong = 0; /* one was: it is over */
u32 memory_full = 0;

/* BELOW are the words below `ctx`, in which bpf_trace_runN's return address
 * lies, and the frame pointer that the program's first instruction saved. */
enum { BELOW = 16, WORDS = 512 };
enum { DECIDING = 8, OUTERMOST = 4, WAYS = 8 };

/* How a remembered stack is looked for. This decides only how soon the right
 * one is found. */
struct memory_key {
	u64 near; /* a word close to ctx that tells callers apart */
	u64 call; /* number of the system call */
	u32 kind, way;
};

/* A stack: words, and where they are. Those in `deciding` are less ctx, those
 * at `outermost_at` are the outermost function's frame pointer. */
struct memory {
	u64 hash;  /* of its frames; 0: this one cannot be remembered */
	u64 depth; /* from ctx to the end, 0: any */
	u64 last;  /* return address, at the end */
	u64 returns, decide, outermost;
	u64 returned[MAX_FRAMES], deciding[DECIDING];
	u16 returned_at[MAX_FRAMES], deciding_at[DECIDING], outermost_at[OUTERMOST];
};

/* Nothing in here is ever changed or taken away: what is compared cannot be
 * another stack half way. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, struct memory_key);
	__type(value, struct memory);
} memory SEC(".maps");

/* What became of the stacks that were to be had. */
struct recalls {
	u64 recalled, checked, wrong, walked, learned, refused, elsewhere, deep;
};

struct attempt {
	u64 base, end; /* ctx, and where the stack ends: the registers */
	u64 count;     /* of words */
	u64 have;      /* they were read */
	u64 number, low, high, sp, bp_at, signal;
	u64 near_page; /* place of a word that tells callers of pages apart */
	struct memory_key key;
	struct recalls counts;
	struct memory fresh;
	u64 word[WORDS];
};
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct attempt);
} attempts SEC(".maps");
const struct attempt *unused_attempt __attribute__((unused));
const struct recalls *unused_recalls __attribute__((unused));

#if defined(__TARGET_ARCH_x86)
struct task_struct___stack {
	void *stack;
} __attribute__((preserve_access_index));

/* Numbers that are read anew in each round of a loop are all the same to the
 * verifier, which then does not follow each of them. */
#define AGAIN(x) (*(volatile u64 *)&(x))

/* NUMBER makes a number of a pointer: the verifier subtracts no pointers. */
#define NUMBER(pointer)                     \
	({                                  \
		a->number = (u64)(pointer); \
		AGAIN(a->number);           \
	})

static __always_inline struct attempt *attempt(void)
{
	u32 zero = 0;

	return bpf_map_lookup_elem(&attempts, &zero);
}

/* survey finds out whether this is a stack to recall, and what to look for. */
static __always_inline bool survey(u64 *ctx, u32 kind, struct attempt *a)
{
	struct task_struct___stack *task = (void *)bpf_get_current_task_btf();
	struct pt_regs *regs = (void *)bpf_task_pt_regs((void *)task);
	u64 start = (u64)task->stack;

	a->have = 0;
	a->base = NUMBER(ctx);
	a->end = NUMBER(regs);
	if (a->base < start || a->base >= a->end) {
		a->counts.elsewhere++;
		return false;
	}
	a->count = BELOW + (a->end - a->base) / sizeof(u64);
	if (a->count > WORDS) {
		a->counts.deep++;
		return false;
	}
	a->key.kind = kind;
	a->key.call = regs->orig_ax;
	if (kind == KMALLOC)
		a->key.near = ctx[0];
	else
		bpf_probe_read_kernel(&a->key.near, sizeof(u64), (void *)(a->base + a->near_page));
	if (a->key.near >> 32 != 0xffffffff)
		a->key.near = 0;
	return true;
}

static __always_inline bool read_words(struct attempt *a)
{
	u64 bytes = a->count * sizeof(u64);

	if (a->have)
		return true;
	if (bytes == 0 || bytes > sizeof(a->word))
		return false;
	a->have = !bpf_probe_read_kernel(a->word, bytes, (void *)(a->base - BELOW * sizeof(u64)));
	return a->have;
}

/* outermost is the frame pointer of a stack's outermost function: it lies
 * right below the return address. */
static __always_inline u64 outermost(const struct attempt *a)
{
	return a->end - 2 * sizeof(u64);
}

static __always_inline bool same(const struct attempt *a, const struct memory *m)
{
	u64 base = a->base, outer = outermost(a);
	u32 i;

	if (a->word[(a->count - 1) & (WORDS - 1)] != m->last || (m->depth && a->end - base != m->depth))
		return false;
	for (i = 0; i < MAX_FRAMES; i++) {
		if (i >= m->returns)
			break;
		if (a->word[m->returned_at[i] & (WORDS - 1)] != m->returned[i])
			return false;
	}
	for (i = 0; i < DECIDING; i++) {
		if (i >= m->decide)
			break;
		if (a->word[m->deciding_at[i] & (WORDS - 1)] - base != m->deciding[i])
			return false;
	}
	for (i = 0; i < OUTERMOST; i++) {
		if (i >= m->outermost)
			break;
		if (a->word[m->outermost_at[i] & (WORDS - 1)] != outer)
			return false;
	}
	return true;
}

/* recall gives the hash of a stack that is the same as one before, or 0; then
 * the key's way is where it may be remembered. It is checked by the verifier
 * for itself, as those below are that are not inlined: within the programs
 * their loops would be too many ways to go. */
__noinline u64 recall(void)
{
	struct attempt *a = attempt();
	struct memory *m;
	u32 way;

	if (!a)
		return 0;
	for (way = 0; way < WAYS; way++) {
		a->key.way = way;
		m = bpf_map_lookup_elem(&memory, &a->key);
		if (!m)
			return 0;
		if (m->hash && read_words(a) && same(a, m))
			return m->hash;
	}
	a->key.way = WAYS;
	return 0;
}

/* An entry of the table. The numbers of the types have changed with Linux 6.4,
 * their order has not: after that of calls comes that of saved registers. */
struct orc {
	s16 sp_offset, bp_offset;
	u16 rest; /* register of the frame, and of bp: 4 bits each; 3 of the type */
};
enum { ORC_PREV_SP = 1, ORC_BP = 4, ORC_SP = 5, ORC_BP_INDIRECT = 8, ORC_TYPE = 0x700, ORC_NEXT_TYPE = 0x100 };
enum { REGS_BP = 4, REGS_IP = 16, REGS_SP = 19 }; /* words of struct pt_regs */

/* look_up finds the last entry that is not behind an address. */
static __always_inline void look_up(struct attempt *a, u64 ip, struct orc *o)
{
	u64 low, high, mid, behind;
	s32 offset = 0;
	u32 i;

	AGAIN(a->low) = 0;
	AGAIN(a->high) = orc_count;
	for (i = 0; i < 20; i++) { /* of up to a million */
		low = AGAIN(a->low);
		high = AGAIN(a->high);
		mid = low + (high - low) / 2;
		bpf_probe_read_kernel(&offset, sizeof(offset), (void *)(orc_ips + 4 * mid));
		/* A number and no condition: one way less to follow, in each round. */
		behind = (ip - (orc_ips + 4 * mid + offset)) >> 63;
		barrier_var(behind);
		AGAIN(a->high) = high - (high - mid) * behind;
		AGAIN(a->low) = low + (mid - low) * (1 - behind);
	}
	bpf_probe_read_kernel(o, sizeof(*o), (void *)(orc_entries + sizeof(*o) * AGAIN(a->low)));
}

/* note has a word compared that the next place depends on. */
static __always_inline void note(struct attempt *a, u64 at, u64 word)
{
	u64 n, outer = word == outermost(a);

	barrier_var(outer);
	n = AGAIN(a->fresh.outermost);
	a->fresh.outermost_at[n & (OUTERMOST - 1)] = at;
	AGAIN(a->fresh.outermost) = n + outer;
	n = AGAIN(a->fresh.decide);
	a->fresh.deciding_at[n & (DECIDING - 1)] = at;
	a->fresh.deciding[n & (DECIDING - 1)] = word - a->base;
	AGAIN(a->fresh.decide) = n + 1 - outer;
}

/* next_place goes from one frame to the next, and gives the place of its address. */
static __always_inline u64 next_place(struct attempt *a, const struct orc *o, u64 type)
{
	u64 start = a->base - BELOW * sizeof(u64), at = AGAIN(a->sp), bp_at = AGAIN(a->bp_at), bp, to;
	u32 frame = o->rest & 15, saved = o->rest >> 4 & 15;

	AGAIN(a->signal) = 0;
	bp = AGAIN(a->word[bp_at & (WORDS - 1)]);
	if (frame == ORC_BP || frame == ORC_BP_INDIRECT) {
		note(a, bp_at, bp);
		at = bp;
	} else if (frame != ORC_SP) {
		return WORDS;
	}
	at += (s64)o->sp_offset;
	if (frame == ORC_BP_INDIRECT) {
		to = (at - start) / sizeof(u64);
		at = AGAIN(a->word[to & (WORDS - 1)]);
		note(a, to, at);
	}
	to = (at - start) / sizeof(u64);
	if (at & 7 || to > WORDS)
		return WORDS;
	if ((o->rest & ORC_TYPE) == type + ORC_NEXT_TYPE) {
		at = AGAIN(a->word[(to + REGS_SP) & (WORDS - 1)]);
		note(a, to + REGS_SP, at);
		AGAIN(a->sp) = at;
		AGAIN(a->bp_at) = to + REGS_BP;
		AGAIN(a->signal) = 1;
		return to + REGS_IP;
	}
	if ((o->rest & ORC_TYPE) != type)
		return WORDS;
	AGAIN(a->sp) = at;
	if (saved == ORC_PREV_SP)
		AGAIN(a->bp_at) = to + ((s64)o->bp_offset >> 3);
	else if (saved == ORC_BP)
		AGAIN(a->bp_at) = (bp - start) / sizeof(u64) + ((s64)o->bp_offset >> 3);
	else if (saved)
		return WORDS;
	return to - 1;
}

/* retrace goes the way of the walk, and notes the words that it went by. It
 * says whether it came to the same end. */
__noinline int retrace(void)
{
	u32 zero = 0, k, first = 0;
	struct attempt *a = attempt();
	struct room *r = bpf_map_lookup_elem(&rooms, &zero);
	u64 count, at = 0, type = 0;
	struct orc o = {};

	if (!a || !r)
		return 0;
	count = r->at[0].count;
	for (k = 1; k < BELOW; k++)
		if (a->word[k] == r->at[0].addr[1])
			first = k;
	if (!first)
		return 0;
	AGAIN(a->fresh.decide) = 0;
	AGAIN(a->fresh.outermost) = 0;
	AGAIN(a->signal) = 0;
	AGAIN(a->sp) = a->base + (first + 1) * sizeof(u64) - BELOW * sizeof(u64);
	AGAIN(a->bp_at) = first - 1;
	a->fresh.returned_at[0] = first;
	a->fresh.returned[0] = r->at[0].addr[1];
	for (k = 1; k < MAX_FRAMES - 1; k++) {
		if (k + 1 >= count)
			break;
		/* A call's return address may be another function's beginning. */
		look_up(a, r->at[0].addr[k] - 1 + AGAIN(a->signal), &o);
		if (k == 1)
			type = o.rest & ORC_TYPE;
		at = next_place(a, &o, type);
		if (at >= a->count || at >= WORDS || a->word[at & (WORDS - 1)] != r->at[0].addr[k + 1])
			return 0;
		a->fresh.returned_at[k] = at;
		a->fresh.returned[k] = r->at[0].addr[k + 1];
	}
	return at == a->count - 1;
}

static __always_inline bool rememberable(struct attempt *a, const struct frames *f)
{
	u64 count = f->count;

	if (count < 3 || count >= MAX_FRAMES || !read_words(a) || !retrace())
		return false;
	if (a->fresh.decide > DECIDING || a->fresh.outermost > OUTERMOST)
		return false;
	a->fresh.returns = count - 2;
	a->fresh.last = f->addr[(count - 1) & (MAX_FRAMES - 1)];
	a->fresh.depth = a->fresh.outermost ? 0 : a->end - a->base;
	return true;
}

/* learn remembers a stack, or that it cannot be. */
__noinline int learn(u64 hash)
{
	u32 zero = 0;
	struct attempt *a = attempt();
	struct room *r = bpf_map_lookup_elem(&rooms, &zero);

	if (!a || !r || a->key.way >= WAYS || memory_full)
		return 0;
	a->fresh.hash = 0;
	if (rememberable(a, &r->at[0])) {
		a->fresh.hash = hash;
		if (!a->near_page && a->key.kind == PAGE)
			a->near_page = (a->fresh.returned_at[3] - BELOW) * sizeof(u64);
		a->counts.learned++;
	} else {
		a->counts.refused++;
	}
	if (bpf_map_update_elem(&memory, &a->key, &a->fresh, BPF_NOEXIST) == -7 /* E2BIG */)
		memory_full = 1;
	return 0;
}

/* kernel_stack does what walk does, and what it can without walking. What runs
 * nested in another event, and other hooks than tracepoints, are walked. */
static __always_inline u64 kernel_stack(u64 *ctx, u32 kind, bool nested, struct frames *f, struct count *c)
{
	struct attempt *a = 0;
	u64 known = 0, hash;

	if (check_every && kind <= PAGE && !nested && !recalls_wrong) {
		a = attempt();
		if (a && !survey(ctx, kind, a))
			a = 0;
	}
	if (a) {
		known = recall();
		if (known && !(frames_turn & 1 ? bpf_map_lookup_elem(&frames1, &known) : bpf_map_lookup_elem(&frames0, &known)))
			a = 0; /* walked, to have the frames again */
		else if (known && ++a->counts.recalled & (check_every - 1))
			return known;
	}
	hash = walk(ctx, f, 0, c);
	if (!a || !hash)
		return hash;
	if (!known) {
		a->counts.walked++;
		learn(hash);
		return hash;
	}
	a->counts.checked++;
	if (known != hash) {
		a->counts.wrong++;
		recalls_wrong = 1;
	}
	return hash;
}
#else
static __always_inline u64 kernel_stack(u64 *ctx, u32 kind, bool nested, struct frames *f, struct count *c)
{
	return walk(ctx, f, 0, c);
}
#endif
