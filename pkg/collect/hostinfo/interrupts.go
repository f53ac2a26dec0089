package hostinfo

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/numalens/numalens/pkg/collect"
	"github.com/numalens/numalens/pkg/export"
)

// Interrupts is one reading of /proc/interrupts: how often each device's
// interrupt has fired on each CPU since it was set up. The kernel's own, such
// as its timer's, have no number and are left out.
type Interrupts struct {
	cpus  []int // of the columns
	lines map[int]interruptLine
}

type interruptLine struct {
	name   string
	counts []int64 // in the order of cpus
}

// ReadInterrupts reads it now.
func ReadInterrupts(roots collect.Roots) (*Interrupts, error) {
	f, err := os.Open(tree{roots}.procPath("interrupts"))
	if err != nil {
		return nil, fmt.Errorf("interrupts: %w", err)
	}
	defer f.Close()
	i, err := parseInterrupts(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.Name(), err)
	}
	return i, nil
}

func parseInterrupts(r io.Reader) (*Interrupts, error) {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20) // ten characters a CPU
	if !lines.Scan() {
		return nil, errors.Join(errors.New("it is empty"), lines.Err())
	}
	i := &Interrupts{lines: map[int]interruptLine{}}
	for name := range strings.FieldsSeq(lines.Text()) {
		digits, ok := strings.CutPrefix(name, "CPU")
		id, err := parseID(digits)
		if !ok || err != nil {
			return nil, fmt.Errorf("its first line has %q where CPU0, CPU1 … stand", name)
		}
		i.cpus = append(i.cpus, id)
	}
	for lines.Scan() {
		i.add(lines.Text())
	}
	return i, lines.Err()
}

// add takes a line "36:  0  5002885  PCI-MSIX-0000:00:02.0  1-edge  virtio1-req.0".
// One that is shorter than its CPUs is not a device's.
func (i *Interrupts) add(text string) {
	number, rest, ok := strings.Cut(text, ":")
	irq, err := parseID(strings.TrimSpace(number))
	fields := strings.Fields(rest)
	if !ok || err != nil || len(fields) < len(i.cpus) {
		return
	}
	line := interruptLine{name: strings.Join(fields[len(i.cpus):], " ")}
	if len(fields) > len(i.cpus) {
		line.name = fields[len(fields)-1]
	}
	for _, f := range fields[:len(i.cpus)] {
		n, err := strconv.ParseInt(f, 10, 64)
		if err != nil {
			return
		}
		line.counts = append(line.counts, n)
	}
	i.lines[irq] = line
}

// Since lists what fired after an earlier reading, by number. An interrupt
// that is new since then counts from 0; nil is the beginning.
func (i *Interrupts) Since(earlier *Interrupts, roots collect.Roots) []export.Interrupt {
	var fired []export.Interrupt
	for irq, line := range i.lines {
		one := export.Interrupt{IRQ: irq, Name: line.name}
		for column, cpu := range i.cpus {
			if n := line.counts[column] - earlier.count(irq, cpu); n > 0 {
				one.Fired = append(one.Fired, export.InterruptCount{CPU: cpu, Count: n})
			}
		}
		if one.Fired != nil {
			one.CPUs = tree{roots}.proc(fmt.Sprintf("irq/%d/smp_affinity_list", irq))
			fired = append(fired, one)
		}
	}
	slices.SortFunc(fired, func(a, b export.Interrupt) int { return a.IRQ - b.IRQ })
	return fired
}

func (i *Interrupts) count(irq, cpu int) int64 {
	if i == nil {
		return 0
	}
	column := slices.Index(i.cpus, cpu)
	line, is := i.lines[irq]
	if column < 0 || !is {
		return 0
	}
	return line.counts[column]
}
