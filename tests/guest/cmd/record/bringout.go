package main

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/numalens/numalens/pkg/export"
	"github.com/numalens/numalens/tests/guest/handover"
)

// bringOut unpacks what the guest handed out and adds its run to the root. It
// gives the program's exit status and the run's directory below the root.
func (o *options) bringOut(work string, log io.Writer) (status int, run string, err error) {
	content, err := readOutbox(o.machine.Shared)
	if err != nil {
		return 0, "", fmt.Errorf("the guest handed nothing out: %w", err)
	}
	unpacked := filepath.Join(work, "out")
	if err := unpack(content, unpacked); err != nil {
		return 0, "", fmt.Errorf("unpack what the guest handed out: %w", err)
	}
	if err := passOn(filepath.Join(unpacked, handover.PackedStdout), os.Stdout); err != nil {
		return 0, "", err
	}
	fmt.Fprintln(log, "--- the kernel's log ---")
	if err := passOn(filepath.Join(unpacked, handover.PackedLog), log); err != nil {
		return 0, "", err
	}
	m, dir, err := o.onlyRun(filepath.Join(unpacked, handover.PackedExport))
	if err != nil {
		return 0, "", err
	}
	if m.ExitStatus == nil {
		return 0, "", errors.New("the agent did not see the program's end")
	}
	if m.Emulated == "" {
		if err := declareEmulated(dir, m); err != nil {
			return 0, "", err
		}
	}
	run = filepath.Join(m.Host, m.Run)
	if err := o.addRun(dir, run); err != nil {
		return 0, "", err
	}
	return *m.ExitStatus, run, o.bringTruth(work, m.Run)
}

func readOutbox(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	shared, err := unix.Mmap(int(f.Fd()), 0, handover.SharedBytes, unix.PROT_READ, unix.MAP_SHARED)
	if err != nil {
		return nil, err
	}
	defer unix.Munmap(shared)
	outbox, err := handover.FindOutbox(shared)
	if err != nil {
		return nil, err
	}
	content, err := outbox.Content()
	return bytes.Clone(content), err
}

// unpack writes the regular files of a tar below a directory, and nothing
// anywhere else.
func unpack(content []byte, to string) error {
	if err := os.MkdirAll(to, 0o755); err != nil {
		return err
	}
	root, err := os.OpenRoot(to)
	if err != nil {
		return err
	}
	defer root.Close()
	for r := tar.NewReader(bytes.NewReader(content)); ; {
		h, err := r.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if err := root.MkdirAll(filepath.Dir(h.Name), 0o755); err != nil {
			return err
		}
		data, err := io.ReadAll(r)
		if err != nil {
			return err
		}
		if err := root.WriteFile(h.Name, data, 0o644); err != nil {
			return err
		}
	}
}

func passOn(path string, to io.Writer) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = io.Copy(to, f)
	return err
}

// onlyRun finds the run that the agent made.
func (o *options) onlyRun(root string) (*export.Manifest, string, error) {
	found, err := filepath.Glob(filepath.Join(root, "*", "*", "run.json"))
	if err != nil {
		return nil, "", err
	}
	if len(found) != 1 {
		return nil, "", fmt.Errorf("the agent left %d runs, want one; it ended with status %s", len(found), o.agentStatus)
	}
	data, err := os.ReadFile(found[0])
	if err != nil {
		return nil, "", err
	}
	dir := filepath.Dir(found[0])
	m, err := export.ParseManifest(data, filepath.Base(filepath.Dir(dir)), filepath.Base(dir))
	return m, dir, err
}

// declareEmulated says what the agent could not see: an arm64 processor does
// not call itself emulated, and there may be no plugin to tell.
func declareEmulated(dir string, m *export.Manifest) error {
	m.Emulated = "QEMU TCG"
	data, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "run.json"), append(data, '\n'), 0o644)
}

// addRun moves a run below the root and enters it into the root's index. It
// is moved within one file system, so that it appears whole.
func (o *options) addRun(dir, run string) error {
	to := filepath.Join(o.out, run)
	if _, err := os.Stat(to); err == nil {
		return fmt.Errorf("%s is there already", to)
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	beside := filepath.Join(o.out, "."+strings.ReplaceAll(run, "/", "-"))
	defer os.RemoveAll(beside)
	if err := os.CopyFS(beside, os.DirFS(dir)); err != nil {
		return err
	}
	if err := os.Rename(beside, to); err != nil {
		return err
	}
	_, err := export.Repair(o.out)
	return err
}
