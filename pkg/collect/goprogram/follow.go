package goprogram

// role is what a value is.
type role uint8

const (
	noRole role = iota
	oldPointer
	newLength
	oldCapacity
	count
	oldLength
	elementType
	profiler // the m of mProf_Malloc
	allocated
	size
	returnAddress
	fromSlot // a word of the frame; see state.slots
)

// state is what is known at an instruction.
type state struct {
	m        *machine
	roles    [32]role
	slots    [32]int64 // with fromSlot: the word's offset from the first stack pointer
	depth    int64     // how far the stack pointer is below where it was
	ownFrame bool
}

// enter is the state at a function's entry.
func enter(m *machine, arguments []role) *state {
	s := &state{m: m}
	for i, r := range arguments {
		s.roles[m.arguments[i]] = r
	}
	if m.link != noReg {
		s.roles[m.link] = returnAddress
	}
	return s
}

// apply carries out an instruction.
func (s *state) apply(e effect) {
	if e.everything {
		s.roles = [32]role{}
	}
	for _, r := range e.clobbers {
		s.set(r, noRole)
	}
	if e.copyTo != noReg {
		s.set(e.copyTo, s.roles[e.copyFrom&31])
		s.slots[e.copyTo&31] = s.slots[e.copyFrom&31]
	}
	if e.differenceTo != noReg {
		is := noRole
		if s.roles[e.minuend&31] == newLength && s.roles[e.subtrahend&31] == count {
			is = oldLength
		}
		s.set(e.differenceTo, is)
	}
	for _, l := range e.loads {
		s.set(l.to, fromSlot)
		s.slots[l.to&31] = l.offset - s.depth
	}
	s.depth -= e.moveSP
	s.ownFrame = s.ownFrame || e.ownFrame
}

func (s *state) set(r reg, is role) {
	if int(r) < len(s.roles) {
		s.roles[r] = is
	}
}

// holder is a register that holds a value, one of the calling convention's
// first.
func (s *state) holder(is role) Register {
	for _, r := range s.m.arguments {
		if s.roles[r] == is {
			return s.m.register(r)
		}
	}
	for r, has := range s.roles {
		if has == is {
			return s.m.register(reg(r))
		}
	}
	return NoRegister
}

// returns says where the return address is.
func (s *state) returns() Location {
	if r := s.holder(returnAddress); r.Held() {
		return Location{Register: r}
	}
	if s.m.link != noReg {
		return Location{Register: s.m.register(s.m.sp), Memory: true} // Go stores it at the frame's bottom
	}
	return Location{Register: s.m.register(s.m.sp), Memory: true, Offset: s.depth}
}

// prologue is what stands at a function's beginning.
type prologue struct {
	// begin is the best instruction behind the stack check, and what holds there.
	begin instruction
	at    state
	// frame is what is known where the frame is complete: at the first
	// instruction after that which may go elsewhere.
	frame state
}

// enterThrough follows a function from its entry to the first instruction
// behind the stack check that may go elsewhere, and chooses the first one
// that the kernel emulates while the wanted values are in registers. Up to
// there the way is the same for every call, so the probe sees each one once.
// With none such it is the first one behind the stack check, which is
// single-stepped.
func (f *function) enterThrough(arguments []role, wanted []role, morestack map[uint64]bool) (prologue, bool) {
	s := enter(f.machine, arguments)
	var p prologue
	pc, start := f.entry, f.entry
	found := false
	for range maxSteps {
		in, ok := f.at(pc)
		if !ok || in.kind == unknown {
			return prologue{}, false
		}
		if in.kind == branch && f.leadsTo(in.target, morestack) {
			s.apply(in.effect)
			pc += uint64(in.length)
			start, found, p = pc, false, prologue{}
			continue
		}
		if !p.chosen() || !found && in.emulated {
			if s.holdsAll(wanted) && !in.refused {
				p.begin, p.at, found = in, *s, in.emulated
			}
		}
		if in.kind != plain {
			p.frame = *s
			break
		}
		s.apply(in.effect)
		pc += uint64(in.length)
	}
	if !p.chosen() || f.entered(start, p.begin.pc) {
		return prologue{}, false
	}
	return p, true
}

func (p *prologue) chosen() bool { return p.begin.length > 0 }

func (s *state) holdsAll(wanted []role) bool {
	for _, w := range wanted {
		if !s.holder(w).Held() {
			return false
		}
	}
	return true
}

// leadsTo says whether the code at an address is the slow way of a stack
// check: it saves registers and calls morestack.
func (f *function) leadsTo(pc uint64, morestack map[uint64]bool) bool {
	for range 64 {
		in, ok := f.at(pc)
		switch {
		case !ok || in.kind == unknown || in.kind == branch || in.kind == ret:
			return false
		case in.kind == call:
			return morestack[in.target]
		case in.kind == jump:
			return false
		}
		pc += uint64(in.length)
	}
	return false
}

// entered says whether a branch of the function goes to behind start and up
// to end: what was followed from the entry would then not hold.
func (f *function) entered(start, end uint64) bool {
	is := false
	f.each(func(in instruction) {
		if (in.kind == branch || in.kind == jump) && in.target > start && in.target <= end {
			is = true
		}
	})
	return is
}

// leave follows the code behind a call to the return, and says where in the
// frame a result lies all the while. The call has overwritten every register,
// so each result is loaded from the frame; unless it is worked out, which is
// then not known.
func (f *function) leave(after uint64, result reg) Location {
	s := &state{m: f.machine}
	pc := after
	for range 64 {
		in, ok := f.at(pc)
		if !ok {
			break
		}
		switch in.kind {
		case plain:
			s.apply(in.effect)
			pc += uint64(in.length)
			continue
		case jump:
			pc = in.target
			continue
		case ret:
			if s.roles[result] == fromSlot {
				return Location{Register: f.machine.register(f.machine.sp), Memory: true, Offset: s.slots[result]}
			}
		}
		break
	}
	return Location{}
}
