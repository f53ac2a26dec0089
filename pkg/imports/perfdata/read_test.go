package perfdata

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/numalens/numalens/pkg/export"
)

const always = hasIP | hasTID | hasTime | hasAddr | hasCPU | hasDataSrc

// accesses makes up a file of one event with n samples.
func accesses(rng *rand.Rand, e madeEvent, n int) (*written, []export.Sample) {
	w := &written{attrs: []madeEvent{e}, features: twoNodes()}
	var all []export.Sample
	for i := range n {
		payload, s := sampleOf(rng, &e, anyAccess(rng, int64(1e12)+int64(i)*1000))
		w.record(recordSample, payload)
		all = append(all, s)
	}
	return w, all
}

// anyEvent is an event whose samples have some of the fields that can be.
func anyEvent(rng *rand.Rand) madeEvent {
	e := madeEvent{ids: []uint64{11, 12}}
	e.typ, e.config, e.period = 4, 0x1cd, 1+rng.Uint64N(20000)
	e.flags = 1 << 18 // sample_id_all
	e.fields = always
	for _, bit := range []uint64{hasID, hasIdentifier, hasStreamID, hasPeriod, hasRead, hasCallchain, hasRaw, hasBranchStack, hasRegsUser, hasStackUser,
		hasTransaction, hasRegsIntr, hasPhys, hasCgroup, hasDataPageSize, hasCodePageSize} {
		if rng.IntN(2) == 0 {
			e.fields |= bit
		}
	}
	e.fields |= []uint64{hasWeight, hasWeightStruct}[rng.IntN(2)]
	if e.fields&hasRead != 0 {
		e.readFormat = rng.Uint64N(16) | readID
	}
	if e.fields&hasBranchStack != 0 {
		e.branch = 1<<3 | branchHWIndex*rng.Uint64N(2)
	}
	if e.fields&hasRegsUser != 0 {
		e.regUser = 1 + rng.Uint64N(1<<9)
	}
	if e.fields&hasRegsIntr != 0 {
		e.regIntr = 1 + rng.Uint64N(1<<9)
	}
	return e
}

func equal(t *testing.T, what string, got, want []export.Sample) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: %d samples, want %d", what, len(got), len(want))
		return
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("%s: sample %d is %+v, want %+v", what, i, got[i], want[i])
			return
		}
	}
}

// onlyReader hides that its input can be read at any place.
type onlyReader struct{ io.Reader }

// TestEveryLayout reads samples of every combination of fields, from a disk,
// through a pipe, and from input that can be read only once.
func TestEveryLayout(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for round := range 300 {
		e := anyEvent(rng)
		w, want := accesses(rng, e, 20)
		for name, r := range map[string]io.Reader{
			"file": bytes.NewReader(w.file()), "once": onlyReader{bytes.NewReader(w.file())},
			"pipe": bytes.NewReader(w.piped()), "pipe once": onlyReader{bytes.NewReader(w.piped())},
		} {
			f := &found{}
			if err := Read(r, f); err != nil {
				t.Fatalf("round %d, %s: %v", round, name, err)
			}
			equal(t, fmt.Sprintf("round %d, %s, fields %#x", round, name, e.fields), f.samples, want)
			if len(f.warnings) > 0 || f.fact("host") != "two-nodes" || f.topology == nil || len(f.topology.Nodes) != 2 {
				t.Fatalf("%s: warnings %q, facts %v, topology %+v", name, f.warnings, f.facts, f.topology)
			}
		}
	}
}

// TestPerfReadsItAlike holds made-up files to what Debian's perf reads.
func TestPerfReadsItAlike(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for range 25 {
		e := anyEvent(rng)
		// perf takes raw data for a tracepoint's, and makes samples of its own
		// of counts that were read.
		e.fields &^= hasRaw | hasRead
		e.readFormat = 0
		w, _ := accesses(rng, e, 200)
		path := filepath.Join(t.TempDir(), "made.data")
		if err := os.WriteFile(path, w.file(), 0o600); err != nil {
			t.Fatal(err)
		}
		columns := "comm,pid,tid,cpu,time,period,event,addr,data_src,weight,ip"
		if e.fields&hasPhys != 0 {
			columns += ",phys_addr"
		}
		sameAsPerf(t, path, readFile(t, path), columns)
	}
}

// TestTwoEvents tells samples apart by their ids, whichever way they come.
func TestTwoEvents(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	loads := madeEvent{ids: []uint64{1, 2}}
	loads.typ, loads.period, loads.fields = 4, 1000, always|hasIdentifier|hasWeight
	faults := madeEvent{ids: []uint64{3}}
	faults.typ, faults.config, faults.period, faults.fields = typeSoftware, minorFaults, 1, always|hasIdentifier|hasPhys
	clocks := madeEvent{ids: []uint64{4}}
	clocks.typ, clocks.fields = typeSoftware, always|hasIdentifier
	w := &written{attrs: []madeEvent{loads, faults, clocks}, features: twoNodes()}
	var want []export.Sample
	for i := range 300 {
		e, s := &w.attrs[i%3], anyAccess(rng, int64(i))
		if i%3 != 0 {
			s.Kind, s.DataSrc, s.Latency = export.MinorFault, 0x5080021, 0 // PERF_MEM_NA
		}
		payload, s := sampleOf(rng, e, s)
		w.record(recordSample, payload)
		if i%3 != 2 {
			want = append(want, s)
		}
	}
	w.record(recordSample, make([]byte, 80)) // id 0
	w.record(200, nil)
	w.record(recordLost, slices.Concat(make([]byte, 8), []byte{7, 0, 0, 0, 0, 0, 0, 0}))
	f := &found{}
	if err := Read(bytes.NewReader(w.file()), f); err != nil {
		t.Fatal(err)
	}
	equal(t, "two events", f.samples, want)
	for _, part := range []string{"100 samples of event of type 1, config 0x0 are skipped", "1 samples are of no event", "1 records are of types that are not known", "perf lost 7 records"} {
		if !f.warned(part) {
			t.Errorf("nothing says %q: %q", part, f.warnings)
		}
	}
}
