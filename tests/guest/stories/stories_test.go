package stories

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/numalens/numalens/pkg/export"
	"github.com/numalens/numalens/tests/guest/plugin"
	"github.com/numalens/numalens/tests/guest/programs/story"
)

// committed is where the runs that the demo shows are kept.
const committed = "../../../testdata/exports/guest"

func needRecorded(t *testing.T) {
	t.Helper()
	if _, err := os.Stat(filepath.Join(committed, "index.json")); err != nil {
		t.Skipf("[samples] no runs are recorded; make guest records them: %v", err)
	}
}

func TestRecordedStoriesHold(t *testing.T) {
	needRecorded(t)
	for _, s := range All() {
		t.Run(s.Name, func(t *testing.T) {
			if err := s.Check(context.Background(), committed); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestTwinsAreToldApart: a check that took the twin's run as well would say
// nothing.
func TestTwinsAreToldApart(t *testing.T) {
	needRecorded(t)
	for _, c := range []struct {
		name  string
		check func(*recorded) error
	}{
		{"remote", checkRemoteFixed},
		{"remote-fixed", checkRemote},
		{"sharing", checkPadded},
		{"sharing-padded", checkSharing},
		{"remote-fixed", checkMigrate},
	} {
		r, err := open(context.Background(), committed, c.name)
		if err != nil {
			t.Fatal(err)
		}
		if c.check(r) == nil {
			t.Errorf("%s passed for another story", c.name)
		}
	}
}

func TestSharedLinesAreThoseOfTheJournal(t *testing.T) {
	r := &recorded{
		journal: &story.Journal{Threads: []story.Thread{{Stores: 70}, {Stores: 30}}, Lines: []story.Line{{Physical: "0x1040"}, {Physical: "no address"}}},
		truth: &plugin.Truth{Sections: []plugin.Section{{Lines: []plugin.Line{
			{Physical: 0x1040, HITMLocal: 1, HITMRemote: 2, RFOLocal: 3, RFORemote: 4},
			{Physical: 0x1080, HITMRemote: 100},
		}}}},
	}
	if counts, moved := r.sharedLines(); counts != 100 || moved != 10 {
		t.Errorf("%v counts, moved %v times", counts, moved)
	}
}

func TestLoopIsWhenAllThreadsRun(t *testing.T) {
	r := &recorded{journal: &story.Journal{Threads: []story.Thread{{BeganNS: 10, EndedNS: 90}, {BeganNS: 20, EndedNS: 100}}}}
	if s := r.loop(); s != (span{20, 90}) {
		t.Errorf("the loop is %+v", s)
	}
}

// TestKeepRun: the run gets the story's name, and a later recording takes its
// place.
func TestKeepRun(t *testing.T) {
	dir := t.TempDir()
	for _, time := range []string{"20260101T000000Z-x", "20260102T000000Z-x"} {
		work := t.TempDir()
		w, err := export.Create(export.WriterOptions{Root: work, KeepFreeBytes: 1}, export.Manifest{Host: Host, Run: time, StartNS: 1, Emulated: time}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Seal(func(m *export.Manifest) { m.EndNS = 2 }); err != nil {
			t.Fatal(err)
		}
		if err := (Story{Name: "remote"}).keepRun(work, dir); err != nil {
			t.Fatal(err)
		}
	}
	files, err := export.Dir(dir)
	if err != nil {
		t.Fatal(err)
	}
	index, err := export.NewReader(files).Index(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	m, err := export.NewReader(files).Manifest(context.Background(), Host, "remote")
	if err != nil || m.Emulated != "20260102T000000Z-x" {
		t.Errorf("%+v, %v", m, err)
	}
	if b, _ := json.Marshal(index.Hosts); len(index.Hosts) != 1 || len(index.Hosts[0].Runs) != 1 || index.Hosts[0].Runs[0].Run != "remote" {
		t.Errorf("the index lists %s", b)
	}
}
