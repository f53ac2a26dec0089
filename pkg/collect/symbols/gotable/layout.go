package gotable

// Magic numbers of the header, and the Go versions that first wrote them.
const (
	magic118 = 0xfffffff0
	magic120 = 0xfffffff1
)

// headerBytes is the header's size: eight small bytes and eight words.
const headerBytes = 8 + 8*8

// layout is what differs between versions.
type layout struct {
	function int // bytes of a function's record before its tables
	inlined  int // bytes of an entry of an inline tree
	name     int // where in the latter the function's name is
	parent   int // and the call's place
	trees    int // word of the moduledata that points to the inline trees
}

func layoutOf(magic uint32) (layout, bool) {
	switch magic {
	case magic118:
		return layout{function: 40, inlined: 20, name: 12, parent: 16, trees: 38}, true
	case magic120:
		return layout{function: 44, inlined: 16, name: 4, parent: 8, trees: 40}, true
	}
	return layout{}, false
}

// Words of the moduledata that are the same in all versions.
const (
	moduleHeader   = 0
	moduleNames    = 1
	moduleUnits    = 4
	moduleFiles    = 7
	moduleSteps    = 10
	moduleRecords  = 13
	moduleFirst    = 20 // lowest address of a function
	moduleLast     = 21 // address after the last
	moduleText     = 22
	moduleTextEnd  = 23
	moduleWords    = 41 // of which at most so many are read
	inlineIndex    = 2  // of the pcdata tables: which entry of the inline tree
	inlineTree     = 3  // of the funcdata tables
	mostTables     = 32 // pcdata or funcdata that a function may have
	noTable        = ^uint32(0)
	longestName    = 1 << 16
	deepestInlined = 256
)
