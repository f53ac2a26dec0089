package main

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime/debug"
	"runtime/metrics"
	"sync"
	"syscall"
	"time"

	"github.com/numalens/numalens/pkg/imports"
)

// Bounds of what reading one input may take.
const (
	longest     = 10 * time.Second
	freeBytes   = 64 << 20
	timesLength = 16
	// wholeEvery is how often an input takes the whole way of an import,
	// unpacking and writing included.
	wholeEvery = 4000
	// allEvery is how often every format is asked whether an input is its own.
	allEvery = 16
	// sameFinding is how often one finding of a format is told.
	sameFinding = 5
)

type fuzzer struct {
	o        options
	formats  []imports.Format
	seeds    []seed
	tries    map[string]int64
	found    map[string]int
	findings int
	began    time.Time

	mu    sync.Mutex // guards what watch looks at
	name  string
	at    int64
	input []byte
	since time.Duration // of the process's time on a CPU: others may keep it waiting
}

// one reads the input of a number.
func (f *fuzzer) one(i int64) {
	rnd := rand.New(rand.NewPCG(f.o.seed, uint64(i)))
	s := f.seeds[rnd.IntN(len(f.seeds))]
	p := mutated(rnd, s.text, f.seeds)
	format := f.formats[s.format]
	if rnd.IntN(4) == 0 {
		format = f.formats[rnd.IntN(len(f.formats))]
	}
	if f.o.only != "" && format.Name != f.o.only {
		return
	}
	f.tries[format.Name]++
	f.mark(format.Name, i, p)
	f.try(format, p, rnd)
}

func (f *fuzzer) try(format imports.Format, p []byte, rnd *rand.Rand) {
	defer func() {
		if r := recover(); r != nil {
			f.finding(fmt.Sprintf("panic: %v\n%s", r, debug.Stack()))
		}
	}()
	detects := []imports.Format{format}
	if rnd.IntN(allEvery) == 0 {
		detects = f.formats
	}
	for _, x := range detects {
		if n := x.Detect(p); n < 0 || n > 100 {
			f.finding(fmt.Sprintf("%s detects it at %d", x.Name, n))
		}
	}
	c := &checking{lines: bytes.Count(p, []byte("\n")) + 1, binary: format.Name == "perf-data" || format.Name == "sysfs-tree"}
	before := allocated()
	_ = format.Read(bytes.NewReader(p), c)
	if took := allocated() - before; took > freeBytes+timesLength*uint64(len(p)) {
		f.finding(fmt.Sprintf("allocates too much: %d MB for %d bytes", took>>20, len(p)))
	}
	if c.wrong != "" {
		f.finding(c.wrong)
	}
	if rnd.IntN(wholeEvery) == 0 {
		f.whole(p, rnd)
	}
}

// whole imports an input, packed at times.
func (f *fuzzer) whole(p []byte, rnd *rand.Rand) {
	dir, err := os.MkdirTemp("", "numalens-fuzz-")
	if err != nil {
		f.finding(err.Error())
		return
	}
	defer os.RemoveAll(dir)
	in := imports.Bytes("input", time.Unix(1.8e9, 0), packed(rnd, p))
	_, err = imports.Import(context.Background(), imports.Options{Formats: f.formats, Root: filepath.Join(dir, "exports")}, []imports.Input{in})
	left, _ := filepath.Glob(filepath.Join(dir, "exports", ".import-*"))
	runs, _ := filepath.Glob(filepath.Join(dir, "exports", "*", "*", "run.json"))
	if len(left) > 0 || (err == nil) != (len(runs) == 1) {
		f.finding(fmt.Sprintf("import: %v, but %d runs and %v", err, len(runs), left))
	}
}

var sample = []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}

func allocated() uint64 {
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func (f *fuzzer) mark(name string, i int64, p []byte) {
	f.mu.Lock()
	f.name, f.at, f.input, f.since = name, i, p, cpuTime()
	f.mu.Unlock()
}

// watch ends the program when an input takes too long.
func (f *fuzzer) watch() {
	for range time.Tick(time.Second) {
		f.mu.Lock()
		if name := f.name; name != "" && cpuTime()-f.since > longest {
			f.keep()
			fmt.Printf("%s, input %d: still reading after %s\n", name, f.at, longest)
			debug.SetTraceback("all")
			panic("it hangs")
		}
		f.mu.Unlock()
	}
}

func (f *fuzzer) finding(what string) {
	f.findings++
	kind := f.name + what[:min(len(what), 20)]
	if f.found[kind]++; f.found[kind] > sameFinding {
		return
	}
	f.keep()
	fmt.Printf("%s, input %d of %d bytes: %s\n", f.name, f.at, len(f.input), what)
}

func (f *fuzzer) keep() {
	path := filepath.Join(f.o.findings, fmt.Sprintf("%s-%d-%d", f.name, f.o.seed, f.at))
	if err := os.MkdirAll(f.o.findings, 0o755); err == nil {
		err = os.WriteFile(path, f.input, 0o644)
		if err != nil {
			fmt.Println(err)
		}
	}
}

func (f *fuzzer) tell(done int64) {
	fmt.Printf("%d inputs, %d findings, %s\n", done, f.findings, time.Since(f.began).Round(time.Second))
}
