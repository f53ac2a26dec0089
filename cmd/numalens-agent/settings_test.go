package main

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/numalens/numalens/pkg/collect"
	"github.com/numalens/numalens/pkg/collect/hostinfo"
	"github.com/numalens/numalens/pkg/export"
)

// cutOff leaves a run as an agent does that was killed: a copy, since our own
// process holds the lock of what it wrote.
func cutOff(t *testing.T, into, host string) {
	t.Helper()
	root := t.TempDir()
	m := export.Manifest{Host: host, Run: export.RunName(time.Now(), ""), StartNS: 1, BootID: "another boot", Agent: export.Agent{PID: 1, StartTicks: 1}}
	w, err := export.Create(export.WriterOptions{Root: root, KeepFreeBytes: -1}, m, nil)
	if err != nil {
		t.Fatal(err)
	}
	w.Note(export.Note{TS: 2, Kind: export.NoteStart, Text: "recording began"})
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(filepath.Join(into, host), os.DirFS(filepath.Join(root, host))); err != nil {
		t.Fatal(err)
	}
}

// Hosts may record into one shared file system, and none can see whether the
// others' agents live.
func TestRunsOfOtherHostsAreLeftAlone(t *testing.T) {
	s := &settings{out: t.TempDir(), host: "bench1", roots: collect.HostRoots()}
	cutOff(t, s.out, "bench1")
	cutOff(t, s.out, "bench2")
	mended, err := s.prepareRoot(&hostinfo.Info{})
	if err != nil {
		t.Fatal(err)
	}
	if len(mended) != 1 || mended[0].Host != "bench1" || mended[0].Rows == 0 || mended[0].Err != nil {
		t.Errorf("mended %+v, want the run of bench1 only", mended)
	}
}

func TestHostName(t *testing.T) {
	for _, c := range []struct{ flag, kernel, want string }{
		{"", "bench1", "bench1"},
		{"bench2", "bench1", "bench2"},
		{"", "", ""},
		{"", "a/b", ""},
	} {
		got, err := (&settings{host: c.flag}).hostName(&hostinfo.Info{Host: c.kernel})
		if got != c.want || (err != nil) != (c.want == "") {
			t.Errorf("--host %q on %q: %q, %v; want %q", c.flag, c.kernel, got, err, c.want)
		}
	}
}
