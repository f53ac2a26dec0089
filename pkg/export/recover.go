package export

// Recovery says what Recover did to one run.
type Recovery struct {
	Host, Run string
	Segments  int   // tails that were sealed
	Rows      int64 // rows in them
	LostBytes int64 // torn bytes that were cut off
	Err       error // why the run could not be mended, if so; the others were
}

// Recover mends the runs below root whose agent died: it cuts each tail to
// its last whole batch, seals it, sets the state to recovered and leaves a
// note. alive tells whether the agent of a run in state recording still
// lives; such a run is left alone. Call it at the agent's start.
func Recover(root string, alive func(Manifest) bool) ([]Recovery, error) { return nil, errNotYet }
