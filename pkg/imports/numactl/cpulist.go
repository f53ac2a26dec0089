package numactl

import (
	"fmt"
	"strings"

	"github.com/numalens/numalens/pkg/imports/capture"
)

// cpus reads a node's CPUs, or where a mailer wrapped the line some more of
// them. numactl lists them in ascending order: a number that was broken in
// two shows by that.
func (p *reader) cpus(text string) error {
	n := p.host.node(p.host.last)
	if n.doubtful {
		return nil
	}
	words := strings.Fields(strings.ReplaceAll(text, ",", " "))
	for i, w := range words {
		if strings.Contains(w, "..") || strings.Contains(w, "…") || capture.CutOut(w) {
			n.doubtful, p.open = true, nothing
			p.sink.Warn(p.lines.Number(), fmt.Sprintf("CPUs of node %d were cut out here: all of them are left out", p.host.last))
			return nil
		}
		some, ok := list(w, maxCPU)
		if !ok {
			return p.behind(n, strings.Join(words[i:], " "))
		}
		if len(n.cpus) > 0 && some[0] <= n.cpus[len(n.cpus)-1] {
			if p.lines.Cut() && i == len(words)-1 {
				p.sink.Warn(p.lines.Number(), "the file ends within this number: it is left out")
				return nil
			}
			return p.lines.Wrong("CPUs in ascending order")
		}
		if p.cpuCount += len(some); p.cpuCount > maxCPUs {
			return p.lines.Wrong("fewer CPUs: no host has so many")
		}
		n.cpus = append(n.cpus, some...)
	}
	if p.lines.Cut() && len(words) > 0 {
		p.sink.Warn(p.lines.Number(), fmt.Sprintf("the file ends with this line: node %d may have more CPUs, and the last number more digits", p.host.last))
	}
	return nil
}

// behind is text behind the CPUs: numactl --cpu-compress tells in brackets
// how many they are, and people write what they think.
func (p *reader) behind(n *node, text string) error {
	inner, found := strings.CutPrefix(text, "(")
	if !found {
		if strings.HasPrefix(text, "<") || strings.HasPrefix(text, "#") || strings.HasPrefix(text, "//") || strings.HasPrefix(text, "-") || strings.HasPrefix(text, "←") {
			p.sink.Warn(p.lines.Number(), fmt.Sprintf("what stands behind the CPUs is not read: %.60q", text))
			n.doubtful, p.open = len(n.cpus) == 0, nothing
			return nil
		}
		return p.lines.Wrong("numbers of CPUs")
	}
	inner, _, _ = strings.Cut(inner, ")")
	p.open = nothing
	count, ok := number(inner, maxCPU)
	if ok && count != len(n.cpus) {
		return p.lines.Wrong(fmt.Sprintf("%d CPUs, as the number in brackets says; there are %d", count, len(n.cpus)))
	}
	if !ok {
		p.sink.Warn(p.lines.Number(), fmt.Sprintf("what stands behind the CPUs is not read: %.60q", text))
	}
	return nil
}
