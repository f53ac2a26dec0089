package export_test

import (
	"bytes"
	"context"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/numalens/numalens/pkg/export"
	"github.com/numalens/numalens/pkg/export/exporttest"
)

// inMemory are an export's files, by name.
type inMemory map[string][]byte

type memoryFile struct{ *bytes.Reader }

func (memoryFile) Close() error    { return nil }
func (memoryFile) Version() string { return "" }

func (m inMemory) Open(_ context.Context, name string) (export.File, error) {
	data, ok := m[name]
	if !ok {
		return nil, fs.ErrNotExist
	}
	return memoryFile{bytes.NewReader(data)}, nil
}

// TestDamagedTracedTables: a byte that turned in any of the tables is an error
// or another answer, never a panic, and no more than the file could tell.
func TestDamagedTracedTables(t *testing.T) {
	root := "../../testdata/exports/traced"
	whole := inMemory{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, _ := filepath.Rel(root, path)
		whole[filepath.ToSlash(name)], err = os.ReadFile(path)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(6, 6))
	for name, data := range whole {
		table := strings.Split(filepath.Base(name), ".")[0]
		switch table {
		case export.TableAllocations, export.TableMigrations, export.TableStacks, export.TableMappings, export.TableSymbols:
		default:
			continue
		}
		for range 40 {
			files := inMemory{}
			for n, d := range whole {
				files[n] = d
			}
			spoilt := bytes.Clone(data)
			spoilt[rng.IntN(len(spoilt))] ^= byte(1 << rng.IntN(8))
			files[name] = spoilt
			askTraced(export.NewReader(files))
		}
	}
}

// askTraced asks everything that rests on the tables; errors are an answer.
func askTraced(r *export.Reader) {
	ctx, from := context.Background(), exporttest.Start.UnixNano()
	stacks := []int64{1, 2, 3, 4, 5, 6, 7, 8}
	for _, kind := range export.Traceds() {
		r.Allocators(ctx, exporttest.Host, exporttest.TracedRun, export.AllocatorsRequest{Kind: kind, FromNS: from, ToNS: from + 60e9, Owners: true})
		r.TracedSums(ctx, exporttest.Host, exporttest.TracedRun, export.TracedRequest{Table: export.TableAllocations, Kind: kind, EdgesNS: []int64{from, from + 5e9, from + 60e9}})
	}
	r.TracedSums(ctx, exporttest.Host, exporttest.TracedRun, export.TracedRequest{Table: export.TableMigrations, Kind: export.TracedMigration, EdgesNS: []int64{from, from + 60e9}})
	if n, err := r.Naming(ctx, exporttest.Host, exporttest.TracedRun, stacks); err == nil {
		for _, s := range stacks {
			n.Frames(s)
		}
	}
}
