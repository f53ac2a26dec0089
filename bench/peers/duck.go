package main

import (
	"bufio"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
)

// duck is DuckDB over the Parquet that numalens wrote: what someone would do
// without our reader. Its SQL is right only where no counter was ever reset,
// which here is a gift to it.
type duck struct{}

//go:embed duck.py
var program string

func (duck) name() string { return "duckdb" }
func (duck) every() int   { return 1 }

// python finds an interpreter that has DuckDB.
func python() (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	made, err := filepath.Glob(filepath.Join(cache, "numalens", "python-*", "bin", "python3"))
	if err != nil {
		return "", err
	}
	for _, p := range append(made, "python3") {
		if exec.Command(p, "-c", "import duckdb").Run() == nil {
			return p, nil
		}
	}
	return "", errors.New("no Python here has DuckDB; `go test ./tests/format` makes one that has")
}

func (duck) fill(l load, dir string) error { return (*ours)(nil).fill(l, dir) }

// client is the running program: a question a line, an answer a line.
type client struct {
	process *exec.Cmd
	in      io.WriteCloser
	out     *bufio.Reader
}

func (duck) open(_ load, dir string) (asker, error) {
	p, err := python()
	if err != nil {
		return nil, err
	}
	// Segments of the table alone: not what is derived from it.
	files, err := filepath.Glob(filepath.Join(dir, "*", "*", "counters.*.parquet"))
	if err != nil || len(files) == 0 {
		return nil, fmt.Errorf("no sealed counters below %s: %v", dir, err)
	}
	c := &client{process: exec.Command(p, append([]string{"-c", program}, files...)...)}
	c.process.Stderr = os.Stderr
	if c.in, err = c.process.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := c.process.StdoutPipe()
	if err != nil {
		return nil, err
	}
	c.out = bufio.NewReaderSize(out, 1<<20)
	return c, c.process.Start()
}

func (c *client) close() error {
	if c.process == nil {
		return nil
	}
	err := errors.Join(c.in.Close(), c.process.Wait())
	c.process = nil
	return err
}

type duckQuestion struct {
	Name    string `json:"name"`
	Start   int64  `json:"start"`
	Width   int64  `json:"width"`
	Columns int    `json:"columns"`
	Cells   bool   `json:"cells"`
}

type duckAnswer struct {
	Bytes  int        `json:"bytes"`
	Rows   [][2]int   `json:"rows"` // row and column of each value
	Values []*float64 `json:"values"`
}

func (c *client) get(q question, cells bool) (duckAnswer, error) {
	var a duckAnswer
	line, err := json.Marshal(duckQuestion{q.name, q.startNS, q.width, q.columns, cells})
	if err != nil {
		return a, err
	}
	if _, err := c.in.Write(append(line, '\n')); err != nil {
		return a, err
	}
	text, err := c.out.ReadBytes('\n')
	if err != nil {
		return a, fmt.Errorf("duckdb: %w", err)
	}
	return a, json.Unmarshal(text, &a)
}

func (c *client) ask(q question) (int, error) {
	a, err := c.get(q, false)
	return a.Bytes, err
}

func (c *client) cells(q question) ([][]float64, error) {
	a, err := c.get(q, true)
	if err != nil {
		return nil, err
	}
	var rows [][]float64
	for i, at := range a.Rows {
		for len(rows) <= at[0] {
			rows = append(rows, slices.Repeat([]float64{math.NaN()}, q.columns))
		}
		if at[1] < q.columns && a.Values[i] != nil {
			rows[at[0]][at[1]] = *a.Values[i]
		}
	}
	return rows, nil
}
