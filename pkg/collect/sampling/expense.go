package sampling

// expense is what the agent's CPU time goes to. A thousand events of 1 µs
// take 1 ms, so that nothing is converted.
type expense struct {
	base  float64 // ms a second, whatever comes
	event float64 // µs an event that was kept
	row   float64 // µs a row of aggregates that was read
}

// What is assumed before anything was seen, by how much that may be wrong,
// and what is never believed.
var (
	assumed  = [3]float64{1.5, 1.2, 0.3}
	doubt    = [3]float64{5, 1, 1}
	smallest = [3]float64{0, 0.1, 0.02}
	largest  = [3]float64{1000, 50, 50}
)

const (
	noise    = 0.3  // ms: a quiet second's
	relative = 0.1  // of a busy second
	memory   = 0.98 // of a second's weight, a second later: half after 34 s
)

// learner fits cpu = base + event × kept + row × rows to the seconds that it
// is shown: least squares, older ones weighing less, drawn to what is assumed
// as far as nothing speaks against it. The latter also settles what no
// second can tell apart, such as events and rows that always come together.
type learner struct {
	a   [3][3]float64
	b   [3]float64
	fit [3]float64
}

func newLearner() *learner { return &learner{fit: assumed} }

// see takes rates a second: ms of CPU, events, rows.
func (l *learner) see(cpu, kept, rows float64) {
	// A second of a storm, or in which a file was sealed, is wrong by more.
	sd := relative * cpu
	weight := 1 / (noise*noise + sd*sd)
	x := [3]float64{1, kept / 1000, rows / 1000}
	for i := range x {
		for j := range x {
			l.a[i][j] = memory*l.a[i][j] + weight*x[i]*x[j]
		}
		l.b[i] = memory*l.b[i] + weight*x[i]*cpu
	}
	l.solve()
}

// solve goes along one axis after the other, which keeps to the bounds. It
// starts from the last solution, which is near.
func (l *learner) solve() {
	for range 50 {
		for i := range l.fit {
			prior := 1 / (doubt[i] * doubt[i])
			rest := l.b[i] + prior*assumed[i]
			for j := range l.fit {
				if j != i {
					rest -= l.a[i][j] * l.fit[j]
				}
			}
			l.fit[i] = min(max(rest/(l.a[i][i]+prior), smallest[i]), largest[i])
		}
	}
}

func (l *learner) expense() expense {
	return expense{base: l.fit[0], event: l.fit[1], row: l.fit[2]}
}
