// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* The programs of package trace. Each turns what its hook tells into one
 * `struct seen`, and see() does the rest: count it, add it to the sums, decide
 * whether it is kept, and send it.
 *
 * Sums are exact: every event enters one of two hash maps, and user space
 * takes turns with them. Single events go through two rings, so that those
 * which a rule keeps never wait for room behind a sample of the others. */
#include "kernel.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* Kinds; sampling.KindIndex has the same order. */
enum { KMALLOC, PAGE, FLUSH, GROWSLICE, HEAP, KINDS, MOVED_PAGES = KINDS, MOVED_TASK, ALL_KINDS = 8 };

/* What the loader found out about this kernel and this host. */
volatile const u32 agent_pid = 0;         /* whose events are left out */
volatile const u32 only_pid = 0;          /* when not 0: whose events alone count */
volatile const s32 only_node = -1;        /* of a host that has no other */
volatile const u64 page_bytes = 4096;
volatile const u64 line_bytes = 64;
volatile const u64 struct_page_bytes = 0; /* 0: the node of memory cannot be known */
volatile const u64 vmemmap = 0;           /* address of the struct page of frame 0 */
volatile const u64 linear = 0;            /* virtual less physical address, 0 is not known */
volatile const u64 linear_end = 0;
volatile const u32 node_shift = 0;        /* of a page's flags */
volatile const u32 table_levels = 0;      /* of page tables with 512 entries each; 0: walked by nobody */
volatile const u32 kmalloc_tells_node = 0;
volatile const u32 migrate_reason_arg = 0;
volatile const u64 target_of_migration = 0; /* kernel functions that say where pages go */
volatile const u64 target_of_misplaced = 0;
volatile const u64 lru_in_page = 8;
volatile const u32 stacks_of[ALL_KINDS] = {};
enum { KERNEL_STACK = 1, USER_STACK = 2 };

/* Of one Go program at one of its places: offsets in struct pt_regs. A place
 * is a register, or the word that it points at with an offset. */
struct place {
	u32 reg;
	u32 in_memory;
	s64 offset;
};
volatile const u32 go_g = 0;             /* runtime.g */
volatile const s64 go_id = -1;           /* of the number in runtime.g */
volatile const u32 go_length = 0, go_type = 0;
volatile const s64 go_element_size = 0;  /* in the type */
volatile const struct place go_return = {};
volatile const u32 go_array = 0;
volatile const struct place go_capacity = {};
volatile const u32 go_object = 0, go_size = 0;
volatile const s64 go_rate = 0;          /* from the place to MemProfileRate; 0: not known */

/* What user space changes while the programs run. */
u32 turn = 0;        /* which of the maps of sums is written to */
u32 frames_turn = 0; /* which of the maps of frames */
s32 fresh = 0;       /* how many stacks that are new may still be kept */
u32 every[ALL_KINDS] = {}; /* of how many events one is kept, by chance; 0: none */

/* Rules; package sampling says what they mean. */
enum { MAX_RULES = 16, NEED_REMOTE = 1, NEED_FAILED = 2, NEED_COMM = 4, NEED_CALLER = 8 };
struct rule {
	u32 kinds, flags;
	u64 min_size, max_size;
};
volatile const u32 rule_count = 0;
volatile const struct rule rules[MAX_RULES] = {};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, char[16]);
	__type(value, u32);
} comms SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, u64);
	__type(value, u32);
} callers SEC(".maps");

struct count {
	u64 seen, bytes, ruled, sampled, thinned, ruled_lost, sampled_lost, unsummed, unwalked, dropped, unknown;
};
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, KINDS + 2);
	__type(key, u32);
	__type(value, struct count);
} counts SEC(".maps");

struct sum_key {
	u64 cgroup;
	u64 caller; /* where there is no stack of the kernel's */
	u32 pid;
	s16 cpu_node, given_node;
	u64 kernel_stack, user_stack; /* 0: none */
	char comm[16];
	u32 kind;
	u32 reserved;
};
struct sum {
	u64 count, bytes;
};
#define SUMS(name)                                   \
	struct {                                     \
		__uint(type, BPF_MAP_TYPE_PERCPU_HASH); \
		__uint(max_entries, 10240);          \
		__type(key, struct sum_key);         \
		__type(value, struct sum);           \
	} name SEC(".maps")
SUMS(sums0);
SUMS(sums1);

/* What finds no room there is summed without stack and owner, so that nodes
 * keep their totals. */
struct rest_key {
	u32 kind;
	s16 cpu_node, given_node;
};
#define RESTS(name)                                  \
	struct {                                     \
		__uint(type, BPF_MAP_TYPE_PERCPU_HASH); \
		__uint(max_entries, 1024);           \
		__type(key, struct rest_key);        \
		__type(value, struct sum);           \
	} name SEC(".maps")
RESTS(rests0);
RESTS(rests1);

/* Processes whose own stacks are walked: the recorded command and its
 * descendants. Everyone's would be too many different ones. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, u32);
	__type(value, u8);
} watched SEC(".maps");

/* A stack is known by the hash of its frames: that means the same stack
 * whichever map its frames are in, and as long as the run lasts. (The kernel's
 * own map of stacks knows them by places in a table, of which two stacks may
 * want one; at a third full every sixth stack would have none.) */
enum { MAX_FRAMES = 64 };
struct frames {
	u64 count;
	u64 addr[MAX_FRAMES];
};
#define FRAMES(name)                            \
	struct {                                \
		__uint(type, BPF_MAP_TYPE_HASH); \
		__uint(max_entries, 16384);     \
		__type(key, u64);               \
		__type(value, struct frames);   \
	} name SEC(".maps")
FRAMES(frames0);
FRAMES(frames1);

/* Room to walk stacks in: a program may be interrupted, and run again, in a
 * soft interrupt, a hard one, and an NMI. */
enum { NESTED = 4 };
struct room {
	u64 depth;
	struct frames at[NESTED];
};
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct room);
} rooms SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 8 << 20);
} ruled SEC(".maps");

/* What may matter, as its name or its caller is not judged yet: before the
 * first answer that can be very much at once. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4 << 20);
} unjudged SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 2 << 20);
} sampled SEC(".maps");

enum { FAILED = 1, UNKNOWN_COMM = 2, UNKNOWN_CALLER = 4 };
struct event {
	u64 ns, cgroup, size, bytes, caller, addr, goroutine, kernel_stack, user_stack;
	u32 pid, tid;
	u32 gfp, cpu, weight, flags;
	s16 cpu_node, asked_node, given_node;
	s8 rule;
	u8 kind;
	char comm[16];
};
const struct event *unused_event __attribute__((unused));
const struct sum_key *unused_sum_key __attribute__((unused));
const struct count *unused_count __attribute__((unused));
const struct rule *unused_rule __attribute__((unused));

/* What a hook tells. */
struct seen {
	u64 size, bytes, caller, addr, goroutine;
	u32 kind, gfp;
	s32 asked_node, given_node;
	u32 failed;
	u32 weight; /* 0: by chance */
	u64 weighted_bytes;
};

static __always_inline bool left_out(u64 pid_tgid)
{
	u32 pid = pid_tgid >> 32;
	return pid == agent_pid || (only_pid && pid != only_pid);
}

/* node_of_page reads the node from a page's flags, as the kernel's page_to_nid
 * does where nodes fit in there: they do wherever memmap is virtual. */
static __always_inline s32 node_of_page(u64 page)
{
	u64 flags = 0;

	if (only_node >= 0)
		return only_node;
	if (!node_shift || !page)
		return -1;
	if (bpf_probe_read_kernel(&flags, sizeof(flags), (void *)page))
		return -1;
	return flags >> node_shift;
}

static __always_inline s32 node_of_object(u64 addr)
{
	if (only_node >= 0)
		return only_node;
	if (!linear || !vmemmap || addr < linear || addr >= linear_end)
		return -1;
	return node_of_page(vmemmap + (addr - linear) / page_bytes * struct_page_bytes);
}

/* Entries of page tables: bit 0 is valid. Above the lowest level an x86 entry
 * with bit 7 is a large page, and an arm64 one without bit 1 (Intel SDM vol. 3,
 * 4.5; Arm ARM D8.3). */
#if defined(__TARGET_ARCH_arm64)
#define LEAF(entry) (!((entry) & 2))
#else
#define LEAF(entry) ((entry) & 0x80)
#endif
#define ENTRY_ADDRESS 0x0000fffffffff000ULL

/* node_of_user gives the node of a page of the current process, by its page
 * table; -1 where none is there yet. */
static __always_inline s32 node_of_user(u64 addr)
{
	struct task_struct *task;
	u64 table, entry = 0;
	u32 level, shift;

	if (only_node >= 0)
		return only_node;
	if (!table_levels || !linear || !vmemmap)
		return -1;
	task = (void *)bpf_get_current_task();
	table = (u64)BPF_CORE_READ(task, mm, pgd);
	for (level = 5; level > 0; level--) {
		if (level > table_levels)
			continue;
		shift = 12 + 9 * (level - 1);
		if (!table || bpf_probe_read_kernel(&entry, sizeof(entry), (void *)(table + (addr >> shift & 511) * 8)) || !(entry & 1))
			return -1;
		table = (entry & ENTRY_ADDRESS) + linear;
		if (level > 1 && LEAF(entry))
			return node_of_object(table + (addr & ((1ULL << shift) - 1)));
	}
	return node_of_object(table);
}

static __always_inline u64 address_of_page(u64 page)
{
	if (!struct_page_bytes || !vmemmap || page < vmemmap)
		return 0;
	return (page - vmemmap) / struct_page_bytes * page_bytes;
}

static __always_inline struct count *count_of(u32 kind)
{
	return bpf_map_lookup_elem(&counts, &kind);
}

/* enter adds an event to one map of sums. */
static __always_inline bool enter(void *map, const void *key, u64 bytes)
{
	struct sum fresh = { 1, bytes };
	struct sum *s = bpf_map_lookup_elem(map, key);

	if (!s) {
		if (!bpf_map_update_elem(map, key, &fresh, BPF_NOEXIST))
			return true;
		s = bpf_map_lookup_elem(map, key); /* another CPU may have been first */
		if (!s)
			return false;
	}
	s->count++;
	s->bytes += bytes;
	return true;
}

/* add_up enters an event into the sums of this turn. */
static __always_inline void add_up(const struct sum_key *key, u64 bytes, struct count *c)
{
	struct rest_key rest = { key->kind, key->cpu_node, key->given_node };
	bool done;

	if (turn & 1)
		done = enter(&sums1, key, bytes) || (c->unsummed++, enter(&rests1, &rest, bytes));
	else
		done = enter(&sums0, key, bytes) || (c->unsummed++, enter(&rests0, &rest, bytes));
	if (!done)
		c->dropped++;
}

#include "user.h"

/* kept gives a stack's hash, and sees to it that its frames are kept. */
static __always_inline u64 kept(struct frames *f, u64 count, struct count *c)
{
	u32 which = frames_turn & 1, i;
	u64 hash = count;
	void *known;

	f->count = count;
	for (i = 0; i < MAX_FRAMES; i++) {
		if (i >= f->count)
			break;
		hash = (hash ^ f->addr[i]) * 0x9e3779b97f4a7c15ULL;
		hash ^= hash >> 32;
	}
	hash |= 1;
	if (which ? bpf_map_lookup_elem(&frames1, &hash) : bpf_map_lookup_elem(&frames0, &hash))
		return hash;
	/* A stack that is new, and not just new in this map, costs user space some
	 * ten microseconds: reading it, naming it, writing it. Those that are too
	 * many wait for another event. */
	known = which ? bpf_map_lookup_elem(&frames0, &hash) : bpf_map_lookup_elem(&frames1, &hash);
	if (!known) {
		if (fresh <= 0) {
			c->unknown++;
			return 0;
		}
		__sync_fetch_and_add(&fresh, -1);
	}
	if (which ? bpf_map_update_elem(&frames1, &hash, f, BPF_ANY) : bpf_map_update_elem(&frames0, &hash, f, BPF_ANY)) {
		c->unwalked++;
		return 0;
	}
	return hash;
}

static __always_inline u64 walk(void *ctx, struct frames *f, u64 flags, struct count *c)
{
	long n = bpf_get_stack(ctx, f->addr, sizeof(f->addr), flags);

	return n > 0 ? kept(f, n / sizeof(u64), c) : 0;
}

/* At a uprobe the context is the program's registers. */
static __always_inline u64 walk_program(void *ctx, struct frames *f, u32 kind, struct count *c)
{
	u64 ip, frame;

	if (kind >= GROWSLICE) {
		bpf_probe_read_kernel(&ip, sizeof(ip), &IP((struct pt_regs *)ctx));
		bpf_probe_read_kernel(&frame, sizeof(frame), &FRAME((struct pt_regs *)ctx));
	} else if (!user_registers(&ip, &frame)) {
		return walk(ctx, f, BPF_F_USER_STACK, c);
	}
	return kept(f, walk_user(f, ip, frame), c);
}

#include "stack.h"

static __always_inline void stacks(void *ctx, struct sum_key *key, struct count *c)
{
	u32 zero = 0;
	struct room *r = bpf_map_lookup_elem(&rooms, &zero);
	u32 kind = key->kind, flags;
	struct frames *f;
	u64 depth;

	if (!r)
		return;
	/* Older verifiers want to see that an index is in its bounds. */
	barrier_var(kind);
	flags = stacks_of[kind & (ALL_KINDS - 1)];
	depth = r->depth++;
	if (depth < NESTED) {
		barrier_var(depth); /* as above: 6.1 forgets what was checked */
		f = &r->at[depth & (NESTED - 1)];
		if (flags & KERNEL_STACK)
			key->kernel_stack = kernel_stack(ctx, kind, depth, f, c);
		if (flags & USER_STACK && (kind >= GROWSLICE || bpf_map_lookup_elem(&watched, &key->pid)))
			key->user_stack = walk_program(ctx, f, kind, c);
	}
	r->depth--;
}

/* key_of_caller is what `callers` knows a caller by: its address, or where the
 * hook tells none, its stack. */
static __always_inline u64 key_of_caller(const struct sum_key *key, u64 caller)
{
	return caller ? caller : key->kernel_stack;
}

/* lowest gives the lowest bit that is set; the compiler has no code for its
 * own builtin on this target. */
static __always_inline s8 lowest(u32 bits)
{
	s8 i;

	for (i = 0; i < MAX_RULES; i++)
		if (bits >> i & 1)
			return i;
	return -1;
}

/* kept_by gives the rules that keep an event, as bits. A name or a caller that
 * user space has not judged yet counts as one that matters. */
static __always_inline u32 kept_by(const struct seen *s, const struct sum_key *key, u32 *unknown)
{
	u32 bits = 0, comm_bits = 0, caller_bits = 0, i;
	u32 *mask;
	u64 caller;

	for (i = 0; i < MAX_RULES; i++) {
		if (i >= rule_count)
			break;
		if (!(rules[i].kinds >> s->kind & 1) || s->size < rules[i].min_size || s->size > rules[i].max_size)
			continue;
		if (rules[i].flags & NEED_REMOTE && (s->given_node < 0 || s->given_node == key->cpu_node))
			continue;
		if (rules[i].flags & NEED_FAILED && !s->failed)
			continue;
		bits |= 1U << i;
		if (rules[i].flags & NEED_COMM)
			comm_bits |= 1U << i;
		if (rules[i].flags & NEED_CALLER)
			caller_bits |= 1U << i;
	}
	if (bits & comm_bits) {
		mask = bpf_map_lookup_elem(&comms, key->comm);
		if (mask)
			bits &= *mask;
		else
			*unknown |= UNKNOWN_COMM;
	}
	if (bits & caller_bits) {
		caller = key_of_caller(key, s->caller);
		mask = bpf_map_lookup_elem(&callers, &caller);
		if (mask)
			bits &= *mask;
		else if (caller)
			*unknown |= UNKNOWN_CALLER;
		/* else there is nothing to judge by, and it may matter */
	}
	return bits;
}

static __always_inline void fill(struct event *e, const struct seen *s, const struct sum_key *key, u64 pid_tgid)
{
	e->ns = bpf_ktime_get_ns();
	e->cgroup = key->cgroup;
	e->size = s->size;
	e->bytes = s->bytes;
	e->caller = s->caller;
	e->addr = s->addr;
	e->goroutine = s->goroutine;
	e->pid = pid_tgid >> 32;
	e->tid = pid_tgid;
	e->kernel_stack = key->kernel_stack;
	e->user_stack = key->user_stack;
	e->gfp = s->gfp;
	e->cpu = bpf_get_smp_processor_id();
	e->cpu_node = key->cpu_node;
	e->asked_node = s->asked_node;
	e->given_node = s->given_node;
	e->kind = s->kind;
	__builtin_memcpy(e->comm, key->comm, sizeof(e->comm));
}

/* wake tells when user space should not sleep until its next turn: a name waits
 * to be judged, or the ring has come to be half full, or a sixteenth fuller. To
 * wake it at every event from there on would cost each some 3 µs. */
static __always_inline u64 wake(void *ring, u64 bytes, u32 unknown)
{
	u64 waits = bpf_ringbuf_query(ring, BPF_RB_AVAIL_DATA);
	/* Several CPUs may pass a mark at once. */
	bool passes = waits > bytes / 2 && waits % (bytes / 16) < 64 * sizeof(struct event);

	return unknown || passes ? BPF_RB_FORCE_WAKEUP : BPF_RB_NO_WAKEUP;
}

static __always_inline void keep(const struct seen *s, const struct sum_key *key, u64 pid_tgid, struct count *c)
{
	u32 unknown = 0, bits = 0, n, weight = s->weight, kind = s->kind;
	struct event *e;

	if (rule_count)
		bits = kept_by(s, key, &unknown);
	if (bits) {
		e = unknown ? bpf_ringbuf_reserve(&unjudged, sizeof(*e), 0) : bpf_ringbuf_reserve(&ruled, sizeof(*e), 0);
		if (!e) {
			c->ruled_lost++;
			return;
		}
		fill(e, s, key, pid_tgid);
		c->ruled++; /* here: beside the check above, 5.x and 6.1 lose sight of e */
		e->weight = weight ? weight : 1;
		e->flags = (s->failed ? FAILED : 0) | unknown;
		e->rule = lowest(bits);
		bpf_ringbuf_submit(e, unknown ? BPF_RB_FORCE_WAKEUP : wake(&ruled, 8 << 20, 0));
		return;
	}
	barrier_var(kind);
	n = every[kind & (ALL_KINDS - 1)];
	if (n == 0 || (n > 1 && bpf_get_prandom_u32() % n)) {
		c->thinned++;
		return;
	}
	e = bpf_ringbuf_reserve(&sampled, sizeof(*e), 0);
	if (!e) {
		c->sampled_lost++;
		return;
	}
	fill(e, s, key, pid_tgid);
	c->sampled++;
	e->weight = weight ? weight * n : n;
	e->flags = s->failed ? FAILED : 0;
	e->rule = -1;
	bpf_ringbuf_submit(e, wake(&sampled, 2 << 20, 0));
}

static __always_inline int see(void *ctx, const struct seen *s, u64 pid_tgid)
{
	struct sum_key key = { .cgroup = bpf_get_current_cgroup_id(), .pid = pid_tgid >> 32, .kind = s->kind,
			       .cpu_node = bpf_get_numa_node_id(), .given_node = s->given_node };
	struct count *c = count_of(s->kind);

	if (!c || s->kind >= KINDS)
		return 0;
	c->seen++;
	c->bytes += s->bytes;
	bpf_get_current_comm(key.comm, sizeof(key.comm));
	stacks(ctx, &key, c);
	if (!key.kernel_stack)
		key.caller = s->caller;
	/* A sample of the heap stands for more than itself, by how much depends on
	 * its size and the program's rate: user space adds those up. */
	if (s->kind != HEAP)
		add_up(&key, s->bytes, c);
	keep(s, &key, pid_tgid, c);
	return 0;
}

static __always_inline int see_kmalloc(u64 *ctx, s32 asked)
{
	u64 pid_tgid = bpf_get_current_pid_tgid();
	struct seen s = { .kind = KMALLOC, .caller = ctx[0], .addr = ctx[1], .size = ctx[2], .bytes = ctx[3],
			  .gfp = ctx[4], .asked_node = asked, .given_node = -1, .failed = !ctx[1] };

	if (left_out(pid_tgid))
		return 0;
	if (s.failed)
		s.bytes = 0;
	else
		s.given_node = node_of_object(s.addr);
	return see(ctx, &s, pid_tgid);
}

SEC("raw_tp/kmalloc")
int kmalloc(u64 *ctx)
{
	return see_kmalloc(ctx, kmalloc_tells_node ? (s32)ctx[5] : -1);
}

/* Before 6.1 the allocations that name a node have a tracepoint of their own. */
SEC("raw_tp/kmalloc_node")
int kmalloc_node(u64 *ctx)
{
	return see_kmalloc(ctx, (s32)ctx[5]);
}

SEC("raw_tp/mm_page_alloc")
int page_alloc(u64 *ctx)
{
	u64 pid_tgid = bpf_get_current_pid_tgid();
	u64 bytes = page_bytes << ((u32)ctx[1] & 31);
	struct seen s = { .kind = PAGE, .size = bytes, .bytes = bytes, .gfp = ctx[2], .asked_node = -1,
			  .given_node = -1, .failed = !ctx[0] };

	if (left_out(pid_tgid))
		return 0;
	if (s.failed) {
		s.bytes = 0;
	} else {
		s.addr = address_of_page(ctx[0]);
		s.given_node = node_of_page(ctx[0]);
	}
	return see(ctx, &s, pid_tgid);
}

/* Calls that clean or invalidate cache lines come with a size, or with an end. */
static __always_inline int see_flush(struct pt_regs *ctx, u64 start, u64 end)
{
	u64 pid_tgid = bpf_get_current_pid_tgid();
	struct seen s = { .kind = FLUSH, .addr = start, .size = end - start, .asked_node = -1 };

	if (left_out(pid_tgid) || end <= start)
		return 0;
	s.bytes = ((end - 1) / line_bytes - start / line_bytes + 1) * line_bytes;
	s.given_node = node_of_object(start);
#if defined(__TARGET_ARCH_arm64)
	s.caller = ctx->regs[30];
#else
	bpf_probe_read_kernel(&s.caller, sizeof(s.caller), (void *)ctx->sp);
#endif
	return see(ctx, &s, pid_tgid);
}

/* The verifier wants each register read at an offset that stands in the code:
 * the barrier keeps the compiler from choosing between offsets first. */
#define READ(from)                      \
	({                              \
		u64 read = (from);      \
		barrier_var(read);      \
		read;                   \
	})

#if defined(__TARGET_ARCH_arm64)
#define ARG(n) ctx->regs[n]
#else
#define ARG(n) (n == 0 ? ctx->di : n == 1 ? ctx->si : n == 2 ? ctx->dx : ctx->cx)
#endif

SEC("kprobe/flush_size")
int flush_size(struct pt_regs *ctx)
{
#if defined(__TARGET_ARCH_x86)
	return see_flush(ctx, ARG(0), ARG(0) + (u32)ARG(1)); /* an unsigned int there */
#else
	return see_flush(ctx, ARG(0), ARG(0) + ARG(1));
#endif
}

/* Physical addresses are shown as those of the linear mapping. */
SEC("kprobe/flush_physical")
int flush_physical(struct pt_regs *ctx)
{
	return see_flush(ctx, linear + ARG(0), linear + ARG(0) + ARG(1));
}

SEC("kprobe/flush_end")
int flush_end(struct pt_regs *ctx)
{
	return see_flush(ctx, ARG(0), ARG(1));
}

/* Where migrate_pages moves pages from and to, until its tracepoint says what
 * became of them. */
struct move {
	s32 from, to;
};
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, u64);
	__type(value, struct move);
} moves SEC(".maps");

enum { LOOKED_AT = 32 };

SEC("kprobe/migrate_pages")
int migrate_pages(struct pt_regs *ctx)
{
	u64 task = bpf_get_current_pid_tgid(), head = ARG(0), at = head, get_new = ARG(1), private = ARG(3);
	struct move m = { -1, -1 };
	s32 node;
	u32 i;

	for (i = 0; i < LOOKED_AT; i++) {
		if (bpf_probe_read_kernel(&at, sizeof(at), (void *)at) || at == head)
			break;
		node = node_of_page(at - lru_in_page);
		if (i && node != m.from) {
			m.from = -1; /* of several nodes */
			break;
		}
		m.from = node;
	}
	if (get_new && get_new == target_of_misplaced)
		m.to = private;
	else if (get_new && get_new == target_of_migration && bpf_probe_read_kernel(&node, sizeof(node), (void *)private) == 0)
		m.to = node;
	bpf_map_update_elem(&moves, &task, &m, BPF_ANY);
	return 0;
}

static __always_inline void send_move(struct event *e, struct count *c, u32 kind, u32 pid, u32 tid, s32 from, s32 to)
{
	e->ns = bpf_ktime_get_ns();
	e->cgroup = 0;
	e->addr = 0;
	e->goroutine = 0;
	e->pid = pid;
	e->tid = tid;
	e->kernel_stack = e->user_stack = 0;
	e->gfp = 0;
	e->cpu = bpf_get_smp_processor_id();
	e->weight = 1;
	e->flags = 0;
	e->cpu_node = from;
	e->asked_node = -1;
	e->given_node = to;
	e->rule = -1;
	e->kind = kind;
	c->ruled++;
	bpf_ringbuf_submit(e, wake(&ruled, 8 << 20, 0));
}

SEC("raw_tp/mm_migrate_pages")
int pages_moved(u64 *ctx)
{
	u64 task = bpf_get_current_pid_tgid();
	struct move where = { -1, -1 }, *m = bpf_map_lookup_elem(&moves, &task);
	struct count *c = count_of(MOVED_PAGES);
	struct event *e;

	if (left_out(task) || !c)
		return 0;
	if (m)
		where = *m;
	bpf_map_delete_elem(&moves, &task);
	c->seen++;
	e = bpf_ringbuf_reserve(&ruled, sizeof(*e), 0);
	if (!e) {
		c->ruled_lost++;
		return 0;
	}
	e->size = ctx[0];
	e->bytes = ctx[1];
	/* The arguments differ from kernel to kernel; reading one that is not
	 * there would keep the program from being attached. */
	if (migrate_reason_arg == 3)
		e->caller = (s32)READ(ctx[3]);
	else if (migrate_reason_arg == 6)
		e->caller = (s32)READ(ctx[6]);
	else if (migrate_reason_arg == 7)
		e->caller = (s32)READ(ctx[7]);
	else
		e->caller = -1;
	bpf_get_current_comm(e->comm, sizeof(e->comm));
	send_move(e, c, MOVED_PAGES, task >> 32, task, where.from, where.to);
	return 0;
}

/* A task's CPUs are given as nodes: user space translates, it knows them. */
static __always_inline int task_moved(struct task_struct *t, s32 from, s32 to)
{
	u32 pid = BPF_CORE_READ(t, tgid), tid = BPF_CORE_READ(t, pid);
	struct count *c = count_of(MOVED_TASK);
	struct event *e;

	if ((only_pid && pid != only_pid) || !c)
		return 0;
	c->seen++;
	e = bpf_ringbuf_reserve(&ruled, sizeof(*e), 0);
	if (!e) {
		c->ruled_lost++;
		return 0;
	}
	e->size = 1;
	e->bytes = 0;
	e->caller = 0;
	BPF_CORE_READ_STR_INTO(&e->comm, t, comm);
	send_move(e, c, MOVED_TASK, pid, tid, from, to);
	return 0;
}

SEC("raw_tp/sched_move_numa")
int task_moves(u64 *ctx)
{
	return task_moved((void *)ctx[0], ctx[1], ctx[2]);
}

SEC("raw_tp/sched_swap_numa")
int tasks_swap(u64 *ctx)
{
	if (ctx[2]) /* older kernels tell of swaps with nobody */
		task_moved((void *)ctx[2], ctx[3], ctx[1]);
	return task_moved((void *)ctx[0], ctx[1], ctx[3]);
}

/* A Go slice on its way to a new array: by goroutine, since the thread under
 * it can change between the probes. */
struct growth {
	u64 length, element, caller;
};
struct goroutine {
	u64 g;
	u32 pid;
	u32 reserved;
};
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, struct goroutine);
	__type(value, struct growth);
} growths SEC(".maps");

/* reg reads a register. Which one it is the loader says, and the verifier lets
 * a context be read only where the code itself says so: hence the helper. */
static __always_inline u64 reg(void *ctx, u32 offset)
{
	u64 x = 0;

	bpf_probe_read_kernel(&x, sizeof(x), ctx + offset);
	return x;
}

static __always_inline u64 word_at(void *ctx, const volatile struct place *p)
{
	u64 x = reg(ctx, p->reg);

	if (p->in_memory && bpf_probe_read_user(&x, sizeof(x), (void *)(x + p->offset)))
		return 0;
	return x;
}

static __always_inline u64 goroutine_id(u64 g)
{
	u64 id = 0;

	if (go_id >= 0)
		bpf_probe_read_user(&id, sizeof(id), (void *)(g + go_id));
	return id;
}

/* Behind the stack check, where the arguments are still in registers. */
SEC("uprobe/grow_begins")
int grow_begins(struct pt_regs *ctx)
{
	struct goroutine who = { .g = reg(ctx, go_g), .pid = bpf_get_current_pid_tgid() >> 32 };
	struct growth w = { .length = reg(ctx, go_length), .caller = word_at(ctx, &go_return) };

	bpf_probe_read_user(&w.element, sizeof(w.element), (void *)(reg(ctx, go_type) + go_element_size));
	bpf_map_update_elem(&growths, &who, &w, BPF_ANY);
	return 0;
}

/* At the copy of the old array into the new one. */
SEC("uprobe/grow_filled")
int grow_filled(struct pt_regs *ctx)
{
	u64 pid_tgid = bpf_get_current_pid_tgid();
	struct goroutine who = { .g = reg(ctx, go_g), .pid = pid_tgid >> 32 };
	struct growth *w = bpf_map_lookup_elem(&growths, &who);
	struct seen s = { .kind = GROWSLICE, .addr = reg(ctx, go_array), .asked_node = -1 };

	if (!w)
		return 0; /* it began before we were there */
	s.size = w->length * w->element;
	s.bytes = word_at(ctx, &go_capacity) * w->element;
	s.caller = w->caller;
	s.goroutine = goroutine_id(who.g);
	s.given_node = node_of_user(s.addr);
	bpf_map_delete_elem(&growths, &who);
	return see(ctx, &s, pid_tgid);
}

/* The runtime samples its heap by itself; each sample is kept, or thinned, as
 * the others are. */
SEC("uprobe/heap_sample")
int heap_sample(struct pt_regs *ctx)
{
	struct seen s = { .kind = HEAP, .addr = reg(ctx, go_object), .asked_node = -1 };
	s64 rate = 0;

	s.size = s.bytes = reg(ctx, go_size);
	s.caller = word_at(ctx, &go_return);
	s.goroutine = goroutine_id(reg(ctx, go_g));
	if (go_rate && !bpf_probe_read_user(&rate, sizeof(rate), (void *)(IP(ctx) + go_rate)) && rate > 0)
		s.gfp = rate > 0xffffffff ? 0xffffffff : rate; /* no other use for it here */
	s.given_node = node_of_user(s.addr);
	return see(ctx, &s, bpf_get_current_pid_tgid());
}

/* Children of who is watched are. */
SEC("raw_tp/sched_process_fork")
int forks(u64 *ctx)
{
	struct task_struct *parent = (void *)ctx[0], *child = (void *)ctx[1];
	u32 from = BPF_CORE_READ(parent, tgid), pid = BPF_CORE_READ(child, tgid);
	u8 yes = 1;

	if (from != pid && bpf_map_lookup_elem(&watched, &from))
		bpf_map_update_elem(&watched, &pid, &yes, BPF_ANY);
	return 0;
}

SEC("raw_tp/sched_process_exit")
int exits(u64 *ctx)
{
	u64 pid_tgid = bpf_get_current_pid_tgid();
	u32 pid = pid_tgid >> 32;

	if (pid == (u32)pid_tgid)
		bpf_map_delete_elem(&watched, &pid);
	return 0;
}

/* What package trace finds out with allocations of its own: the struct page
 * and the address that this kernel gives. */
struct own {
	u64 page, order, object, object_bytes;
};
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 256);
	__type(key, u32);
	__type(value, struct own);
} own_allocations SEC(".maps");
u32 own_count = 0;
volatile const u32 own_tid = 0;

static __always_inline struct own *next_own(void)
{
	u32 i = own_count;

	if ((u32)bpf_get_current_pid_tgid() != own_tid || i >= 256)
		return 0;
	own_count = i + 1;
	return bpf_map_lookup_elem(&own_allocations, &i);
}

SEC("raw_tp/mm_page_alloc")
int own_page(u64 *ctx)
{
	struct own *o = next_own();

	if (o) {
		o->page = ctx[0];
		o->order = ctx[1];
	}
	return 0;
}

SEC("raw_tp/kmalloc")
int own_object(u64 *ctx)
{
	struct own *o = next_own();

	if (o) {
		o->object = ctx[1];
		o->object_bytes = ctx[3];
	}
	return 0;
}
const struct own *unused_own __attribute__((unused));
