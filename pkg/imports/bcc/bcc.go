// Package bcc reads tools of the BPF Compiler Collection: llcstat and
// cachestat, and the histograms that runqlat, cpudist, biolatency, funclatency
// and their family print, each with its sections. The tools of libbpf-tools
// print the same, and those of perf-tools (iolatency, perf-stat-hist, their
// cachestat) nearly: what a column or a bucket's end means is read from the
// header above it.
//
// Other tables of these tools are skipped, counted, and warned of.
package bcc

import (
	"bytes"
	"io"
	"regexp"

	"github.com/numalens/numalens/pkg/imports"
)

// Format is the output of these tools.
func Format() imports.Format {
	return imports.Format{Name: "bcc", Doc: "BCC's llcstat and cachestat, and the histograms of runqlat, cpudist, biolatency and the like", Detect: detect, Read: read}
}

var (
	histogramHead = regexp.MustCompile(`(?mi)^[^\n]*\S\s+: (?:count|I/O) +\|?distribution\b`)
	tableHead     = regexp.MustCompile(`(?m)^[ \t>#]*(?:PID +(?:TID +)?(?:NAME|COMM) +CPU +REFERENCE +MISS +HIT%|(?:TIME +)?(?:HITS|TOTAL) +MISSES +.*BUFFERS_MB +CACHED?_MB)`)
)

func detect(head []byte) int {
	upper := bytes.Contains(head, []byte("REFERENCE")) || bytes.Contains(head, []byte("MISSES"))
	if !upper && !bytes.Contains(head, []byte("istribution")) {
		return 0
	}
	if histogramHead.Match(head) || tableHead.Match(head) {
		return 96
	}
	return 0
}

func read(r io.Reader, s imports.Sink) error {
	t := text{lines: imports.NewLines(r), sink: s}
	for t.lines.Next() {
		if err := t.line(); err != nil {
			return err
		}
	}
	return t.end()
}
