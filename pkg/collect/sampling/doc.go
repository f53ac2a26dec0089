// Package sampling decides which of a probe's events are kept: those that a
// rule calls important, all of them, and of the rest one in so many, by a
// rate that a governor moves so that the agent keeps to its budget.
//
// # The head
//
// ParseRule reads a rule, Compile makes rules ready for the kernel: Slots go
// into its programs as they are; what a regular expression says of a thread's
// name or of a calling function comes as a mask with a bit a rule, which user
// space puts into a map when the kernel first meets the name. Until that
// answer is there an event is kept with weight 1, so that nothing important is
// lost. Head.Matches says in plain Go what the kernel has to decide.
//
// An event that no rule keeps is kept with probability 1/N, by a random
// number of its own (random % N == 0), and stands for N. So Σw and Σwx over
// the events that were kept have as expectation the true count and sum, with
// rules, and with any N that does not depend on the event's own coin. The
// variance of Σwx is estimated by
//
//	Σ w(w-1)x²    over the events that were kept
//
// to which those of rules, w = 1, add nothing.
//
// # The governor
//
// Governor.Decide takes a Reading once a second. In ms of CPU a second, with
// T the budget (Limits.Agent: 6 ms by default):
//
//	learnt    cpu = base + event × kept + row × rows
//	room      K = (0.95 T − base − row × rows − event × ruled) / event × trim
//	          at least 0.05 T / event, at most what the ring was seen to bear
//	level     L with Σ over kinds of min(demand, L) = K
//	rate      N = ⌈demand / L⌉ for each kind
//
// Demand is the events a second that no rule keeps: kept × N. It rises at
// once and fades by a fifth a second, and with it N; a rate that is right
// within a tenth stays. Rare kinds keep every event while frequent ones are
// thinned, since L is the same for all. Trim is the answer to a fit that is
// wrong: where samples kept to their room and the agent was over T all the
// same, it falls by as much as that, to 1/4 at least, and recovers by 5 % a
// second. An overflow of the ring halves the samples, which then recover
// likewise.
//
// The fit is a least-squares one in which a second's weight halves after
// 34 s, drawn to 1.5 ms, 1.2 µs an event and 0.3 µs a row while little was
// seen. What a rule keeps and what the agent does besides events can't be
// thinned: over the budget, they are noted once.
//
// Every ten seconds costs are summed up and published. Then aggregates are
// read less often (1, 2, 5, 10 s) if their rows took over 0.2 T, more often
// if under 0.05 T. If programs and traps took more than Limits.Workload of
// each CPU, the costliest probe is detached, and the others are looked at
// again ten seconds later. It comes back after one minute, and after twice
// the time before if it has to go again within ten minutes, up to ten
// minutes. One probe a window goes or comes, and meanwhile its kind's rate
// stays what it was.
//
// # What it leaves out
//
// Nothing here makes a system call, has a clock, or knows BPF: package trace
// loads and drains the programs, and carries the decisions out. Aggregated
// sums are of every event whatever the rates; only detaching makes those
// cheaper.
package sampling
