// Stories records the demo's runs in the guest, and checks them against what each
// program says that it did and what the plugin saw.
//
//	go run ./tests/guest/stories/cmd --out DIR [--only NAME] [--check]
//
// It exits with 1 if a story does not hold.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/numalens/numalens/tests/guest/stories"
)

func main() {
	out := flag.String("out", "", "`directory` to record into; made if absent (required)")
	only := flag.String("only", "", "record and check one story, by its `name`")
	check := flag.Bool("check", false, "record nothing, check what is there")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *out, *only, !*check); err != nil {
		fmt.Fprintf(os.Stderr, "stories: %v\n", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out, only string, record bool) error {
	list := stories.All()
	if only != "" {
		s, ok := stories.ByName(only)
		if !ok {
			return fmt.Errorf("there is no story %q", only)
		}
		list = []stories.Story{s}
	}
	if out == "" {
		return errors.New("--out names no directory")
	}
	out, err := filepath.Abs(out)
	if err != nil {
		return err
	}
	repository, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}").Output()
	if err != nil {
		return fmt.Errorf("not in the repository: %w", err)
	}
	failed := 0
	for _, s := range list {
		if record {
			began := time.Now()
			if err := s.Record(ctx, strings.TrimSpace(string(repository)), out, os.Stderr); err != nil {
				return err
			}
			fmt.Fprintf(os.Stderr, "stories: %s took %.0f s\n", s.Name, time.Since(began).Seconds())
		}
		if err := s.Check(ctx, out); err != nil {
			failed++
			fmt.Fprintln(os.Stderr, err)
			continue
		}
		fmt.Fprintf(os.Stderr, "stories: %s holds\n", s.Name)
	}
	if failed > 0 {
		return fmt.Errorf("%d of %d stories do not hold", failed, len(list))
	}
	return nil
}
