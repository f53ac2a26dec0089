package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"github.com/numalens/numalens/pkg/datasource"
	"github.com/numalens/numalens/pkg/query"
)

func demoCommand(fs *flag.FlagSet) func(context.Context, streams, []string) error {
	listen := fs.String("listen", defaultListen, "loopback address to serve on; port 0 picks a free one")
	out := fs.String("out", "", "directory to keep the recording in (default: a temporary one, removed at the end)")
	beside := fs.String("beside", "", "directory of recorded runs to show beside this host")
	quiet := fs.Bool("quiet-host", false, "run no workload: show only what the host does by itself")
	return func(ctx context.Context, std streams, args []string) error {
		if len(args) > 0 {
			return &usageError{fmt.Sprintf("demo takes no argument, and got %q", args[0])}
		}
		dir, remove, err := demoDir(*out)
		if err != nil {
			return err
		}
		defer remove()
		return demo(ctx, std, demoPlaces{live: dir, beside: *beside}, *listen, *quiet)
	}
}

func demoDir(out string) (dir string, remove func(), err error) {
	if out != "" {
		dir, err = filepath.Abs(out)
		return dir, func() {}, errors.Join(err, os.MkdirAll(dir, 0o755))
	}
	dir, err = os.MkdirTemp("", "numalens-demo-")
	return dir, func() { _ = os.RemoveAll(dir) }, err
}

// demoPlaces are the directories of exports that the demo shows.
type demoPlaces struct {
	live   string // this host, being recorded
	beside string // runs recorded before; "" is none
}

// demo records this host with the agent and shows it while it does.
func demo(ctx context.Context, std streams, places demoPlaces, listen string, quiet bool) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var a access
	var recorded query.Sources
	var err error
	if places.beside != "" {
		if recorded, err = a.open([]string{places.beside}); err != nil {
			return err
		}
	}
	agent, err := startAgent(places.live, std, quiet)
	if err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() {
		ended <- agent.Wait()
		cancel()
	}()
	defer func() {
		_ = agent.Process.Signal(syscall.SIGTERM) // it seals the run
		<-ended
	}()
	if err := awaitRun(ctx, places.live); err != nil {
		return err
	}
	live, err := a.open([]string{places.live})
	if err != nil {
		return err
	}
	fmt.Fprintf(std.err, "Recording this host into %s; Ctrl-C ends it.\n", places.live)
	return serveWorkbench(ctx, std.out, listen, datasource.WithSources(append(live, recorded...), nil))
}

func startAgent(dir string, std streams, quiet bool) (*exec.Cmd, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	bin := filepath.Join(filepath.Dir(self), "numalens-agent")
	if _, err := os.Stat(bin); err != nil {
		return nil, fmt.Errorf("%w; numalens-agent lies beside numalens: `make build` makes both", err)
	}
	args := []string{"record", "--out", dir, "--name", "demo", "--label", "purpose=demo", "--max-bytes", "512MB", "--trace", "all"}
	if !quiet {
		args = append(args, "--", self, workloadCommand)
	}
	c := exec.Command(bin, args...)
	c.Stdout, c.Stderr = std.err, std.err
	// Its own group: a Ctrl-C in the terminal ends the server first, and the
	// agent is told once, by us.
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	return c, c.Start()
}

// awaitRun waits until the agent has written its index.
func awaitRun(ctx context.Context, dir string) error {
	deadline := time.Now().Add(20 * time.Second)
	for time.Now().Before(deadline) {
		if _, err := os.Stat(filepath.Join(dir, "index.json")); err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return errors.New("the agent ended before it recorded anything; its own words are above")
		case <-time.After(50 * time.Millisecond):
		}
	}
	return errors.New("the agent wrote nothing for 20 s")
}
