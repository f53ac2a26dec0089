package export

// Traced is what a probe in the kernel tells of.
type Traced string

// The kinds, as they stand in the kind columns of allocations and events.
const (
	TracedKmalloc   Traced = "kmalloc"   // the kernel's allocator of small objects
	TracedPage      Traced = "page"      // the kernel's page allocator
	TracedFlush     Traced = "flush"     // cache lines cleaned or invalidated
	TracedGrowslice Traced = "growslice" // a Go slice that got a new array
	TracedHeap      Traced = "heap"      // a sample of the Go runtime's heap profile
	TracedTask      Traced = "task"      // a task moved to another node's CPU (migrations)
	TracedMigration Traced = "pages"     // pages moved to another node (migrations)
)

// Owner is the process that something is attributed to.
type Owner struct {
	PID       int32  // 0 is null: nobody's, or not known
	Comm      string // "" is null
	Cgroup    string // path below the cgroup root; "" is null
	Container string // its id, where the cgroup's path has one; "" is null
}

// Allocation is what one owner's stack was given on one node since the row
// before that says the same of both.
type Allocation struct {
	TS int64 // end of the time that the row covers
	Owner
	Kind      Traced
	Stack     int64 // number of a stack; 0 is null
	CPUNode   int32 // -1 is null
	GivenNode int32 // -1 is null
	// Bytes and Weight are of all that the row stands for, Count is of what
	// was seen. Weight is Count unless they were sampled.
	Bytes, Count, Weight int64
}

// Event is one event of a probe, kept by a rule or as a sample.
type Event struct {
	TS int64
	Owner
	Kind    Traced
	CPU     int32
	TID     int32
	Size    int64 // bytes asked for; -1 is null
	Bytes   int64 // bytes given; -1 is null
	GFP     int64 // the kernel's flags of the request; -1 is null
	Caller  uint64
	Stack   int64  // 0 is null
	Addr    uint64 // of what was given, or flushed; 0 is null
	CPUNode int32  // -1 is null
	// AskedNode is the node that the caller named, -1 (null) mostly: any.
	AskedNode int32
	GivenNode int32 // -1 is null
	Goroutine int64 // 0 is null
	Lines     int64 // cache lines, of a flush; -1 is null
	Failed    bool
	Rule      string // that had it kept whatever the rate; "" is null: a sample
	// Weight is how many such events this one stands for, at least 1.
	Weight int64
}

// Migration is pages, or a task, that moved between nodes.
type Migration struct {
	TS int64
	Owner
	Kind             Traced // TracedMigration or TracedTask
	CPU              int32  // that moved it; -1 is null
	Reason           string // the kernel's word
	FromNode, ToNode int32  // -1 is null
	Moved, Failed    int64
}

// Stack is a caller and its callers, innermost first: where the kernel was
// entered, its own frames come before the process's.
type Stack struct {
	TS     int64
	Number int64 // unique within the run, from 1
	PID    int32 // whose address space User is in
	Kernel []uint64
	User   []uint64
}

// Mapping is a file's place in an address space.
type Mapping struct {
	TS                 int64
	PID                int32 // 0 is null: the kernel
	Start, End, Offset uint64
	File               string
	BuildID            string // "" is null
}

// Symbol names the code between two offsets of a file. Code that was inlined
// there has rows of the same range, its depth counted from the innermost.
type Symbol struct {
	TS         int64
	File       string
	BuildID    string // "" is null
	Start, End uint64
	Depth      int32
	Symbol     string
	Source     string // "" is null
	Line       int32  // 0 is null
}

// Allocation takes one row of the table allocations.
func (w *Writer) Allocation(r Allocation) { w.pending.allocation(r) }

// Event takes one event of a probe.
func (w *Writer) Event(r Event) { w.pending.event(r) }

// Migration takes one migration.
func (w *Writer) Migration(r Migration) { w.pending.migration(r) }

// Stack takes one stack: a row a frame.
func (w *Writer) Stack(r Stack) { w.pending.stack(r) }

// Mapping takes one mapping.
func (w *Writer) Mapping(r Mapping) { w.pending.mapping(r) }

// Symbol takes one symbol.
func (w *Writer) Symbol(r Symbol) { w.pending.symbol(r) }

// waiting adds one row to a table, if there is room for it.
func (p *pending) waiting(table string, ts int64, fill func(*filler)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	b := p.batches[table]
	if !p.room(table, b.rows, ts) {
		return
	}
	f := filler{vectors: b.vectors, row: b.rows}
	f.number(ts)
	fill(&f)
	b.rows++
}

// filler fills a row from the left.
type filler struct {
	vectors []vector
	row     int
	at      int
}

func (f *filler) next() *vector {
	f.at++
	return &f.vectors[f.at-1]
}

func (f *filler) number(x int64)       { f.next().add(x) }
func (f *filler) unless(x, null int64) { f.next().addUnless(x, null, f.row) }
func (f *filler) nodes(ids ...int32)   { f.unlessEach(-1, ids...) }
func (f *filler) name(s string)        { f.next().addName(s) }
func (f *filler) text(s string)        { v := f.next(); v.texts = append(v.texts, s) }
func (f *filler) owner(o Owner)        { f.unless(int64(o.PID), 0); f.names(o.Comm, o.Cgroup, o.Container) }
func (f *filler) numbers(xs ...int64) {
	for _, x := range xs {
		f.number(x)
	}
}

func (f *filler) unlessEach(null int32, xs ...int32) {
	for _, x := range xs {
		f.unless(int64(x), int64(null))
	}
}

// names are null where they are empty.
func (f *filler) names(words ...string) {
	for _, s := range words {
		if v := f.next(); s == "" {
			v.addNull(f.row)
		} else {
			v.addName(s)
		}
	}
}

func (p *pending) allocation(r Allocation) {
	p.waiting(TableAllocations, r.TS, func(f *filler) {
		f.name(string(r.Kind))
		f.unless(r.Stack, 0)
		f.owner(r.Owner)
		f.nodes(r.CPUNode, r.GivenNode)
		f.numbers(r.Bytes, r.Count, r.Weight)
	})
}

func (p *pending) event(r Event) {
	p.waiting(TableEvents, r.TS, func(f *filler) {
		f.name(string(r.Kind))
		f.number(int64(r.CPU))
		f.owner(r.Owner)
		f.unless(int64(r.TID), 0)
		f.unless(r.Size, -1)
		f.unless(r.Bytes, -1)
		f.unless(r.GFP, -1)
		f.unless(int64(r.Caller), 0)
		f.unless(r.Stack, 0)
		f.unless(int64(r.Addr), 0)
		f.nodes(r.CPUNode, r.AskedNode, r.GivenNode)
		f.unless(r.Goroutine, 0)
		f.unless(r.Lines, -1)
		f.number(truth(r.Failed))
		f.names(r.Rule)
		f.number(max(r.Weight, 1))
	})
}

func truth(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

func (p *pending) migration(r Migration) {
	p.waiting(TableMigrations, r.TS, func(f *filler) {
		f.name(string(r.Kind))
		f.unless(int64(r.CPU), -1)
		f.owner(r.Owner)
		f.name(r.Reason)
		f.nodes(r.FromNode, r.ToNode)
		f.numbers(r.Moved, r.Failed)
	})
}

func (p *pending) stack(r Stack) {
	depth := int64(0)
	frame := func(pid int32, addr uint64) {
		p.waiting(TableStacks, r.TS, func(f *filler) {
			f.numbers(r.Number, depth)
			f.unless(int64(pid), 0)
			f.number(int64(addr))
		})
		depth++
	}
	for _, addr := range r.Kernel {
		frame(0, addr)
	}
	for _, addr := range r.User {
		frame(r.PID, addr)
	}
}

func (p *pending) mapping(r Mapping) {
	p.waiting(TableMappings, r.TS, func(f *filler) {
		f.unless(int64(r.PID), 0)
		f.numbers(int64(r.Start), int64(r.End), int64(r.Offset))
		f.name(r.File)
		f.names(r.BuildID)
	})
}

func (p *pending) symbol(r Symbol) {
	p.waiting(TableSymbols, r.TS, func(f *filler) {
		f.name(r.File)
		f.names(r.BuildID)
		f.numbers(int64(r.Start), int64(r.End), int64(r.Depth))
		f.text(r.Symbol)
		f.names(r.Source)
		f.unless(int64(r.Line), 0)
	})
}
