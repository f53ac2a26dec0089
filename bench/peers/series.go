package main

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// seriesName is what an event is called in a time series database.
func seriesName(event int) string {
	return "numa_" + strings.ToLower(strings.ReplaceAll(events[event], "-", "_")) + "_total"
}

// batchTicks is how many readings of a series are written together: both
// importers take a series' samples best in a row.
const batchTicks = 2000

// writes is how a batch of one series is written.
type writes func(w *bufio.Writer, labels string, event int, ts, values []int64)

// seriesWriter turns readings, which come in the order of time, into batches
// of series.
type seriesWriter struct {
	l      load
	w      *bufio.Writer
	to     io.WriteCloser
	write  writes
	ts     [][]int64   // by CPU
	values [][][]int64 // by CPU and event
}

func newSeriesWriter(l load, to io.WriteCloser, write writes) *seriesWriter {
	s := &seriesWriter{l: l, w: bufio.NewWriterSize(to, 1<<20), to: to, write: write, ts: make([][]int64, l.cpus), values: make([][][]int64, l.cpus)}
	for i := range s.values {
		s.values[i] = make([][]int64, eventsCount)
	}
	return s
}

func (s *seriesWriter) add(r *reading) error {
	s.ts[r.cpu] = append(s.ts[r.cpu], milli(r.ts))
	for e, v := range r.values {
		s.values[r.cpu][e] = append(s.values[r.cpu][e], v)
	}
	if r.cpu == s.l.cpus-1 && len(s.ts[r.cpu]) >= batchTicks {
		return s.flush()
	}
	return nil
}

func (s *seriesWriter) flush() error {
	for cpu := range s.ts {
		labels := fmt.Sprintf(`cpu="%d",node="%d"`, cpu, s.l.nodeOf(cpu))
		for e := range s.values[cpu] {
			s.write(s.w, labels, e, s.ts[cpu], s.values[cpu][e])
			s.values[cpu][e] = s.values[cpu][e][:0]
		}
		s.ts[cpu] = s.ts[cpu][:0]
	}
	return s.w.Flush()
}

func (s *seriesWriter) close(end string) error {
	if err := s.flush(); err != nil {
		return err
	}
	if _, err := io.WriteString(s.to, end); err != nil {
		return err
	}
	return s.to.Close()
}

func openMetrics(w *bufio.Writer, labels string, event int, ts, values []int64) {
	head := seriesName(event) + "{" + labels + "} "
	var line []byte
	for i, v := range values {
		line = append(line[:0], head...)
		line = append(strconv.AppendInt(line, v, 10), ' ')
		line = strconv.AppendInt(line, ts[i]/1000, 10)
		f := ts[i] % 1000
		line = append(line, '.', byte('0'+f/100), byte('0'+f/10%10), byte('0'+f%10), '\n')
		w.Write(line)
	}
}

func jsonLines(w *bufio.Writer, labels string, event int, ts, values []int64) {
	if len(ts) == 0 {
		return
	}
	fmt.Fprintf(w, `{"metric":{"__name__":%q,%s},"values":[`, seriesName(event), strings.ReplaceAll(strings.ReplaceAll(`"`+labels, `=`, `":`), `,`, `,"`))
	list := func(all []int64) {
		var text []byte
		for i, v := range all {
			if i > 0 {
				text = append(text, ',')
			}
			text = strconv.AppendInt(text, v, 10)
		}
		w.Write(text)
	}
	list(values)
	w.WriteString(`],"timestamps":[`)
	list(ts)
	w.WriteString("]}\n")
}
