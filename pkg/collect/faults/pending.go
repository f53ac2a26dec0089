package faults

import (
	"slices"

	"github.com/numalens/numalens/pkg/collect"
	"github.com/numalens/numalens/pkg/export"
)

// pending are samples whose memory's node has to be asked for, by
// move_pages: once for each process and drain.
type pending struct {
	limit     int // samples a drain; what comes above has no node
	rows      []export.Sample
	addresses []uintptr
	status    []int32
}

// add takes a sample, or passes it on without a node when there are too many
// already: asking costs time of ours and holds a lock of the process's.
func (p *pending) add(row export.Sample, sink collect.Sink) {
	if len(p.rows) >= p.limit {
		sink.Sample(row)
		return
	}
	p.rows = append(p.rows, row)
}

// resolve asks for the nodes and passes all samples on.
func (p *pending) resolve(sink collect.Sink) {
	if len(p.rows) == 0 {
		return
	}
	slices.SortStableFunc(p.rows, func(a, b export.Sample) int { return int(a.PID) - int(b.PID) })
	for from := 0; from < len(p.rows); {
		to := from + 1
		for to < len(p.rows) && p.rows[to].PID == p.rows[from].PID {
			to++
		}
		p.ask(p.rows[from:to])
		from = to
	}
	for _, row := range p.rows {
		sink.Sample(row)
	}
	p.rows = p.rows[:0]
}

// ask fills the nodes of one process's samples. A process that is gone or
// not ours leaves them unknown.
func (p *pending) ask(rows []export.Sample) {
	p.addresses, p.status = p.addresses[:0], p.status[:0]
	for _, row := range rows {
		p.addresses = append(p.addresses, uintptr(row.Addr))
		p.status = append(p.status, -1)
	}
	if collect.NodesOfPages(int(rows[0].PID), p.addresses, p.status) != nil {
		return
	}
	for i := range rows {
		if p.status[i] >= 0 {
			rows[i].MemNode = p.status[i]
		}
	}
}
