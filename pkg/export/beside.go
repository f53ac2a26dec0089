package export

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// writeBeside writes a file under another name and renames it when it is
// whole: whoever opens path finds all of the old or all of the new. With
// sync the new one also survives a loss of power.
func writeBeside(path string, sync bool, write func(io.Writer) error) (err error) {
	f, err := os.OpenFile(path+besideSuffix, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o644)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(f.Name())
		}
	}()
	if err := write(f); err != nil {
		return err
	}
	if sync {
		if err := f.Sync(); err != nil {
			return fmt.Errorf("sync: %w", err)
		}
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// writeJSON writes v beside path, indented: people read these files too.
func writeJSON(path string, sync bool, v any) error {
	data, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	data = append(data, '\n')
	if err := writeBeside(path, sync, func(w io.Writer) error { _, err := w.Write(data); return err }); err != nil {
		return fmt.Errorf("write %s: %w", filepath.Base(path), err)
	}
	return nil
}
