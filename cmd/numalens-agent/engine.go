package main

import (
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"time"

	"github.com/numalens/numalens/pkg/remote"
	"github.com/numalens/numalens/pkg/series"
)

// engineConfig is what is sent to a Prometheus-compatible engine, and shown at
// /metrics; docs/engine.md explains it.
type engineConfig struct {
	URL          string            `yaml:"url"`
	Interval     interval          `yaml:"interval"`
	Columns      []string          `yaml:"columns"`
	TokenFile    string            `yaml:"token_file"`
	Username     string            `yaml:"username"`
	PasswordFile string            `yaml:"password_file"`
	Headers      map[string]string `yaml:"headers"`
	Labels       map[string]string `yaml:"labels"`
	CAFile       string            `yaml:"ca_file"`
	CertFile     string            `yaml:"cert_file"`
	KeyFile      string            `yaml:"key_file"`
	ServerName   string            `yaml:"server_name"`
	Queue        struct {
		Dir      string   `yaml:"dir"`
		MaxBytes byteSize `yaml:"max_bytes"`
		MaxAge   interval `yaml:"max_age"`
	} `yaml:"queue"`
}

func (c *engineConfig) check() error {
	if c.Interval == never || c.Queue.MaxAge == never {
		return errors.New("remote_write: interval and max_age are durations, such as 10s and 24h")
	}
	if c.Queue.MaxBytes == noLimit {
		return errors.New("remote_write: queue: max_bytes: a queue without a limit would fill the disk")
	}
	if err := c.series().Check(); err != nil {
		return fmt.Errorf("remote_write: %w", err)
	}
	if c.URL == "" {
		return nil
	}
	o := c.options("", nil)
	return o.Check()
}

func (c *engineConfig) series() series.Options {
	return series.Options{Interval: time.Duration(c.Interval), Columns: c.Columns}
}

func (c *engineConfig) options(queue string, log *slog.Logger) remote.Options {
	return remote.Options{
		URL: c.URL, TokenFile: c.TokenFile, Username: c.Username, PasswordFile: c.PasswordFile, Headers: c.Headers, Labels: c.Labels,
		CAFile: c.CAFile, CertFile: c.CertFile, KeyFile: c.KeyFile, ServerName: c.ServerName,
		Queue: queue, MaxBytes: int64(c.Queue.MaxBytes), MaxAge: time.Duration(c.Queue.MaxAge), Log: log,
	}
}

// open makes the feed. The queue is below the export, beside the hosts, unless
// a directory is named: a name that begins with a dot is no host's.
func (c *engineConfig) open(out, host string, log *slog.Logger) (*feed, error) {
	f := &feed{o: c.series()}
	if c.URL == "" {
		return f, nil
	}
	dir := c.Queue.Dir
	if dir == "" {
		dir = filepath.Join(out, ".remote-write", host)
	}
	var err error
	f.sender, err = remote.Open(c.options(dir, log))
	return f, err
}
