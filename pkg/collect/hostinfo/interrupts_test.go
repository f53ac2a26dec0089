package hostinfo

import (
	"reflect"
	"strings"
	"testing"

	"github.com/numalens/numalens/pkg/collect"
	"github.com/numalens/numalens/pkg/export"
)

func TestInterruptsSince(t *testing.T) {
	parse := func(text string) *Interrupts {
		i, err := parseInterrupts(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		return i
	}
	earlier := parse("           CPU0       CPU2\n" +
		" 36:          7         20  PCI-MSIX-0000:00:02.0   1-edge      virtio1-req.0\n" +
		" 37:          5          5  PCI-MSIX-0000:00:02.0   2-edge      quiet\n" +
		"LOC:   13863187   16149041   Local timer interrupts\n" +
		"ERR:          0\n")
	// CPU 1 came online, and a line is new.
	later := parse("           CPU0       CPU1       CPU2\n" +
		" 36:          7          3         21  PCI-MSIX-0000:00:02.0   1-edge      virtio1-req.0\n" +
		" 37:          5          0          5  PCI-MSIX-0000:00:02.0   2-edge      quiet\n" +
		"100:          2          0          0  PCI-MSIX-0000:00:05.0   0-edge      eth0, other\n" +
		"LOC:   13863987          0   16149941   Local timer interrupts\n")
	want := []export.Interrupt{
		{IRQ: 36, Name: "virtio1-req.0", Fired: []export.InterruptCount{{CPU: 1, Count: 3}, {CPU: 2, Count: 1}}},
		{IRQ: 100, Name: "other", Fired: []export.InterruptCount{{CPU: 0, Count: 2}}},
	}
	if got := later.Since(earlier, collect.Roots{Proc: t.TempDir()}); !reflect.DeepEqual(got, want) {
		t.Errorf("fired %+v\nwant %+v", got, want)
	}
}

func TestInterruptsOfFixture(t *testing.T) {
	roots := fixture("untuned-2s2n")
	i, err := ReadInterrupts(roots)
	if err != nil {
		t.Fatal(err)
	}
	want := []export.Interrupt{
		{IRQ: 36, Name: "eth0-TxRx-0", CPUs: "0-7", Fired: []export.InterruptCount{{CPU: 0, Count: 12}, {CPU: 5, Count: 7003}}},
		{IRQ: 41, Name: "nvme0q3", CPUs: "2", Fired: []export.InterruptCount{{CPU: 2, Count: 901}}},
	}
	if got := i.Since(nil, roots); !reflect.DeepEqual(got, want) {
		t.Errorf("fired %+v\nwant %+v", got, want)
	}
}

func FuzzParseInterrupts(f *testing.F) {
	f.Add("  CPU0 CPU1\n 1: 2 3 x\n", "  CPU0\n")
	f.Add("", "x")
	f.Add("CPU0\n0:\n:", " CPU0 CPU0\n1: 5 6")
	f.Fuzz(func(t *testing.T, a, b string) {
		before, err := parseInterrupts(strings.NewReader(a))
		after, aerr := parseInterrupts(strings.NewReader(b))
		if err != nil || aerr != nil {
			return
		}
		for _, i := range after.Since(before, collect.Roots{Proc: "/nonexistent"}) {
			if len(i.Fired) == 0 {
				t.Errorf("%+v fired nowhere", i)
			}
		}
	})
}
