package audit

import (
	"fmt"

	"github.com/numalens/numalens/pkg/collect/trace/tracetest"
	"github.com/numalens/numalens/pkg/export"
)

// Pages holds the events of each area, page frame by page frame, against what
// move_pages and pagemap say of it.
func (r *Run) Pages(a *tracetest.Account) *Ledger {
	l := &Ledger{}
	pages, others, remote := 0, 0, 0
	for i := range a.Pages {
		area := &a.Pages[i]
		found := r.of(export.TracedPage, &area.Span, nil)
		byFrame := map[uint64][]*export.Event{}
		for k := range found {
			frame := found[k].Addr / uint64(a.Machine.PageBytes)
			byFrame[frame] = append(byFrame[frame], &found[k])
		}
		for page, frame := range area.Frames {
			events := byFrame[frame]
			if len(events) != 1 {
				l.wrong("%s: page %d, frame %#x: %d events, want one", area.Name, page, frame, len(events))
				continue
			}
			l.onePage(a, area, page, events[0])
			if events[0].GivenNode != events[0].CPUNode {
				remote++
			}
			delete(byFrame, frame)
		}
		pages += len(area.Frames)
		for _, events := range byFrame { // page tables, stacks and the like
			others += len(events)
		}
	}
	l.tell("%d pages, frame by frame, %d of them on another node; %d more for page tables, stacks and the like", pages, remote, others)
	r.sumsAgree(l, a, export.TracedPage, comms(a.Pages, func(p *tracetest.Area) *tracetest.Span { return &p.Span })...)
	return l.end()
}

func (l *Ledger) onePage(a *tracetest.Account, area *tracetest.Area, page int, e *export.Event) {
	what := fmt.Sprintf("%s: page %d", area.Name, page)
	l.made(area.Name, a, &area.Span, e)
	if int(e.GivenNode) != area.On[page] {
		l.wrong("%s: given on node %d, and move_pages says %d", what, e.GivenNode, area.On[page])
	}
	if e.Size != int64(area.PageBytes) || e.Bytes != int64(area.PageBytes) || e.Failed {
		l.wrong("%s: %d bytes asked for, %d given, failed %v; want %d", what, e.Size, e.Bytes, e.Failed, area.PageBytes)
	}
}
