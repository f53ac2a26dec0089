package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/numalens/numalens/pkg/collect/hostinfo"
	"github.com/numalens/numalens/pkg/export"
	"github.com/numalens/numalens/pkg/serve"
)

func serveCommand(fs *flag.FlagSet) func(streams, []string) error {
	file := fs.String("config", "", "`file` of settings, YAML (required); deploy/agent.yaml explains them")
	url := fs.String("remote-write", "", "`URL` of a Prometheus-compatible engine's receiver, in place of remote_write.url in the file; docs/engine.md explains it")
	verbose := fs.Bool("verbose", false, "log every request")
	return func(std streams, args []string) error {
		if err := noArguments(args); err != nil {
			return err
		}
		if *file == "" {
			return usagef("--config names no file")
		}
		level := slog.LevelInfo
		if *verbose {
			level = slog.LevelDebug
		}
		return serveAndRecord(*file, *url, slog.New(slog.NewTextHandler(std.err, &slog.HandlerOptions{Level: level})))
	}
}

// serveAndRecord opens the port before it records, so that wrong settings end
// it at once and leave no run.
func serveAndRecord(file, remoteWrite string, log *slog.Logger) error {
	c, err := readConfig(file)
	if err != nil {
		return err
	}
	if remoteWrite != "" {
		c.RemoteWrite.URL = remoteWrite
		if err := c.RemoteWrite.check(); err != nil {
			return err
		}
	}
	token, err := readToken(c.TokenFile)
	if err != nil {
		return err
	}
	s := c.settings()
	if err := s.absolute(); err != nil {
		return err
	}
	tuneRuntime()
	if err := stepAside(s); err != nil {
		log.Warn("going on without", "err", err)
	}
	ends := watch()
	info, err := hostinfo.Read(s.roots)
	if err != nil {
		return err
	}
	mended, err := s.prepareRoot(info)
	if err != nil {
		return err
	}
	logMended(mended, log)
	host, err := s.hostName(info)
	if err != nil {
		return err
	}
	if s.feed, err = c.RemoteWrite.open(s.out, host, log); err != nil {
		return err
	}
	root, err := os.OpenRoot(s.out)
	if err != nil {
		return err
	}
	defer root.Close()
	server, err := serve.Listen(serve.ServerOptions{
		Listen:   c.Listen,
		CertFile: c.TLS.Cert,
		KeyFile:  c.TLS.Key,
		Token:    token,
		Log:      log,
	}, serve.NewHandler(root, serve.HandlerOptions{Token: token, Log: log, Metrics: s.feed}))
	if err != nil {
		return err
	}
	log.Info("serving", "url", server.URL(), "token", token != "", "root", s.out)
	return together(s, server, ends, log)
}

// together records, serves and sends until a signal comes or one of them
// fails. The server goes last, so that readers see the run sealed.
func together(s *settings, server *serve.Server, ends *endings, log *slog.Logger) error {
	ctx, stopServing := context.WithCancel(context.Background())
	defer stopServing()
	served := make(chan error, 1)
	go func() { served <- server.Serve(ctx) }()
	sending, stopSending := context.WithCancel(context.Background())
	defer stopSending()
	sent := make(chan struct{})
	go func() { s.feed.sendUntil(sending); close(sent) }()
	recorded := make(chan error, 1)
	stop := make(chan struct{})
	go func() { recorded <- continuously(s, nextDay, stop, log) }()
	go ends.await()

	var err error
	select {
	case <-ends.stop:
		log.Info("told to end")
	case err = <-served:
		served <- nil
	case err = <-recorded:
		recorded <- nil
	}
	close(stop)
	err = errors.Join(err, <-recorded)
	stopSending()
	<-sent
	stopServing()
	return errors.Join(err, <-served)
}

// fullPause is how long recording rests when the disk is full. What was
// recorded is served meanwhile, which is why the agent does not end.
const fullPause = time.Minute

// continuously records one run after the other, a new one each day (UTC):
// the host is described anew, and the cap has whole days to remove.
func continuously(s *settings, until func(time.Time) time.Time, stop <-chan struct{}, log *slog.Logger) error {
	for {
		err := oneRun(s, until(time.Now()), stop, log)
		switch {
		case full(err):
			log.Error("recording rests", "err", err, "for", fullPause)
			select {
			case <-stop:
				return nil
			case <-time.After(fullPause):
			}
		case err != nil:
			return fmt.Errorf("record: %w", err)
		}
		select {
		case <-stop:
			return nil
		default:
		}
	}
}

func oneRun(s *settings, until time.Time, stop <-chan struct{}, log *slog.Logger) error {
	info, err := hostinfo.Read(s.roots)
	if err != nil {
		return err
	}
	r, err := begin(s, info, nil, 0)
	if err != nil {
		return err
	}
	log.Info("recording", "dir", r.writer.Dir())
	for _, u := range r.missing {
		log.Info("not available", "what", u.Feature, "why", u.Why, "remedy", u.Remedy)
	}
	err = r.end(r.until(stop, until), nil)
	if err == nil {
		log.Info("sealed", "dir", r.writer.Dir(), "rows", r.sink.rows)
	}
	return err
}

// nextDay is the next midnight in UTC, by the wall clock: a host that slept
// through it begins a new run when it wakes.
func nextDay(now time.Time) time.Time {
	return now.UTC().Truncate(24 * time.Hour).Add(24 * time.Hour)
}

func logMended(mended []export.Recovery, log *slog.Logger) {
	for _, run := range mended {
		if run.Err != nil {
			log.Warn("a run that was cut off could not be mended", "host", run.Host, "run", run.Run, "err", run.Err)
			continue
		}
		log.Info("mended a run that was cut off", "host", run.Host, "run", run.Run, "rows", run.Rows, "torn_bytes", run.LostBytes)
	}
}
