package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/numalens/numalens/pkg/imports"
	"github.com/numalens/numalens/pkg/imports/sysfstree"
)

// named is what an import is given by name. A file that is named must be
// read; of a directory that is named, what can be read is.
type named struct {
	inputs  []imports.Input
	within  map[string]bool // names of inputs that a directory had
	skipped []skippedFile
	spooled []func()
	run     string // name of the directory that came first
}

// skippedFile is a file of a directory that is not in the run.
type skippedFile struct {
	File string `json:"file"`
	Why  string `json:"why"`
}

// maxFiles bounds what one directory gives.
const maxFiles = 10_000

// openNamed opens what is named; close takes away what was spooled.
func openNamed(args []string) (*named, error) {
	n := &named{within: map[string]bool{}}
	for _, a := range args {
		if err := n.open(a); err != nil {
			n.close()
			return nil, err
		}
	}
	return n, nil
}

func (n *named) open(name string) error {
	if name == "-" {
		in, remove, err := imports.Spool("stdin", os.Stdin)
		if err != nil {
			return err
		}
		n.spooled = append(n.spooled, remove)
		n.inputs = append(n.inputs, in)
		return nil
	}
	st, err := os.Stat(name)
	if err == nil && st.IsDir() && !sysfstree.In(name) {
		return n.directory(name)
	}
	var in imports.Input
	if err == nil && st.IsDir() {
		in, err = sysfstree.Input(name)
	} else {
		in, err = imports.File(name)
	}
	if err != nil {
		return err
	}
	n.inputs = append(n.inputs, in)
	return nil
}

// directory takes the files at the top of a directory. What lies deeper is
// another capture more often than not.
func (n *named) directory(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	if len(entries) > maxFiles {
		return fmt.Errorf("%s has %d files; more than %d are not imported at once: name fewer", dir, len(entries), maxFiles)
	}
	whole, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	if len(n.inputs) == 0 && n.run == "" {
		n.run = filepath.Base(whole)
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".") {
			continue
		}
		name := filepath.Join(filepath.Base(whole), e.Name())
		path := filepath.Join(dir, e.Name())
		st, err := os.Stat(path)
		switch {
		case err != nil:
			n.skip(name, err.Error())
			continue
		case st.IsDir() && sysfstree.In(path):
			n.skip(name, "is a tree of sysfs: name it to import it")
			continue
		case st.IsDir():
			n.skip(name, "is a directory: name it to import its files")
			continue
		}
		in, err := imports.File(path)
		if err != nil {
			n.skip(name, err.Error())
			continue
		}
		in.Name = name
		n.within[name] = true
		n.inputs = append(n.inputs, in)
	}
	return nil
}

func (n *named) skip(file, why string) {
	n.skipped = append(n.skipped, skippedFile{file, why})
}

func (n *named) close() {
	for _, remove := range n.spooled {
		remove()
	}
}

// importAll makes one run of them all.
func (n *named) importAll(ctx context.Context, o imports.Options) (*imports.Report, error) {
	o.Run = cmp.Or(o.Run, n.run)
	if len(n.within) > 0 {
		var stop context.CancelCauseFunc
		ctx, stop = context.WithCancelCause(ctx)
		defer stop(nil)
		o.Refused = func(in imports.Input, err error) {
			var unknown *imports.UnknownFormatError
			switch {
			case !n.within[in.Name]:
				stop(err) // it was named: without it there is no run
			case errors.As(err, &unknown):
				n.skip(in.Name, "is of no known format")
			default:
				n.skip(in.Name, err.Error())
			}
		}
	}
	r, err := imports.Import(ctx, o, n.inputs)
	if cause := context.Cause(ctx); err != nil && cause != nil {
		return nil, cause
	}
	if errors.Is(err, imports.ErrNothing) && len(n.skipped) > 0 {
		return nil, fmt.Errorf("none of the files can be read:\n%s", n.skippedText())
	}
	return r, err
}

func (n *named) skippedText() string {
	var b strings.Builder
	for _, s := range n.skipped {
		fmt.Fprintf(&b, "  %s: skipped: %s\n", s.File, strings.TrimPrefix(s.Why, s.File+": "))
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func (n *named) printSkipped(w io.Writer) error {
	if len(n.skipped) == 0 {
		return nil
	}
	_, err := fmt.Fprintf(w, "%d of a directory's entries are not in the run:\n%s\n", len(n.skipped), n.skippedText())
	return err
}
