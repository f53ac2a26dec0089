package query_test

import (
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/numalens/numalens/pkg/export"
	"github.com/numalens/numalens/pkg/query"
	"github.com/numalens/numalens/pkg/query/querytest"
	"github.com/numalens/numalens/pkg/serve"
)

// TestScripts runs every script on every kind of source: a live tail, sealed
// files, and an agent that serves them.
func TestScripts(t *testing.T) {
	files, err := filepath.Glob("testdata/scripts/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	for _, f := range files {
		t.Run(strings.TrimSuffix(filepath.Base(f), ".txt"), func(t *testing.T) {
			in, err := os.Open(f)
			if err != nil {
				t.Fatal(err)
			}
			defer in.Close()
			s, err := querytest.Parse(in)
			if err != nil {
				t.Fatalf("%s: %v", f, err)
			}
			runOnEverySource(t, s)
		})
	}
}

func runOnEverySource(t *testing.T, s *querytest.Script) {
	root := t.TempDir()
	w, err := s.Write(root)
	if err != nil {
		t.Fatal(err)
	}
	follower, remote := directory(t, root), agent(t, root)
	t.Run("tail", func(t *testing.T) { s.Run(t, follower) })
	t.Run("agent-tail", func(t *testing.T) { s.Run(t, remote) })
	if err := s.Seal(w); err != nil {
		t.Fatal(err)
	}
	t.Run("tail-then-sealed", func(t *testing.T) { s.Run(t, follower) })
	t.Run("sealed", func(t *testing.T) { s.Run(t, directory(t, root)) })
	t.Run("agent-sealed", func(t *testing.T) { s.Run(t, remote) })
}

func directory(t *testing.T, root string) query.Sources {
	t.Helper()
	files, err := export.Dir(root)
	if err != nil {
		t.Fatal(err)
	}
	return query.Sources{{Name: root, Source: export.NewReader(files)}}
}

// agent serves the directory as an agent does, and reads it from there.
func agent(t *testing.T, dir string) query.Sources {
	t.Helper()
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(serve.NewHandler(root, serve.HandlerOptions{Token: "secret"}))
	t.Cleanup(func() { srv.Close(); root.Close() })
	files, err := serve.Dial(serve.ClientOptions{URL: srv.URL, Token: "secret"})
	if err != nil {
		t.Fatal(err)
	}
	return query.Sources{{Name: srv.URL, Source: export.NewReader(files)}}
}
