package query_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/numalens/numalens/pkg/query"
	"github.com/numalens/numalens/pkg/query/engine"
	"github.com/numalens/numalens/pkg/query/engine/enginetest"
	"github.com/numalens/numalens/pkg/query/querytest"
	"github.com/numalens/numalens/pkg/remote"
	"github.com/numalens/numalens/pkg/series"
)

// TestScriptsOnEngines sends every script to the real servers by remote write
// and asks them the same questions as the exports.
func TestScriptsOnEngines(t *testing.T) {
	for _, name := range enginetest.Names {
		t.Run(name, func(t *testing.T) {
			server := enginetest.Begin(t, name)
			files, err := filepath.Glob("testdata/scripts/*.txt")
			if err != nil || len(files) == 0 {
				t.Fatalf("no scripts: %v", err)
			}
			compared := 0
			for _, f := range files {
				t.Run(strings.TrimSuffix(filepath.Base(f), ".txt"), func(t *testing.T) { compared += onEngine(t, server, f) })
			}
			if compared < 30 {
				t.Errorf("only %d questions could be asked", compared)
			}
		})
	}
}

func onEngine(t *testing.T, server *enginetest.Server, file string) int {
	in, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	script, err := querytest.Parse(in)
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	s := script.Stretch()
	if s == nil {
		return 0 // it has nothing by node
	}
	name := filepath.Base(file)
	push := pushing(t, server, name)
	end := s.Send(push)
	server.Flush()
	live := s.Run(t, engineSource(t, server, name, s.Now()))
	end()
	server.Flush()
	return live + s.Run(t, engineSource(t, server, name, s.Now()))
}

func engineSource(t *testing.T, server *enginetest.Server, script string, now time.Time) query.Sources {
	t.Helper()
	s, err := engine.Open(engine.Options{URL: server.URL, Selector: `script="` + script + `"`, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	return query.Sources{{Name: server.Name, Source: s}}
}

// pushing sends ticks as an agent does, and waits until they are taken.
func pushing(t *testing.T, server *enginetest.Server, script string) func(series.Tick) {
	t.Helper()
	s, err := remote.Open(remote.Options{URL: server.Write, Labels: map[string]string{"script": script}, Queue: t.TempDir(), MaxAge: 100 * 365 * 24 * time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { s.Run(ctx); close(done) }()
	t.Cleanup(func() { stop(); <-done })
	return func(tick series.Tick) {
		s.Add(tick.MS, tick.Samples)
		for deadline := time.Now().Add(30 * time.Second); s.Stats().Waiting > 0; time.Sleep(time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("%s takes nothing: %+v", server.Name, s.Stats())
			}
		}
		if st := s.Stats(); st.Dropped() > 0 {
			t.Fatalf("%s: %+v", server.Name, st)
		}
	}
}
