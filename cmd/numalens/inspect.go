package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/numalens/numalens/pkg/export"
	"github.com/numalens/numalens/pkg/imports/folder"
	"github.com/numalens/numalens/pkg/imports/formats"
)

func inspectCommand(fs *flag.FlagSet) func(context.Context, streams, []string) error {
	asJSON := fs.Bool("json", false, "print the report as JSON")
	repair := fs.Bool("repair", false, "first mend runs whose agent died: cut each tail to its last whole batch and seal it")
	levels := fs.Bool("levels", false, "first make levels for the runs that have none: long ranges are then read as fast as short ones")
	return func(ctx context.Context, std streams, args []string) error {
		if len(args) != 1 {
			return &usageError{"give one directory of exports, or of files that other tools printed"}
		}
		if *repair {
			if err := repairRuns(std.err, args[0]); err != nil {
				return err
			}
		}
		if *levels {
			makeLevels(std.err, args[0])
		}
		report, refused, err := inspected(ctx, args[0])
		if err != nil {
			return err
		}
		for _, p := range refused {
			fmt.Fprintln(std.err, p)
		}
		if *asJSON {
			e := json.NewEncoder(std.out)
			e.SetIndent("", "  ")
			err = e.Encode(report)
		} else {
			err = printReport(std.out, report)
		}
		if err == nil && !report.Sound() {
			err = errors.New("the export is not sound; see the problems above")
		}
		return err
	}
}

// inspected looks at the exports below a directory, and at what was imported
// of its other files.
func inspected(ctx context.Context, dir string) (*export.Report, []folder.Problem, error) {
	own, err := export.Dir(dir)
	if err != nil {
		return nil, nil, err
	}
	f, err := folder.Open(dir, folder.Options{Formats: formats.All(), Version: version})
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	imported, err := f.Runs(ctx)
	if err != nil {
		return nil, nil, err
	}
	report, err := export.Inspect(ctx, own)
	if errors.Is(err, fs.ErrNotExist) {
		report = &export.Report{Hosts: []export.ReportHost{}, Problems: []export.Problem{}}
		if len(imported) == 0 {
			return nil, nil, f.Empty()
		}
		err = nil
	}
	for _, name := range slices.Sorted(maps.Keys(imported)) {
		if err != nil {
			return nil, nil, err
		}
		var r *export.Report
		if r, err = export.Inspect(ctx, imported[name]); err == nil {
			report.Bytes += r.Bytes
			report.Hosts = append(report.Hosts, r.Hosts...)
			report.Problems = append(report.Problems, r.Problems...)
		}
	}
	return report, f.Problems(), err
}

func repairRuns(w io.Writer, root string) error {
	done, err := export.Repair(root)
	for _, r := range done {
		if r.Err != nil {
			fmt.Fprintf(w, "%s/%s could not be mended: %s\n", r.Host, r.Run, r.Err)
			continue
		}
		fmt.Fprintf(w, "%s/%s mended: %d rows kept in %d segments, %d torn bytes cut off\n", r.Host, r.Run, r.Rows, r.Segments, r.LostBytes)
	}
	return err
}

func makeLevels(w io.Writer, root string) {
	for _, r := range export.MakeLevels(root) {
		if r.Err != nil {
			fmt.Fprintf(w, "%s/%s has no levels: %s\n", r.Host, r.Run, r.Err)
			continue
		}
		fmt.Fprintf(w, "%s/%s has levels now: %d rows\n", r.Host, r.Run, r.Rows)
	}
}

func printReport(w io.Writer, r *export.Report) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, h := range r.Hosts {
		for _, run := range h.Runs {
			fmt.Fprintf(t, "%s/%s\t%s\t%s\t%s\t%s\n", h.Host, run.Run, run.State, stamp(run.StartNS), length(run.StartNS, run.EndNS), size(run.Bytes))
			for _, x := range run.Tables {
				fmt.Fprintf(t, "  %s\t%d rows\t%s\t%s\t%s\n", x.Table, x.Rows, stamp(x.FromNS), length(x.FromNS, x.ToNS), size(x.Bytes))
			}
			printProblems(t, run.Problems)
			printFindings(t, run.Findings)
		}
	}
	printProblems(t, r.Problems)
	if r.Sound() {
		fmt.Fprintf(t, "sound: every one of %s was read and is as it was written\n", size(r.Bytes))
	}
	return t.Flush()
}

func printProblems(w io.Writer, problems []export.Problem) {
	for _, p := range problems {
		remedy := ""
		if p.Repairable {
			remedy = " (--repair mends it)"
		}
		fmt.Fprintf(w, "  problem: %s at byte %d: %s%s\n", p.File, p.Offset, p.Text, remedy)
	}
}

// printFindings tells what the agent found about the host: in one line each,
// because run.json has the why and the remedy.
func printFindings(w io.Writer, findings []export.Finding) {
	for _, f := range findings {
		fmt.Fprintf(w, "  %s: %s: %s\n", f.Severity, f.Rule, f.Found)
	}
}

func stamp(ns int64) string {
	if ns == 0 {
		return "-"
	}
	return time.Unix(0, ns).UTC().Format("2006-01-02 15:04:05Z")
}

func length(from, to int64) string {
	if from == 0 || to == 0 {
		return "-"
	}
	return time.Duration(to - from).Round(100 * time.Millisecond).String()
}

func size(n int64) string {
	switch {
	case n >= 1<<30:
		return fmt.Sprintf("%.2f GiB", float64(n)/(1<<30))
	case n >= 1<<20:
		return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
	case n >= 1<<10:
		return fmt.Sprintf("%.1f KiB", float64(n)/(1<<10))
	}
	return fmt.Sprintf("%d B", n)
}
