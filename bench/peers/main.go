// Command peers measures how fast numalens answers a dashboard's questions,
// beside the stores that people would use otherwise, in one run on the same
// data: Prometheus, VictoriaMetrics, and DuckDB over our own Parquet. It prints
// lines in Go's benchmark format:
//
//	BenchmarkPeers/heatmap/6h/numalens 9 2800000 ns/op 1.3e+06 B-answer 1.0 x
//	BenchmarkPeers/heatmap/6h/prometheus 5 1290000000 ns/op 4.1e+06 B-answer 461 x
//
// ns/op is the median of warm answers, x how many times as long as numalens
// took in the same run: only the ratios mean anything, because machines are
// shared. A line of "cold" is the first answer of a process that was just
// started, with the kernel's page cache dropped where the user may do that.
//
// The data is that of a host of 128 CPUs on four nodes, eight counters read at
// 10 Hz, made from a fixed seed. A peer named "-10s" keeps a reading every ten
// seconds only, as a careful user would: the fair comparison.
//
// Questions:
//
//	heatmap  rate of LLC-load-misses of each CPU, a thousand columns
//	share    dram-loads-remote of all DRAM loads, by node, a thousand columns
//	alert    the share by node over the last five minutes, one column
//
// Every peer is asked for the columns that numalens' frame has. Before any
// time is taken, each cell of each answer is compared with the truth that the
// generator knows, within a tolerance that the line "Compared" gives: PromQL
// extrapolates to the ends of a window, so it is the wider the fewer readings
// a column has.
//
// The servers' caches of results are off (nocache, and Prometheus has none).
// numalens keeps decoded columns, never answers; their size is on the line
// "Decoded". What is timed of a server is the whole round trip up to the last
// byte of its JSON, which is not parsed; of numalens, up to the Arrow bytes
// that the plugin hands to Grafana, and on lines of "numalens-grpc" the real
// plugin binary, asked over gRPC, up to the JSON that Grafana sends on.
// DuckDB's is up to arrays in memory.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

func main() {
	var b bench
	ranges := flag.String("ranges", "10m,1h,6h", "time ranges, of 10m, 1h, 6h, 24h, 7d, or any duration")
	only := flag.String("peers", "", "peers to ask beside numalens (default: all that are installed)")
	flag.IntVar(&b.cpus, "cpus", 128, "CPUs of the host that the data is of")
	flag.IntVar(&b.columns, "columns", 1000, "columns of heatmap and share")
	flag.IntVar(&b.runs, "runs", 9, "warm answers that are timed of each")
	flag.StringVar(&b.dir, "dir", "", "where stores are made, and kept for the next time (default: a directory that is removed)")
	flag.Parse()
	if err := b.run(strings.Split(*ranges, ","), *only); err != nil {
		fmt.Fprintln(os.Stderr, "peers:", err)
		os.Exit(1)
	}
}

// bench is one run of the comparison.
type bench struct {
	cpus, columns, runs int
	dir                 string
	peers               []peer
}

// peer is a store that can be filled and asked.
type peer interface {
	name() string
	// every is how many readings of the load there are to one that it keeps.
	every() int
	// fill makes the store in a directory that is not there yet.
	fill(l load, dir string) error
	// open starts what answers; close ends it.
	open(l load, dir string) (asker, error)
}

// asker answers questions.
type asker interface {
	// ask gives the answer as the peer's client gets it: its size.
	ask(q question) (bytes int, err error)
	// cells gives the answer's numbers, a row after another, each as long as
	// the question has columns; NaN is null. It is not timed.
	cells(q question) ([][]float64, error)
	close() error
}

func (b *bench) run(ranges []string, only string) error {
	if b.dir == "" {
		dir, err := os.MkdirTemp("", "numalens-peers-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		b.dir = dir
	}
	if err := b.choose(only); err != nil {
		return err
	}
	header()
	for _, r := range ranges {
		if err := b.compare(r); err != nil {
			return fmt.Errorf("%s: %w", r, err)
		}
	}
	return nil
}

// choose takes the peers that are named, or else those that are here.
func (b *bench) choose(only string) error {
	ours, err := newOurs()
	if err != nil {
		return err
	}
	b.peers = []peer{ours}
	for _, p := range append(servers(), duck{}) {
		switch {
		case only != "" && !slices.Contains(strings.Split(only, ","), p.name()):
		case only == "" && installed(p) != nil:
			fmt.Printf("# %s is left out: %v\n", p.name(), installed(p))
		default:
			b.peers = append(b.peers, p)
		}
	}
	return nil
}

// lengthOf reads a range; days are what time.ParseDuration lacks.
func lengthOf(name string) (time.Duration, error) {
	if days, ok := strings.CutSuffix(name, "d"); ok {
		name = days + "h"
		d, err := time.ParseDuration(name)
		return 24 * d, err
	}
	return time.ParseDuration(name)
}

func (b *bench) compare(name string) error {
	d, err := lengthOf(name)
	if err != nil {
		return err
	}
	l := load{cpus: b.cpus, nodes: 4, hz: 10, seconds: int(d / time.Second)}
	var ours []timing
	for _, p := range b.peers {
		dir := b.storeOf(p, name)
		if err := b.filled(p, l, dir); err != nil {
			return fmt.Errorf("fill %s: %w", p.name(), err)
		}
		times, err := b.measure(p, l, dir, name)
		if err != nil {
			return fmt.Errorf("%s: %w", p.name(), err)
		}
		if ours == nil {
			ours = times
		}
		for _, t := range times {
			t.print(ours)
		}
	}
	return nil
}

// filled fills a store once; a mark says that it is whole.
func (b *bench) filled(p peer, l load, dir string) error {
	mark := dir + ".filled"
	if _, err := os.Stat(mark); err != nil {
		if err := os.RemoveAll(dir); err != nil {
			return err
		}
		began := time.Now()
		if err := p.fill(l, dir); err != nil {
			return err
		}
		if err := os.WriteFile(mark, fmt.Appendf(nil, "%.0f s\n", time.Since(began).Seconds()), 0o644); err != nil {
			return err
		}
	}
	size, err := sizeOf(dir)
	if err != nil {
		return err
	}
	fmt.Printf("# Stored/%s/%s: %.2f B a sample\n", p.name(), time.Duration(l.seconds)*time.Second, float64(size)/float64(l.samples(p.every())))
	return nil
}

func sizeOf(dir string) (n int64, err error) {
	err = filepath.WalkDir(dir, func(_ string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		st, err := e.Info()
		if err == nil {
			n += st.Size()
		}
		return err
	})
	return n, err
}

// storeOf is where a peer's store of a range lies.
func (b *bench) storeOf(p peer, span string) string {
	return filepath.Join(b.dir, fmt.Sprintf("%s-%dcpus-%s", p.name(), b.cpus, span))
}
