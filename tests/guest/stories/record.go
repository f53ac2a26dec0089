package stories

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"

	"github.com/numalens/numalens/pkg/export"
	"github.com/numalens/numalens/tests/guest/plugin"
	"github.com/numalens/numalens/tests/guest/programs/story"
)

// Record records a story below dir, from a repository, and replaces what is
// there of it. What the guest says meanwhile goes to log.
func (s Story) Record(ctx context.Context, repository, dir string, log io.Writer) error {
	work, err := os.MkdirTemp("", "numalens-story-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	said, err := s.boot(ctx, repository, work, log)
	if err != nil {
		return fmt.Errorf("record %s: %w", s.Name, err)
	}
	truth, err := shorten(filepath.Join(work, "truth.json"), said)
	if err != nil {
		return err
	}
	return errors.Join(
		s.keepRun(work, dir),
		keep(said, filepath.Join(dir, "journal", s.Name+".json")),
		keep(truth, filepath.Join(dir, "truth", s.Name+".json")),
	)
}

// shorten leaves out of a truth the lines that the journal does not name:
// thousands, of which no check asks.
func shorten(file string, said []byte) ([]byte, error) {
	j, err := story.Read(bytes.NewReader(said))
	if err != nil {
		return nil, err
	}
	t, err := plugin.ReadTruth(file)
	if err != nil {
		return nil, err
	}
	for i := range t.Sections {
		s := &t.Sections[i]
		s.Lines = slices.DeleteFunc(s.Lines, func(l plugin.Line) bool { return !holdsCounters(j.Lines, l.Physical) })
	}
	return json.MarshalIndent(t, "", " ")
}

// boot runs the guest and gives what the program printed.
func (s Story) boot(ctx context.Context, repository, work string, log io.Writer) ([]byte, error) {
	args := append([]string{"--out", work, "--truth", filepath.Join(work, "truth.json"), "--host", Host, "--name", s.Name}, s.Flags...)
	args = append(args, filepath.Join(repository, "tests/guest/programs", s.Program), "--")
	cmd := exec.CommandContext(ctx, filepath.Join(repository, "tests/guest/record"), append(args, s.Args...)...)
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, log
	if err := cmd.Run(); err != nil {
		return nil, err
	}
	return said.Bytes(), nil
}

// keepRun moves the only run below work to its place below dir, under the
// story's name.
func (s Story) keepRun(work, dir string) error {
	found, err := filepath.Glob(filepath.Join(work, Host, "*", "run.json"))
	if err != nil {
		return err
	}
	if len(found) != 1 {
		return fmt.Errorf("%d runs were recorded, want one", len(found))
	}
	from := filepath.Dir(found[0])
	if err := rename(found[0], s.Name); err != nil {
		return err
	}
	to := filepath.Join(dir, Host, s.Name)
	if err := os.RemoveAll(to); err != nil {
		return err
	}
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		return err
	}
	_, err = export.Repair(dir)
	return err
}

// rename gives a run another name in its manifest.
func rename(file, name string) error {
	b, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	m, err := export.ParseManifest(b, Host, filepath.Base(filepath.Dir(file)))
	if err != nil {
		return err
	}
	m.Run = name
	if b, err = json.MarshalIndent(m, "", "  "); err != nil {
		return err
	}
	return os.WriteFile(file, append(b, '\n'), 0o644)
}

func keep(b []byte, to string) error {
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	return os.WriteFile(to, b, 0o644)
}
