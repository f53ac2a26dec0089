package agent_test

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow/ipc"

	"github.com/numalens/numalens/pkg/export"
)

const (
	killMoments = 50
	killAtOnce  = 8
)

// TestKilledAtRandomMoments: whatever SIGKILL interrupts (making the run,
// appending, sealing, the index), the next start finds every whole batch.
func TestKilledAtRandomMoments(t *testing.T) {
	t.Parallel()
	moments := make(chan int)
	var (
		wg     sync.WaitGroup
		mu     sync.Mutex
		states = map[string]int{}
	)
	for range killAtOnce {
		wg.Go(func() {
			for i := range moments {
				state, err := killAndMend(t, uint64(i))
				if err != nil {
					t.Errorf("moment %d: %v", i, err)
				}
				mu.Lock()
				states[state]++
				mu.Unlock()
			}
		})
	}
	for i := range killMoments {
		moments <- i
	}
	close(moments)
	wg.Wait()
	t.Logf("states after the next start: %v", states)
	if states[string(export.Recovered)] < killMoments/2 {
		t.Errorf("only %d of %d were killed while they recorded: %v", states[string(export.Recovered)], killMoments, states)
	}
}

// killAndMend kills one recording at a moment that the seed chooses, and has
// the next start mend it. It gives the state that the run has then.
func killAndMend(t *testing.T, seed uint64) (state string, err error) {
	rng := rand.New(rand.NewPCG(seed, 50))
	out := outDir(t)
	args := []string{"record", "--quiet", "--out", out, "--name", "killed"}
	after := time.Duration(rng.Float64() * float64(3*time.Second))
	switch seed % 5 {
	case 0: // small segments: some moments hit sealing in the background
		args = append(args, "--hz", "1000", "--max-bytes", "2MB")
	case 1: // some hit the seal at the end
		args = append(args, "--for", (after - time.Duration(rng.IntN(60))*time.Millisecond).Truncate(time.Millisecond).String())
		if after < 61*time.Millisecond {
			args = args[:len(args)-2]
		}
	case 2: // some hit the beginning
		after /= 30
	}
	c := exec.Command(bin, args...)
	if err := c.Start(); err != nil {
		return "", err
	}
	time.Sleep(after)
	c.Process.Kill()
	c.Wait()

	want, err := wholeRows(out)
	if err != nil {
		return "", err
	}
	if b, err := exec.Command(bin, "record", "--quiet", "--out", out, "--name", "next", "--", "true").CombinedOutput(); err != nil {
		return "", fmt.Errorf("the next start: %v\n%s", err, b)
	}
	sound(t, out)
	for _, m := range manifests(t, out) {
		if m.Name != "killed" {
			continue
		}
		if m.State != export.Recovered && m.State != export.Sealed {
			return string(m.State), fmt.Errorf("state %q after the next start", m.State)
		}
		return string(m.State), compareRows(m, want)
	}
	if len(want) > 0 {
		return "none", fmt.Errorf("the run is gone, with rows %v", want)
	}
	return "none", nil
}

// wholeRows counts the rows of each table that are whole on disk, by another
// reader than ours.
func wholeRows(out string) (map[string]int64, error) {
	rows := map[string]int64{}
	tails, err := filepath.Glob(filepath.Join(out, "*/*/*.arrows"))
	if err != nil {
		return nil, err
	}
	for _, file := range tails {
		n, err := wholeRowsOfTail(file)
		if err != nil {
			return nil, err
		}
		rows[table(file)] += n
	}
	parquets, err := filepath.Glob(filepath.Join(out, "*/*/*.parquet"))
	if err != nil {
		return nil, err
	}
	for _, file := range parquets {
		if _, err := os.Stat(strings.TrimSuffix(file, "parquet") + "arrows"); err == nil {
			continue // being sealed: its tail was counted
		}
		n, err := rowsOfParquet(file)
		if err != nil {
			return nil, err
		}
		rows[table(file)] += n
	}
	return rows, nil
}

func table(file string) string {
	name, _, _ := strings.Cut(filepath.Base(file), ".")
	return name
}

func wholeRowsOfTail(file string) (rows int64, err error) {
	f, err := os.Open(file)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	r, err := ipc.NewReader(f)
	if err != nil {
		return 0, nil // not even a whole schema
	}
	defer r.Release()
	for r.Next() {
		rows += r.RecordBatch().NumRows()
	}
	if err := r.Err(); err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return rows, fmt.Errorf("%s: %w", file, err)
	}
	return rows, nil
}

func compareRows(m *export.Manifest, want map[string]int64) error {
	got := map[string]int64{}
	for _, s := range m.Segments {
		if s.Format != "parquet" {
			return fmt.Errorf("segment %s is not sealed", s.File)
		}
		got[s.Table] += s.Rows
	}
	for table, n := range want {
		// Mending adds a note.
		if got[table] != n && (table != export.TableNotes || got[table] < n) {
			return fmt.Errorf("%s has %d rows, and %d were whole", table, got[table], n)
		}
	}
	return nil
}

// A workload must not die with its observer.
func TestKilledAgentLeavesTheCommand(t *testing.T) {
	t.Parallel()
	out := outDir(t)
	file := filepath.Join(out, "end")
	r := start(t, []string{"record", "--out", out, "--", "sh", "-c", "echo begun; sleep 1; echo done >" + file})
	r.awaitText(t, r.stdout, "begun")
	r.signal(t, syscall.SIGKILL)
	for range 200 {
		if _, err := os.Stat(file); err == nil {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Error("the command ended with the agent")
}

// Two agents record below one root; a start of one leaves the other alone.
func TestLivingRunIsLeftAlone(t *testing.T) {
	t.Parallel()
	out := outDir(t)
	living := start(t, []string{"record", "--out", out, "--name", "living"})
	living.awaitText(t, living.stderr, "recording into")
	other := start(t, []string{"record", "--out", out, "--name", "other", "--", "true"})
	if code := other.wait(t); code != 0 || strings.Contains(other.stderr.String(), "mended") {
		t.Errorf("status %d; stderr:\n%s", code, other.stderr)
	}
	for _, m := range manifests(t, out) {
		if m.Name == "living" && m.State != export.Recording {
			t.Errorf("the living run is %s", m.State)
		}
	}
	living.signal(t, syscall.SIGINT)
	if code := living.wait(t); code != 0 {
		t.Errorf("status %d; stderr:\n%s", code, living.stderr)
	}
	sound(t, out)
}
