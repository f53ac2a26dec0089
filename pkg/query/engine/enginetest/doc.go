// Package enginetest starts the real servers that the engine source is tested
// against, on loopback and in temporary directories, and ends them with the
// test: Debian's prometheus and victoria-metrics. Where one is not installed
// the test is skipped. It is for tests only.
package enginetest

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// Server is a running engine.
type Server struct {
	Name  string
	URL   string // below which /api/v1 is
	Write string // that takes remote write
	// Flush waits until what was taken can be asked for.
	Flush func()
	// Stop ends it; Start starts it anew on the same port and data.
	Stop, Start func()
}

// Names are the engines that there are tests for.
var Names = []string{"prometheus", "victoria-metrics"}

// startTime is how long a server may take until it answers.
const startTime = 60 * time.Second

// stopTime is how long it may take to end.
const stopTime = 20 * time.Second

// Begin starts an engine by its name.
func Begin(t testing.TB, name string) *Server {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("[%s] it is not installed: %v", name, err)
	}
	dir, address := t.TempDir(), freeAddress(t)
	s := &Server{Name: name, URL: "http://" + address, Write: "http://" + address + "/api/v1/write"}
	args, health := arguments(t, name, dir, address)
	var running *exec.Cmd
	s.Start = func() {
		running = exec.Command(path, args...)
		log, err := os.OpenFile(filepath.Join(dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		defer log.Close()
		running.Stdout, running.Stderr = log, log
		if err := running.Start(); err != nil {
			t.Fatal(err)
		}
		if err := ready(s.URL + health); err != nil {
			text, _ := os.ReadFile(filepath.Join(dir, "log"))
			t.Fatalf("%s: %v\n%s", name, err, text)
		}
	}
	s.Stop = func() {
		if running != nil {
			// A killed VictoriaMetrics loses what it has taken in the last seconds.
			running.Process.Signal(syscall.SIGTERM)
			last := time.AfterFunc(stopTime, func() { running.Process.Kill() })
			running.Wait()
			last.Stop()
			running = nil
		}
	}
	s.Flush = func() {
		if name != "victoria-metrics" {
			return // it can be at once
		}
		res, err := http.Get(s.URL + "/internal/force_flush")
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
	}
	t.Cleanup(func() { s.Stop() })
	s.Start()
	return s
}

func arguments(t testing.TB, name, dir, address string) (args []string, health string) {
	data := filepath.Join(dir, "data")
	if name == "victoria-metrics" {
		return []string{"-storageDataPath=" + data, "-httpListenAddr=" + address, "-retentionPeriod=10y", "-search.latencyOffset=0s", "-memory.allowedBytes=200MB"}, "/health"
	}
	config := filepath.Join(dir, "prometheus.yml")
	if err := os.WriteFile(config, []byte("global: {scrape_interval: 1m}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return []string{"--config.file=" + config, "--storage.tsdb.path=" + data, "--storage.tsdb.retention.time=10y", "--web.listen-address=" + address, "--web.enable-remote-write-receiver", "--log.level=warn"}, "/-/ready"
}

// freeAddress is one that nothing listens on.
func freeAddress(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func ready(url string) error {
	var last error
	for end := time.Now().Add(startTime); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		res, err := http.Get(url)
		if err == nil {
			res.Body.Close()
			if res.StatusCode == http.StatusOK {
				return nil
			}
			err = fmt.Errorf("%s answers %s", url, res.Status)
		}
		last = err
	}
	return fmt.Errorf("not ready within %v: %w", startTime, last)
}
