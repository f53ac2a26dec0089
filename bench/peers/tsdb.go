package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// tsdb is a time series database with Prometheus' query API.
type tsdb struct {
	server   string // program
	keeps    int
	victoria bool
}

func servers() []peer {
	return []peer{
		tsdb{server: "prometheus", keeps: 1}, tsdb{server: "victoria-metrics", keeps: 1, victoria: true},
		tsdb{server: "prometheus", keeps: 100}, tsdb{server: "victoria-metrics", keeps: 100, victoria: true},
	}
}

func (t tsdb) every() int { return t.keeps }

func (t tsdb) name() string {
	if t.keeps > 1 {
		return t.server + "-10s"
	}
	return t.server
}

// installed says why a peer cannot be asked here.
func installed(p peer) error {
	switch p := p.(type) {
	case tsdb:
		for _, program := range p.programs() {
			if _, err := exec.LookPath(program); err != nil {
				return fmt.Errorf("%s is not installed; Debian's package of that name has it", p.server)
			}
		}
	case duck:
		_, err := python()
		return err
	}
	return nil
}

func (t tsdb) programs() []string {
	if t.victoria {
		return []string{t.server}
	}
	return []string{t.server, "promtool"}
}

func (t tsdb) fill(l load, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	if t.victoria {
		return t.fillVictoria(l, dir)
	}
	return t.fillPrometheus(l, dir)
}

// blockSeconds is what a block of Prometheus covers; a text of more is read
// anew for each.
const blockSeconds = 7200

// fillPrometheus makes blocks by promtool, the way to import old data.
func (t tsdb) fillPrometheus(l load, dir string) error {
	text := filepath.Join(dir, "samples.om")
	defer os.Remove(text)
	var w *seriesWriter
	block := int64(-1)
	end := func() error {
		if w == nil {
			return nil
		}
		if err := w.close("# EOF\n"); err != nil {
			return err
		}
		out, err := exec.Command("promtool", "tsdb", "create-blocks-from", "openmetrics", "-q", text, filepath.Join(dir, "tsdb")).CombinedOutput()
		if err != nil {
			return fmt.Errorf("promtool: %w: %s", err, out)
		}
		return nil
	}
	err := l.each(func(r *reading) error {
		if r.tick%t.keeps != 0 {
			return nil
		}
		if b := milli(r.ts) / 1000 / blockSeconds; b != block {
			// Readings of a tick are some µs apart: those at a block's border
			// stay with their tick, in the block that begins.
			if r.cpu == 0 {
				if err := end(); err != nil {
					return err
				}
				f, err := os.Create(text)
				if err != nil {
					return err
				}
				w, block = newSeriesWriter(l, f, openMetrics), b
			}
		}
		return w.add(r)
	})
	return errors.Join(err, end())
}

func milli(ns int64) int64 { return (ns + 500_000) / 1_000_000 }

func (t tsdb) fillVictoria(l load, dir string) error {
	s, err := t.start(dir)
	if err != nil {
		return err
	}
	defer s.close()
	r, pipe := io.Pipe()
	go func() {
		w := newSeriesWriter(l, pipe, jsonLines)
		err := l.each(func(r *reading) error {
			if r.tick%t.keeps != 0 {
				return nil
			}
			return w.add(r)
		})
		pipe.CloseWithError(errors.Join(err, w.close("")))
	}()
	res, err := http.Post(s.url+"/api/v1/import", "application/json", r)
	if err != nil {
		return err
	}
	res.Body.Close()
	if res.StatusCode >= 300 {
		return fmt.Errorf("import: %s", res.Status)
	}
	for _, path := range []string{"/internal/force_flush", "/internal/force_merge"} {
		if err := s.get(path, io.Discard); err != nil {
			return err
		}
	}
	return settled(dir)
}

// settled waits until a store no longer changes its size: a forced merge goes
// on by itself.
func settled(dir string) error {
	last := int64(-1)
	for range 200 {
		n, err := sizeOf(dir)
		if errors.Is(err, os.ErrNotExist) {
			n, err = -2, nil // a part was merged away meanwhile
		}
		if err != nil || n == last {
			return err
		}
		last = n
		time.Sleep(3 * time.Second)
	}
	return errors.New("the store does not come to rest")
}

// server is a running one.
type server struct {
	tsdb
	url     string
	process *exec.Cmd
	waited  chan error
}

func (t tsdb) open(_ load, dir string) (asker, error) { return t.start(dir) }

func (t tsdb) start(dir string) (*server, error) {
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	at := "127.0.0.1:" + port
	args := []string{"-storageDataPath=" + filepath.Join(dir, "data"), "-retentionPeriod=100y", "-httpListenAddr=" + at, "-search.maxQueryDuration=10m", "-search.maxQueueDuration=10m"}
	if !t.victoria {
		config := filepath.Join(dir, "prometheus.yml")
		if err := os.WriteFile(config, []byte("global: {}\n"), 0o644); err != nil {
			return nil, err
		}
		args = []string{"--config.file=" + config, "--storage.tsdb.path=" + filepath.Join(dir, "tsdb"), "--storage.tsdb.retention.time=100y", "--web.listen-address=" + at, "--query.max-samples=500000000", "--query.timeout=10m"}
	}
	log, err := os.Create(dir + ".log")
	if err != nil {
		return nil, err
	}
	defer log.Close()
	s := &server{tsdb: t, url: "http://" + at, process: exec.Command(t.server, args...), waited: make(chan error, 1)}
	s.process.Stderr = log
	if err := s.process.Start(); err != nil {
		return nil, err
	}
	go func() { s.waited <- s.process.Wait() }()
	path := "/-/ready"
	if t.victoria {
		path = "/health"
	}
	for range 6000 {
		if s.get(path, io.Discard) == nil {
			return s, nil
		}
		select {
		case err := <-s.waited:
			return nil, fmt.Errorf("%s ended, see %s: %v", t.server, log.Name(), err)
		case <-time.After(10 * time.Millisecond):
		}
	}
	return nil, errors.Join(fmt.Errorf("%s is not ready after a minute, see %s", t.server, log.Name()), s.close())
}

func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return strconv.Itoa(l.Addr().(*net.TCPAddr).Port), nil
}

func (s *server) close() error {
	if s.process == nil {
		return nil
	}
	err := s.process.Process.Signal(os.Interrupt)
	<-s.waited
	s.process = nil
	return err
}

func (s *server) get(path string, to io.Writer) error {
	res, err := http.Get(s.url + path)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(io.LimitReader(res.Body, 500))
		return fmt.Errorf("%s: %s: %s", s.name(), res.Status, text)
	}
	_, err = io.Copy(to, res.Body)
	return err
}

// path is the question in PromQL. A window ends where its column does.
func (s *server) path(q question) string {
	window := fmt.Sprintf("%dms", q.width/1e6)
	expr := "rate(" + seriesName(misses) + "[" + window + "])"
	if q.name != "heatmap" {
		sum := func(event int) string { return "sum by (node) (rate(" + seriesName(event) + "[" + window + "]))" }
		expr = sum(remote) + " / (" + sum(local) + " + " + sum(remote) + ")"
	}
	v := url.Values{"query": {expr}, "timeout": {"600s"}}
	if s.victoria {
		v.Set("nocache", "1")
	}
	if q.name == "alert" {
		v.Set("time", seconds(q.edge(1)))
		return "/api/v1/query?" + v.Encode()
	}
	v.Set("start", seconds(q.edge(1)))
	v.Set("end", seconds(q.edge(q.columns)))
	v.Set("step", seconds(q.width))
	return "/api/v1/query_range?" + v.Encode()
}

func seconds(ns int64) string { return strconv.FormatFloat(float64(ns)/1e9, 'f', 3, 64) }

// counted counts what is written to it.
type counted int

func (c *counted) Write(p []byte) (int, error) { *c += counted(len(p)); return len(p), nil }

func (s *server) ask(q question) (int, error) {
	var n counted
	err := s.get(s.path(q), &n)
	return int(n), err
}

func (s *server) cells(q question) ([][]float64, error) {
	var text strings.Builder
	if err := s.get(s.path(q), &text); err != nil {
		return nil, err
	}
	var answer struct {
		Data struct {
			Result []struct {
				Metric map[string]string `json:"metric"`
				Values [][2]any          `json:"values"`
				Value  *[2]any           `json:"value"`
			} `json:"result"`
		} `json:"data"`
	}
	if err := json.Unmarshal([]byte(text.String()), &answer); err != nil {
		return nil, err
	}
	result := answer.Data.Result
	label := "cpu"
	if q.name != "heatmap" {
		label = "node"
	}
	rows := make([][]float64, len(result))
	for _, r := range result {
		i, err := strconv.Atoi(r.Metric[label])
		if err != nil || i < 0 || i >= len(rows) {
			return nil, fmt.Errorf("a series of %v among %d", r.Metric, len(rows))
		}
		rows[i] = slices.Repeat([]float64{math.NaN()}, q.columns)
		if r.Value != nil {
			r.Values = append(r.Values, *r.Value)
		}
		for _, v := range r.Values {
			c := int(math.Round((v[0].(float64)*1e9-float64(q.startNS))/float64(q.width))) - 1
			x, err := strconv.ParseFloat(v[1].(string), 64)
			if err != nil || c < 0 || c >= q.columns {
				return nil, fmt.Errorf("value %v of column %d", v, c)
			}
			rows[i][c] = x
		}
	}
	return rows, nil
}
