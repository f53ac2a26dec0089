package export

import (
	"encoding/json"
	"fmt"
)

const (
	formatRun   = "numalens-run"
	formatIndex = "numalens-index"

	// maxManifestBytes bounds what is read of a run.json or index.json; a
	// manifest of 1024 CPUs and a month of segments takes some 3 MB.
	maxManifestBytes = 64 << 20
)

// ParseManifest decodes and checks a run.json that lies at host/run. Nothing
// in it is trusted: a path made from a checked manifest stays in the run's
// directory.
func ParseManifest(data []byte, host, run string) (*Manifest, error) {
	if err := checkFormat(data, formatRun); err != nil {
		return nil, err
	}
	var m Manifest
	if err := json.Unmarshal(data, &m); err != nil {
		return nil, fmt.Errorf("not a manifest: %w", err)
	}
	if m.Host != host || m.Run != run {
		return nil, fmt.Errorf("the manifest is of %q/%q, but lies at %s/%s: was the directory renamed?", m.Host, m.Run, host, run)
	}
	for _, s := range m.Segments {
		if err := s.check(); err != nil {
			return nil, err
		}
	}
	for i, t := range m.Tables {
		if t.PeriodNS < 0 {
			return nil, fmt.Errorf("tables[%d] %s: period_ns %d is negative", i, t.Name, t.PeriodNS)
		}
	}
	return &m, nil
}

func (s Segment) check() error {
	table, _, format, err := parseSegmentName(s.File)
	if err != nil {
		return err
	}
	if table != s.Table || format != s.Format {
		return fmt.Errorf("segment %q: says it is %s of table %q", s.File, s.Format, s.Table)
	}
	if s.Rows < 0 || s.Bytes < 0 || s.ToNS < s.FromNS {
		return fmt.Errorf("segment %q: rows, bytes or times make no sense", s.File)
	}
	return nil
}

// ParseIndex decodes and checks an index.json.
func ParseIndex(data []byte) (*Index, error) {
	if err := checkFormat(data, formatIndex); err != nil {
		return nil, err
	}
	var x Index
	if err := json.Unmarshal(data, &x); err != nil {
		return nil, fmt.Errorf("not an index: %w", err)
	}
	for _, h := range x.Hosts {
		if err := CheckName("host", h.Host); err != nil {
			return nil, err
		}
		for _, r := range h.Runs {
			if err := CheckName("run", r.Run); err != nil {
				return nil, err
			}
		}
	}
	return &x, nil
}

// checkFormat looks at the head only, so that a newer version is refused as
// such and not for a field that changed its type.
func checkFormat(data []byte, format string) error {
	var head struct {
		Format  string `json:"format"`
		Version int    `json:"version"`
	}
	if err := json.Unmarshal(data, &head); err != nil {
		return fmt.Errorf("not JSON: %w", err)
	}
	if head.Format != format {
		return fmt.Errorf("format is %q, not %q", head.Format, format)
	}
	if head.Version < 1 {
		return fmt.Errorf("version %d makes no sense", head.Version)
	}
	if head.Version > Version {
		return fmt.Errorf("%s version %d is newer than this program, which reads up to version %d: update numalens", format, head.Version, Version)
	}
	return nil
}
