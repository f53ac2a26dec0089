package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"runtime/debug"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/numalens/numalens/pkg/imports"
	"github.com/numalens/numalens/pkg/imports/formats"
)

func importCommand(fs *flag.FlagSet) func(context.Context, streams, []string) error {
	o := imports.Options{Formats: formats.All(), Version: version}
	fs.StringVar(&o.Root, "out", "", "directory of exports that the run is written to")
	fs.StringVar(&o.Format, "format", "", "what the files are: "+formatNames(o.Formats)+" (default: recognised)")
	fs.StringVar(&o.Host, "host", "", "host that the run is of (default: what the files say, else \"imported\")")
	fs.StringVar(&o.Run, "run", "", "name of the run (default: the first file's)")
	start := fs.String("start", "", "when the captures began, as 2026-11-24T06:50:40Z (default: what the files say, else their modification times less their lengths)")
	asJSON := fs.Bool("json", false, "print what was found as JSON")
	return func(ctx context.Context, std streams, args []string) error {
		if o.Root == "" || len(args) == 0 {
			return &usageError{"give --out DIR and one file or several, or directories of them; `-` is standard input"}
		}
		var err error
		if o.Start, err = startTime(*start); err != nil {
			return err
		}
		n, err := openNamed(args)
		if err != nil {
			return err
		}
		defer n.close()
		// Little is kept, much is thrown away: a small heap costs little time.
		defer debug.SetGCPercent(debug.SetGCPercent(30))
		defer debug.SetMemoryLimit(debug.SetMemoryLimit(importMemory))
		report, err := n.importAll(ctx, o)
		if err != nil {
			return err
		}
		if !*asJSON {
			return errors.Join(printImport(std.out, report), n.printSkipped(std.out))
		}
		e := json.NewEncoder(std.out)
		e.SetIndent("", "  ")
		return e.Encode(struct {
			*imports.Report
			Skipped []skippedFile `json:"skipped,omitempty"`
		}{report, n.skipped})
	}
}

// importMemory is kept to where it can be; the program itself takes half as
// much once more.
const importMemory = 44 << 20

func formatNames(all []imports.Format) string {
	names := make([]string, len(all))
	for i, f := range all {
		names[i] = f.Name
	}
	return strings.Join(names, ", ")
}

func startTime(s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return t, &usageError{fmt.Sprintf("--start %q: give a time with its zone, as 2026-11-24T06:50:40Z or 2026-11-24T07:50:40+01:00", s)}
	}
	return t, nil
}

func printImport(w io.Writer, r *imports.Report) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "%s/%s\t%s\t%s\n", r.Host, r.Run, stamp(r.StartNS), length(r.StartNS, r.EndNS))
	for _, x := range r.Tables {
		fmt.Fprintf(t, "  %s\t%d rows\t%s\t%s\n", x.Table, x.Rows, stamp(x.FromNS), length(x.FromNS, x.ToNS))
	}
	for _, f := range r.Files {
		printImported(t, f)
	}
	return t.Flush()
}

func printImported(w io.Writer, f imports.FileReport) {
	fmt.Fprintf(w, "%s: %s", f.File, f.Format)
	if f.Figures > 0 {
		fmt.Fprintf(w, ", %d figures (%s", f.Figures, counted(f.Kinds))
		if f.Nulls > 0 {
			fmt.Fprintf(w, "; %d null", f.Nulls)
		}
		fmt.Fprintf(w, ") in %s", strings.Join(slices.Sorted(maps.Keys(f.Units)), ", "))
	}
	if f.Samples > 0 {
		fmt.Fprintf(w, ", %d samples", f.Samples)
	}
	if f.Placed > 0 {
		fmt.Fprintf(w, ", %d rows of placement", f.Placed)
	}
	if f.Events > 0 {
		fmt.Fprintf(w, ", %d events", f.Events)
	}
	fmt.Fprintf(w, ", from %s for %s, placed by %s\n", stamp(f.FromNS), length(f.FromNS, f.ToNS), f.Begin)
	for _, x := range f.Warnings {
		fmt.Fprintf(w, "  %s:%d: %s\n", x.File, x.Line, x.Text)
	}
	if f.MoreWarnings > 0 {
		fmt.Fprintf(w, "  and %d warnings more\n", f.MoreWarnings)
	}
}

func counted(kinds map[string]int) string {
	var out []string
	for _, k := range slices.Sorted(maps.Keys(kinds)) {
		out = append(out, fmt.Sprintf("%d of kind %s", kinds[k], k))
	}
	return strings.Join(out, ", ")
}
